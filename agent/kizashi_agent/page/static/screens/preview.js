// The person in front of the camera: a preview with guidance, then three silent seconds and the
// self-introduction. One screen, so that the picture stays where it was.

import { Camera } from "../camera.js";
import { actions, button, heading, make } from "../dom.js";
import { ring } from "../ring.js";

/** Milliseconds after which a recording may start though the guidance still has a wish. */
const START_ANYWAY = 12_000;

/** The close code of the camera's socket when another tab took over. */
const TAKEN_OVER = 4001;

const FAULTS = ["unsupported", "denied", "none", "in_use", "failed", "unplugged"];

export function preview(page) {
  const { say } = page.words;
  const video = make("video", { class: "preview", "aria-label": say("camera.preview") });
  video.addEventListener("loadedmetadata", () =>
    video.style.setProperty("--shape", video.videoWidth / video.videoHeight),
  );
  const session = new Camera(video, { token: page.api.token, tab: page.api.tab });
  const guided = make("p", { class: "guidance", role: "status" }, say("camera.asking"));
  const hint = make("p", { class: "hint", id: "start-hint" }, say("camera.start_when_well"));
  const start = button(say("camera.start"), "primary", () => session.record(), {
    disabled: true,
    "aria-describedby": "start-hint",
  });
  const beneath = make(
    "div",
    { class: "beneath" },
    guided,
    actions(button(say("camera.turn_off"), "plain", () => page.go("camera")), start),
    hint,
  );
  let counting = null;
  let anyway = null;
  let left = false;

  function ready(why) {
    start.disabled = false;
    hint.textContent = say(why);
  }

  function state(name) {
    if (FAULTS.includes(name)) return page.go("camera", { fault: name });
    guided.dataset.well = "false";
    if (name === "stalled") guided.textContent = say("camera.stalled");
    if (name === "open") {
      guided.textContent = say("guidance.LOOKING");
      anyway ??= setTimeout(() => ready("camera.start_anyway"), START_ANYWAY);
    }
  }

  function guide(message) {
    guided.textContent = say(`guidance.${message}`);
    guided.dataset.well = String(message === "WELL");
    if (message === "WELL") ready("camera.start_well");
  }

  function enter({ phase, seconds }) {
    counting?.stop();
    if (phase === "preview") return;
    page.quiet(true);
    document.body.dataset.phase = phase;
    counting = phase === "done" ? done(page) : count(page, session, phase, seconds, guided);
    const isHere = beneath.contains(document.activeElement);
    beneath.replaceChildren(...counting.nodes);
    // The button that was pressed is gone: without this the keyboard would begin at the top.
    if (isHere) counting.prompt.focus({ preventScroll: true });
  }

  function leave() {
    left = true;
    counting?.stop();
    clearTimeout(anyway);
    delete document.body.dataset.phase;
    session.close();
  }

  const listeners = {
    state: (detail) => state(detail.state),
    guidance: (detail) => guide(detail.message),
    phase: enter,
    measured: () => page.go("measured"),
    refused: (refusal) => page.go("camera", { refusal }),
    interrupted: ({ reason }) => page.go("problem", { what: "interrupted", reason }),
    error: (error) => page.go("problem", { what: "refused", error }),
    closed: ({ code }) =>
      code === TAKEN_OVER ? page.go("problem", { what: "another_tab" }) : page.begin(),
  };
  for (const [name, listener] of Object.entries(listeners)) {
    session.addEventListener(name, ({ detail }) => (left ? null : listener(detail)));
  }
  session.open();
  return { nodes: [heading(say("camera.in_view")), video, beneath], leave };
}

/** The ring of one part of the recording, with what to do in it. */
function count(page, session, phase, seconds, guided) {
  const { say } = page.words;
  const neutral = phase === "neutral";
  const whole = Math.round(seconds);
  page.tell(say(neutral ? "camera.tell_neutral" : "camera.tell_speaking", { seconds: whole }));
  const counted = ring(seconds, (left) => {
    if (!neutral && left === 3) page.tell(say("camera.tell_left", { seconds: left }));
  });
  // Who speaks is not to be spoken over: guidance is seen from here on, and not read out.
  guided.removeAttribute("role");
  const what = say(neutral ? "camera.neutral" : "camera.speaking");
  const prompt = make("p", { class: "prompt", tabindex: "-1" }, what);
  return {
    prompt,
    nodes: [
      make(
        "div",
        { class: "count" },
        counted.node,
        make(
          "div",
          {},
          prompt,
          make("p", { class: "hint" }, say(neutral ? "camera.neutral_hint" : "camera.prompts")),
        ),
      ),
      guided,
      actions(
        button(say("camera.stop"), "link", () => {
          session.stop();
          return page.go("camera");
        }),
      ),
    ],
    stop: counted.stop,
  };
}

function done(page) {
  const { say } = page.words;
  page.tell(say("camera.done"));
  const prompt = make("p", { class: "guidance", tabindex: "-1" }, say("camera.done"));
  return { prompt, nodes: [prompt], stop: () => {} };
}
