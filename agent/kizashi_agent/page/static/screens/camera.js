// Before the camera, and what is said when it cannot be used or a recording did not pass.

import { actions, button, heading, list, make, note } from "../dom.js";

export function camera(page, { fault = null, refusal = null }) {
  if (fault !== null) return unusable(page, fault);
  if (refusal !== null) return refused(page, refusal);
  const { say } = page.words;
  return {
    nodes: [
      heading(say("camera.title")),
      make("p", { class: "lead" }, say("camera.asks")),
      list([say("camera.not_kept"), say("camera.no_sound"), say("camera.sit")]),
      actions(
        button(say("camera.leave"), "plain", () => leave(page)),
        button(say("camera.turn_on"), "primary", () => page.go("preview")),
      ),
    ],
  };
}

function unusable(page, fault) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say(`camera_fault.${fault}`)),
      make("p", { class: "lead" }, say(`camera_next.${fault}`)),
      make("p", {}, say("camera.nothing_kept")),
      actions(
        button(say("camera.leave"), "plain", () => leave(page)),
        fault === "unsupported"
          ? null
          : button(say("camera.again"), "primary", () => page.go("preview")),
      ),
    ],
  };
}

/** The recording gate said no: what was wrong, the gravest first, and what to do about it. */
function refused(page, { reasons = [], message = "" }) {
  const { say, known } = page.words;
  const told = reasons.filter((each) => known(`gate.${each}`)).map((each) => say(`gate.${each}`));
  return {
    nodes: [
      heading(say("camera.refused")),
      make("p", { class: "lead" }, say("camera.refused_lead")),
      note("warm", told.length === 0 ? make("p", {}, message) : list(told)),
      actions(
        button(say("camera.leave"), "plain", () => leave(page)),
        button(say("camera.again"), "primary", () => page.go("preview")),
      ),
    ],
  };
}

function leave(page) {
  return page.attempt(async () => {
    await page.api.post("again");
    return page.resume();
  });
}
