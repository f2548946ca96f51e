// The camera of this browser, frame by frame to the agent on this laptop, and what it answers.
//
//   const camera = new Camera(video, { token, tab });
//   camera.addEventListener("guidance", ({ detail }) => ...);
//   await camera.open();      // asks for the camera, shows it, sends what it sees
//   camera.record();          // 3 s at rest, then the self-introduction
//   camera.stop();            // throws a recording away; the camera stays on
//   camera.close();           // turns the camera off
//
// Events, each with a detail:
//   state        { state }: "asking" while the browser asks; "open"; "hidden" while the tab is not
//                looked at, and nothing is measured; "stalled" while the camera gives nothing; and,
//                for good, with the camera turned off, "closed" or why it cannot be used:
//                "unsupported", "denied", "none", "in_use", "failed", "unplugged"
//   guidance     { message }: what to tell the person, as live_guidance.Message names it
//   phase        { phase, seconds, endsAt }: "preview", "neutral", "speaking" or "done"; the last
//                two for a phase with an end: how long it still lasts, and when it ends by
//                performance.now()
//   measured     {}: the recording was measured and the camera is off
//   refused      { reason, reasons, message }: it was not fit; guidance goes on
//   interrupted  { reason }: it was thrown away; recording.Interruption names why
//   error        { reason, message }: what was asked for was not done
//   closed       { code, reason }: the agent ended it; 4001 when another tab took over
//
// `counts` says how many frames were sent, and how many were not because the agent was busy.

const HEADER_BYTES = 32;
const MOST_UNDER_WAY = 3;
const STALL_MS = 3000;
const FORMATS = { I420: 0, NV12: 1, RGBA: 2, RGBX: 2, BGRA: 3, BGRX: 3 };
// A camera's frames often name neither range nor matrix; browsers then show them, and so they are
// measured, as limited range and BT.601.
const MATRICES = { bt709: 1, smpte170m: 0, bt470bg: 0 };
const WISHES = {
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  audio: false,
};
const FAULTS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "in_use",
  AbortError: "in_use",
};
const SAID = new Set(["guidance", "measured", "refused", "interrupted", "error"]);

export class Camera extends EventTarget {
  counts = { sent: 0, dropped: 0 };
  state = "new";
  #video;
  #access;
  #stream = null;
  #socket = null;
  #sequence = 0;
  #underWay = 0;
  #newest = -1;
  #shown = 0;
  #sending = null;
  #stall = null;
  #waiting = null;

  constructor(video, { token, tab, address = `ws://${location.host}/api/camera` }) {
    super();
    this.#video = video;
    this.#access = { token, tab, address };
  }

  /** True once frames flow; false where the camera or the agent cannot be had, which was told. */
  async open() {
    if (!isSupported()) return this.#end("unsupported");
    this.#become("asking");
    try {
      const stream = await navigator.mediaDevices.getUserMedia(WISHES);
      if (this.state !== "asking") {
        stopTracks(stream);
        return false;
      }
      this.#stream = stream;
      await this.#show();
    } catch (fault) {
      return this.#end(FAULTS[fault.name] ?? "failed");
    }
    return this.#connect();
  }

  record() {
    this.#say({ type: "record" });
  }

  stop() {
    this.#say({ type: "stop", reason: "STOPPED" });
  }

  close() {
    this.#end("closed");
  }

  async #show() {
    const [track] = this.#stream.getVideoTracks();
    track.addEventListener("ended", this.#unplugged);
    document.addEventListener("visibilitychange", this.#looked);
    // A page that is put away for the back button would keep the camera's light on.
    window.addEventListener("pagehide", this.#left);
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.srcObject = this.#stream;
    await this.#video.play();
  }

  #connect() {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.#access.address);
      this.#socket = socket;
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        const { token, tab } = this.#access;
        this.#say({ type: "open", token, tab });
        this.#become("open");
        this.#await();
        this.#next();
        resolve(true);
      };
      socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
      socket.onclose = ({ code, reason }) => {
        resolve(false);
        this.#socket = null;
        if (isOver(this.state)) return;
        this.#end("closed");
        this.#tell("closed", { code, reason });
      };
    });
  }

  #next() {
    this.#waiting = this.#video.requestVideoFrameCallback((_, shown) => this.#seen(shown));
  }

  #seen({ mediaTime, presentedFrames }) {
    if (this.#socket === null) return;
    this.#next();
    this.#await();
    if (this.state === "stalled") this.#become("open");
    // The same picture may be shown twice.
    if (this.state !== "open" || mediaTime <= this.#newest) return;
    this.#newest = mediaTime;
    this.#shown = performance.now();
    if (this.#underWay >= MOST_UNDER_WAY) {
      this.counts.dropped += 1;
      return;
    }
    this.#underWay += 1;
    // Copies may run beside each other, but leave in order.
    this.#sending = this.#send(mediaTime, presentedFrames, this.#sending).catch(() => {
      this.#underWay -= 1;
      this.counts.dropped += 1;
    });
  }

  async #send(mediaTime, presentedFrames, before) {
    const frame = new VideoFrame(this.#video, { timestamp: Math.round(mediaTime * 1e6) });
    try {
      const { width, height } = frame.visibleRect;
      const { fullRange, matrix } = frame.colorSpace;
      const isKnown = matrix === null || matrix === "rgb" || matrix in MATRICES;
      const own = frame.format in FORMATS && isKnown;
      const wish = own ? {} : { format: "RGBA" };
      const message = new ArrayBuffer(HEADER_BYTES + frame.allocationSize(wish));
      await frame.copyTo(new Uint8Array(message, HEADER_BYTES), wish);
      await before;
      const header = new DataView(message);
      [..."KZF1"].forEach((letter, at) => header.setUint8(at, letter.charCodeAt(0)));
      header.setUint32(4, this.#sequence, true);
      header.setFloat64(8, mediaTime, true);
      header.setUint16(16, width, true);
      header.setUint16(18, height, true);
      header.setUint8(20, own ? FORMATS[frame.format] : FORMATS.RGBA);
      header.setUint8(21, fullRange === true ? 1 : 0);
      header.setUint8(22, MATRICES[matrix] ?? 0);
      header.setUint32(24, presentedFrames, true);
      header.setUint32(28, message.byteLength - HEADER_BYTES, true);
      if (this.#socket?.readyState !== WebSocket.OPEN) return;
      this.#socket.send(message);
      this.#sequence += 1;
      this.counts.sent += 1;
    } finally {
      frame.close();
    }
  }

  #hear(message) {
    const { type, ...detail } = message;
    if (type === "ack") this.#underWay -= 1;
    else if (type === "phase") this.#tell("phase", this.#timed(detail));
    else if (SAID.has(type)) this.#tell(type, detail);
    if (type === "measured") this.#end("closed");
  }

  /** The agent tells an end on the camera's clock; this is the same moment on the page's. */
  #timed({ phase, ends_at: endsAt }) {
    if (endsAt === null) return { phase, seconds: null, endsAt: null };
    const at = this.#shown + (endsAt - this.#newest) * 1000;
    return { phase, seconds: (at - performance.now()) / 1000, endsAt: at };
  }

  #unplugged = () => {
    this.#say({ type: "stop", reason: "UNPLUGGED" });
    this.#end("unplugged");
  };

  #left = () => this.#end("closed");

  #looked = () => {
    if (document.hidden && ["open", "stalled"].includes(this.state)) {
      this.#say({ type: "stop", reason: "HIDDEN" });
      this.#become("hidden");
    } else if (!document.hidden && this.state === "hidden") {
      this.#become("open");
      this.#await();
    }
  };

  /** Tells of a camera that gives nothing for a while. */
  #await() {
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => {
      if (this.state === "open") this.#become("stalled");
    }, STALL_MS);
  }

  #say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell("state", { state });
  }

  /** Turns the camera off, for good, whatever led here. */
  #end(state) {
    clearTimeout(this.#stall);
    document.removeEventListener("visibilitychange", this.#looked);
    window.removeEventListener("pagehide", this.#left);
    if (this.#waiting !== null) this.#video.cancelVideoFrameCallback(this.#waiting);
    if (this.#stream !== null) stopTracks(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
    this.#socket?.close();
    if (!isOver(this.state)) this.#become(state);
    return false;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function isSupported() {
  return (
    navigator.mediaDevices?.getUserMedia !== undefined &&
    typeof VideoFrame === "function" &&
    "requestVideoFrameCallback" in HTMLVideoElement.prototype
  );
}

function isOver(state) {
  return ["closed", "unsupported", "unplugged", ...Object.values(FAULTS), "failed"].includes(state);
}

function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}
