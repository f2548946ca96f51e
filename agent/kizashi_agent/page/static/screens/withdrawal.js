// Taking back: as easy as giving, and it says what was erased.

import { actions, button, heading, list, make, note, paragraphs } from "../dom.js";

const WHATS = ["all", "check", "trend", "cohort", "research"];

export function withdrawal(page, { what = null, check = null, done = null }) {
  if (done !== null) return erased(page, done);
  if (what === "check" && check === null) return which(page);
  if (what !== null) return sure(page, what, check);
  const { say } = page.words;
  return {
    nodes: [
      heading(say("menu.withdrawal")),
      make("p", { class: "lead" }, say("withdrawal.lead")),
      make(
        "ul",
        { class: "places" },
        WHATS.map((each) =>
          make(
            "li",
            {},
            button(say(`withdraw.${each}`), "place", () => page.go("withdrawal", { what: each }), {
              "aria-describedby": `withdraw-${each}`,
            }),
            make("p", { id: `withdraw-${each}` }, say(`withdraw_about.${each}`)),
          ),
        ),
      ),
      actions(button(say("page.to_menu"), "plain", () => page.open("menu"))),
    ],
  };
}

/** The checks on record, one of which is to be taken back. */
async function which(page) {
  const { say, moment } = page.words;
  const { checks } = await page.api.get("checks");
  return {
    nodes: [
      heading(say("withdrawal.which"), say("menu.withdrawal")),
      checks.length === 0 ? make("p", { class: "lead" }, say("withdrawal.no_check")) : "",
      make(
        "ul",
        { class: "places" },
        checks.map((check) =>
          make(
            "li",
            {},
            button(moment(check.time), "place", () =>
              page.go("withdrawal", { what: "check", check }),
            ),
            make("p", {}, where(page.words, check)),
          ),
        ),
      ),
      actions(button(say("page.back"), "plain", () => page.go("withdrawal"))),
    ],
  };
}

function where({ say }, { address, waits }) {
  return say(waits ? "withdrawal.waits" : "withdrawal.sent_to", { address });
}

function sure(page, what, check) {
  const { say, moment } = page.words;
  const [title, about] =
    check === null
      ? [say(`withdraw.${what}`), say(`withdraw_about.${what}`)]
      : [
          say("withdrawal.check_of", { moment: moment(check.time) }),
          where(page.words, check),
        ];
  const wish = check === null ? { what } : { what, report_id: check.report_id };
  return {
    nodes: [
      heading(title, say("menu.withdrawal")),
      make("p", { class: "lead" }, about),
      make("p", {}, say("withdrawal.receipts")),
      actions(
        button(say("page.back"), "plain", () => page.go("withdrawal")),
        button(say("withdrawal.do"), "danger", () =>
          page.attempt(async () =>
            page.go("withdrawal", { done: await page.api.post("withdraw", wish) }),
          ),
        ),
      ),
    ],
  };
}

/** What was erased and what was not; the answer of a check's withdrawal or of a consent's. */
function erased(page, done) {
  const { say } = page.words;
  const gone = erasedAt(page.words, done);
  const failed = [...(done.failed ?? []), ...(done.scopes_failed ?? [])];
  const all = [...failed, ...(done.damaged ?? []), ...(done.scopes_damaged ?? [])];
  const title = all.length > 0 ? "some" : gone.length > 0 ? "done" : "nothing";
  return {
    nodes: [
      heading(say(`withdrawn.${title}`)),
      list(gone),
      all.length === 0
        ? ""
        : note(
            "alert",
            list(all.map(({ reason, message }) => page.words.reason(reason, message))),
            make("p", {}, say("withdrawal.again")),
          ),
      ...paragraphs(...done.stays),
      actions(button(say("page.to_check"), "primary", () => page.resume())),
    ],
  };
}

/** A sentence for the checks erased at each server, and one for each consent. */
function erasedAt({ say, number }, { withdrawn = [], scopes = [] }) {
  const checks = Object.entries(Object.groupBy(withdrawn, (each) => each.address));
  const what = (some) =>
    some.length === 1 ? say("scope.check") : say("withdrawal.checks", { count: number(some.length) });
  return [
    ...checks.map(([address, some]) => [address, what(some)]),
    ...scopes.map(({ address, scope }) => [address, say(`scope.${scope}`)]),
  ].map(([address, erased]) => say("withdrawal.erased", { address, what: erased }));
}
