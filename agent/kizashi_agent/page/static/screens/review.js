// Exactly what will be sent, field by field, and the choice to send or to throw away.

import { actions, button, folded, heading, list, make, pairs, table } from "../dom.js";
import { send, throwAway } from "./measured.js";

export async function review(page) {
  const { say, number } = page.words;
  // Asked for anew: the fields are named in the language spoken now.
  const found = await page.api.get("measured");
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
      ...folds(page.words, fields),
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

/** The fields by their group; those of single movements in one fold more. */
function folds({ say }, fields) {
  const groups = Object.entries(Object.groupBy(fields, (each) => each.group));
  const fold = ([group, some]) =>
    folded(
      say("review.group", { group, count: some.length }),
      table(
        group,
        [say("review.figure"), say("review.value")],
        some.map(({ label, value }) => [within(group, label), value]),
      ),
    );
  const movements = groups.filter(([group, [first]]) => within(group, first.label) !== first.label);
  const others = groups.filter((each) => !movements.includes(each));
  const count = movements.flatMap(([, some]) => some).length;
  return [folded(say("review.movements", { count }), movements.map(fold)), ...others.map(fold)];
}

/** A label without its group's name, which stands above it; each language has its own colon. */
function within(group, label) {
  const mark = [": ", "："].find((each) => label.startsWith(group + each));
  return mark === undefined ? label : label.slice(group.length + mark.length);
}
