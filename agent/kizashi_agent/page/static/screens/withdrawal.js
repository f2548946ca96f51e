// Taking back: as easy as giving, and it says what was erased.

import { actions, button, heading, list, make, note, paragraphs } from "../dom.js";

const WHATS = ["all", "trend", "cohort", "research"];

export function withdrawal(page, { what = null, done = null }) {
  if (done !== null) return erased(page, done);
  if (what !== null) return sure(page, what);
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

function sure(page, what) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say(`withdraw.${what}`), say("menu.withdrawal")),
      make("p", { class: "lead" }, say(`withdraw_about.${what}`)),
      make("p", {}, say("withdrawal.receipts")),
      actions(
        button(say("page.back"), "plain", () => page.go("withdrawal")),
        button(say("withdrawal.do"), "danger", () =>
          page.attempt(async () =>
            page.go("withdrawal", { done: await page.api.post("withdraw", { what }) }),
          ),
        ),
      ),
    ],
  };
}

/** What was erased and what was not; the answer of a check's withdrawal or of a consent's. */
function erased(page, done) {
  const { say } = page.words;
  const gone = [...(done.withdrawn ?? []), ...(done.scopes ?? [])];
  const failed = [...(done.failed ?? []), ...(done.scopes_failed ?? [])];
  const all = [...failed, ...(done.damaged ?? []), ...(done.scopes_damaged ?? [])];
  const title = all.length > 0 ? "some" : gone.length > 0 ? "done" : "nothing";
  return {
    nodes: [
      heading(say(`withdrawn.${title}`)),
      list(
        gone.map(({ address, scope = "check" }) =>
          say("withdrawal.erased", { what: say(`scope.${scope}`), address }),
        ),
      ),
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
