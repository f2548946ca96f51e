// Something came between: each screen says what happened and what to do.

import { actions, button, heading, make, note } from "../dom.js";

const WAY_ON = {
  token: null,
  gone: null,
  another_tab: "problem.take_over",
  interrupted: "problem.record_again",
  thrown_away: "problem.beginning",
  refused: "problem.try_again",
  fault: "problem.try_again",
};

export function problem(page, { what, error = null, reason = null }) {
  const { say, known } = page.words;
  const on = WAY_ON[what];
  const go = () => (what === "another_tab" ? page.takeOver() : wayOn(page, what));
  return {
    alone: !["interrupted", "thrown_away", "refused"].includes(what),
    nodes: [
      heading(say(`problem_title.${what}`)),
      make("p", { class: "lead" }, say(`problem_lead.${what}`)),
      reason !== null && known(`interruption.${reason}`)
        ? make("p", {}, say(`interruption.${reason}`))
        : "",
      error?.message
        ? note("alert", make("p", {}, page.words.reason(error.reason, error.message)))
        : "",
      make("p", {}, say(`problem_next.${what}`)),
      what === "token" || what === "gone"
        ? make("p", { class: "command", translate: "no" }, "kizashi page")
        : "",
      on === null ? "" : actions(button(say(on), "primary", go)),
    ],
  };
}

function wayOn(page, what) {
  return what === "interrupted" ? page.go("camera") : page.begin();
}
