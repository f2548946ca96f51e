// The server was away: what was agreed to waits on this laptop, sealed, and is sent when asked.

import { actions, button, heading, make, note } from "../dom.js";
import { again } from "./feedback.js";
import { send, throwAway } from "./measured.js";
import { codeNote } from "./recovery.js";

export async function waiting(page, { answer = null }) {
  const { say, moment } = page.words;
  const [found, { until }] = [await page.api.get("recovery"), await page.api.get("waiting")];
  return {
    nodes: [
      heading(say("waiting.title")),
      make("p", { class: "lead" }, say("waiting.lead")),
      answer === null
        ? ""
        : note("quiet", make("p", {}, page.words.reason(answer.reason, answer.message))),
      make("p", {}, say("waiting.later")),
      until === null ? "" : make("p", {}, say("waiting.until", { until: moment(until) })),
      codeNote(page, found),
      actions(
        button(say("measured.throw_away"), "danger", () => throwAway(page)),
        button(say("waiting.leave"), "plain", () => again(page)),
        button(say("waiting.send_now"), "primary", () => send(page, "waiting/send")),
      ),
    ],
  };
}
