// Erases what this laptop keeps; what servers hold is taken back first, or stays there.

import { actions, button, heading, make, note, paragraphs } from "../dom.js";

export async function clear(page, { stays = null }) {
  if (stays !== null) return cleared(page, stays);
  const { say } = page.words;
  const { text, on_record: there } = await page.api.get("clear");
  const [what, ...rest] = text;
  const confirmed = make("input", { type: "checkbox", id: "confirmed" });
  const erase = button(
    say("clear.do"),
    "danger",
    () =>
      page.attempt(async () => {
        const done = await page.api.post("clear", { confirmed: true });
        return page.go("clear", { stays: done.stays });
      }),
    { disabled: true },
  );
  confirmed.addEventListener("change", () => (erase.disabled = !confirmed.checked));
  return {
    nodes: [
      heading(say("menu.clear")),
      make("p", { class: "lead" }, what),
      note(
        there.checks + there.consents > 0 ? "warm" : "quiet",
        paragraphs(...rest),
        there.checks + there.consents > 0
          ? actions(button(say("clear.withdraw_first"), "plain", () => page.open("withdrawal")))
          : "",
      ),
      make(
        "p",
        { class: "checked" },
        confirmed,
        make("label", { for: "confirmed" }, say("clear.sure")),
      ),
      actions(button(say("page.to_menu"), "plain", () => page.open("menu")), erase),
    ],
  };
}

function cleared(page, stays) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("clear.done")),
      ...paragraphs(...stays),
      actions(button(say("page.to_check"), "primary", () => page.resume())),
    ],
  };
}
