// Erases what this laptop keeps; what servers hold is taken back first, or stays there.

import { actions, button, heading, list, make, note, paragraphs } from "../dom.js";

export async function clear(page, { done = null }) {
  const { say } = page.words;
  if (done !== null) {
    return {
      nodes: [
        heading(say("cleared.title")),
        make("p", { class: "lead" }, say("cleared.lead")),
        ...paragraphs(...done.stays),
        actions(button(say("page.to_check"), "primary", () => page.resume())),
      ],
    };
  }
  const { text } = await page.api.get("clear");
  const confirmed = make("input", { type: "checkbox", id: "confirmed" });
  const erase = button(say("clear.do"), "danger", () =>
    page.attempt(async () => {
      return page.go("clear", { done: await page.api.post("clear", { confirmed: true }) });
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
        ...paragraphs(...text),
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
