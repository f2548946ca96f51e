// What was measured, as the person's own picture; nothing has left the laptop.

import { actions, button, heading, list, make, note } from "../dom.js";
import { profile } from "../profile.js";

export async function measured(page) {
  const { say, number, joined } = page.words;
  const found = await page.api.get("measured");
  const local = found.sending === null;
  const goOn = local
    ? button(say("measured.score_here"), "primary", () => send(page))
    : button(say("measured.review"), "primary", () => page.go("review"));
  return {
    nodes: [
      heading(say("measured.title"), say(local ? "measured.stays_local" : "measured.stays")),
      make("p", { class: "lead" }, say("measured.lead")),
      found.warnings.length === 0
        ? ""
        : note("warm", make("h2", {}, say("measured.warnings")), list(found.warnings.map((each) => say(`gate.${each}`)))),
      ...profile(page.words, found.profile),
      make("p", { class: "small" }, say("measured.reading")),
      make(
        "p",
        { class: "small" },
        joined([
          say("measured.frames", { frames: number(found.frames) }),
          ...(found.dropped === 0
            ? []
            : [say("measured.dropped", { dropped: number(found.dropped) })]),
        ]),
      ),
      actions(
        button(say("measured.throw_away"), "plain", () => throwAway(page)),
        goOn,
      ),
    ],
  };
}

/** Sends, or scores here, and goes where the answer leads. */
export function send(page, path = "send") {
  return page.attempt(async () => {
    const answer = await page.api.post(path);
    return page.go(answer.visit.stage === "waiting" ? "waiting" : "ready", { answer });
  });
}

export function throwAway(page) {
  return page.attempt(async () => {
    await page.api.post("throw-away");
    return page.go("problem", { what: "thrown_away" });
  });
}
