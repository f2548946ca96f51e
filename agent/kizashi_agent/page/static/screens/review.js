// Exactly what will be sent, field by field, and the choice to send or to throw away.

import { actions, button, folded, heading, list, make, pairs, table } from "../dom.js";
import { send, throwAway } from "./measured.js";

export function review(page, { found }) {
  const { say, number } = page.words;
  const { address, operator, sealed_bytes: bytes, fields } = found.sending;
  return {
    nodes: [
      heading(say("review.title"), say("review.eyebrow")),
      make("p", { class: "lead" }, say("review.lead", { operator })),
      pairs([
        [say("review.to"), address],
        [say("review.opened_by"), operator],
        [say("review.size"), say("review.bytes", { bytes: number(bytes) })],
        [say("review.fields"), say("review.count", { count: number(fields.length) })],
      ]),
      make("h2", {}, say("review.in_it")),
      ...grouped(fields).map(([group, some]) =>
        folded(
          say("review.group", { group, count: some.length }),
          table(
            group,
            [say("review.figure"), say("review.value")],
            some.map((each) => [each.label, shown(page.words, each.value)]),
          ),
        ),
      ),
      make("h2", {}, say("review.not_in_it")),
      list([
        say("review.no_picture", { frames: number(found.frames) }),
        say("review.no_sound"),
        say("review.no_name"),
      ]),
      actions(
        button(say("measured.throw_away"), "plain", () => throwAway(page)),
        button(say("review.send"), "primary", () => send(page)),
      ),
      actions(button(say("page.back"), "link", () => page.go("measured"))),
    ],
  };
}

/** The fields by their group, in the order in which the groups first come. */
function grouped(fields) {
  const groups = new Map();
  for (const each of fields) {
    if (!groups.has(each.group)) groups.set(each.group, []);
    groups.get(each.group).push(each);
  }
  return [...groups];
}

function shown(words, value) {
  return typeof value === "number" ? words.number(value) : String(value);
}
