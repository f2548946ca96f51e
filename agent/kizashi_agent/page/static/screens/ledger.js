// The exact messages that left this laptop and came back, kept for the person alone.

import { actions, breakable, button, folded, heading, list, make, note, pairs, table } from "../dom.js";

export async function ledger(page, { number = null }) {
  return number === null ? everything(page) : one(page, number);
}

async function everything(page) {
  const { say, moment, number } = page.words;
  const { messages, faults } = await page.api.get("ledger");
  const newest = [...messages].reverse();
  return {
    nodes: [
      heading(say("ledger.title")),
      make("p", { class: "lead" }, say(messages.length === 0 ? "ledger.empty" : "ledger.lead")),
      faults.length === 0
        ? ""
        : note(
            "alert",
            list(
              faults.map((each) =>
                say(`ledger_fault.${each.wrong}`, { number: each.number ?? "" }),
              ),
            ),
          ),
      make(
        "ol",
        { class: "entries" },
        newest.map((each) =>
          make(
            "li",
            {},
            button(`${each.number}. ${kind(page.words, each)}`, "place", () =>
              page.go("ledger", { number: each.number }),
            ),
            make(
              "p",
              {},
              say("ledger.line", {
                direction: say(`ledger_direction.${each.direction}`),
                address: each.address,
                bytes: number(each.bytes),
                time: moment(each.time),
              }),
            ),
          ),
        ),
      ),
      actions(button(say("page.to_menu"), "plain", () => page.open("menu"))),
    ],
  };
}

async function one(page, wanted) {
  const { say, moment, number } = page.words;
  const entry = await page.api.get(`ledger/${wanted}`);
  return {
    nodes: [
      heading(kind(page.words, entry), say("ledger.number", { number: wanted })),
      pairs([
        [say(`ledger_direction.${entry.direction}`), entry.address],
        [say("ledger.time"), moment(entry.time)],
        [say("ledger.size"), say("review.bytes", { bytes: number(entry.bytes) })],
        [say("ledger.consents"), consents(page.words, entry)],
      ]),
      entry.fault === null
        ? ""
        : note("warm", make("p", {}, say("ledger.no_answer", { reason: entry.fault }))),
      fields(say("ledger.sealed_fields"), entry.sealed_fields, say, true),
      fields(say("ledger.outer_fields"), entry.fields, say, false),
      folded(say("ledger.bytes"), make("p", { class: "hex", translate: "no" }, entry.body)),
      actions(button(say("page.back"), "plain", () => page.go("ledger"))),
    ],
  };
}

function kind({ say, known }, { kind: name }) {
  return known(`ledger_kind.${name}`) ? say(`ledger_kind.${name}`) : name;
}

function consents({ say, day, joined }, entry) {
  if (entry.consents.length === 0) return say("ledger.no_consent");
  return joined(
    entry.consents.map(({ scope, expire_time: end }) =>
      say("ledger.relied", { scope: say(`scope.${scope}`), until: day(end) }),
    ),
  );
}

function fields(title, found, say, open) {
  const rows = Object.entries(found).map(([name, value]) => [breakable(name), String(value)]);
  if (rows.length === 0) return "";
  const unfolded = folded(
    title,
    table(title, [say("ledger.field"), say("review.value")], rows),
  );
  unfolded.open = open;
  return unfolded;
}
