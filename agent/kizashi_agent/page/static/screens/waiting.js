// The server was away: what was agreed to waits on this laptop, sealed, and is sent when asked.

import { actions, button, heading, make, note } from "../dom.js";
import { again } from "./feedback.js";
import { send, throwAway } from "./measured.js";
import { codeNote } from "./recovery.js";

export async function waiting(page, { answer = null }) {
  const { say } = page.words;
  const found = await page.api.get("recovery");
  return {
    nodes: [
      heading(say("waiting.title")),
      make("p", { class: "lead" }, say("waiting.lead")),
      answer === null
        ? ""
        : note("quiet", make("p", {}, page.words.reason(answer.reason, answer.message))),
      make("p", {}, say("waiting.later")),
      codeNote(page, found),
      actions(
        button(say("measured.throw_away"), "danger", () => throwAway(page)),
        button(say("waiting.leave"), "plain", () => again(page)),
        button(say("waiting.send_now"), "primary", () => send(page, "waiting/send")),
      ),
    ],
  };
}
