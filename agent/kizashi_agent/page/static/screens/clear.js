// Erases what this laptop keeps; what servers hold is taken back first, or stays there.

import { actions, button, heading, list, make, note } from "../dom.js";

export function clear(page, { done = false }) {
  const { say } = page.words;
  if (done) {
    return {
      nodes: [
        heading(say("cleared.title")),
        make("p", { class: "lead" }, say("cleared.lead")),
        actions(button(say("page.to_check"), "primary", () => page.resume())),
      ],
    };
  }
  const confirmed = make("input", { type: "checkbox", id: "confirmed" });
  const erase = button(say("clear.do"), "danger", () =>
    page.attempt(async () => {
      await page.api.post("clear", { confirmed: true });
      return page.go("clear", { done: true });
    }),
  );
  erase.disabled = true;
  confirmed.addEventListener("change", () => (erase.disabled = !confirmed.checked));
  return {
    nodes: [
      heading(say("menu.clear")),
      make("p", { class: "lead" }, say("clear.lead")),
      list([say("clear.history"), say("clear.questionnaire"), say("clear.ledger")]),
      note(
        "warm",
        make("p", {}, say("clear.servers")),
        actions(button(say("clear.withdraw_first"), "plain", () => page.open("withdrawal"))),
      ),
      make(
        "p",
        { class: "checked" },
        confirmed,
        make("label", { for: "confirmed" }, say("clear.sure")),
      ),
      actions(button(say("page.menu"), "plain", () => page.open("menu")), erase),
    ],
  };
}
