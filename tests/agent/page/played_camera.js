// A camera that does what a test says, in place of static/camera.js.

export class Camera extends EventTarget {
  state = "new";

  #video;
  #drawing = 0;

  constructor(video) {
    super();
    this.#video = video;
    window.played = this;
  }

  async open() {
    this.play("state", { state: "open" });
    const picture = new Image();
    picture.src = "/played.jpg";
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height];
    const draw = () => canvas.getContext("2d").drawImage(picture, 0, 0);
    draw();
    this.#video.muted = true;
    this.#video.srcObject = canvas.captureStream();
    // A stream shows what is drawn after it began.
    this.#drawing = setInterval(draw, 50);
    this.#video.autoplay = true;
    return true;
  }

  record() {
    this.play("phase", { phase: "neutral", seconds: 3 });
  }

  close() {
    clearInterval(this.#drawing);
    this.state = "closed";
  }

  play(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
