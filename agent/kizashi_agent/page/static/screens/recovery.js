// The recovery code: shown until the person says that they have it on paper.

import { actions, button, heading, make, note } from "../dom.js";

/** The code of an answer, in a note; nothing where the person has it. */
export function codeNote(page, found) {
  const { say } = page.words;
  if (!found.recovery_code) return "";
  const join = found.recovery_join ? ` --join ${found.recovery_join}` : "";
  const shown = note(
    "warm",
    make("h2", {}, say("recovery.title")),
    make("p", {}, say("recovery.write_down")),
    make("p", { class: "code", translate: "no" }, found.recovery_code),
    make("p", {}, say("recovery.what_for")),
    make("p", { class: "command", translate: "no" }, `kizashi withdraw --recovery${join}`),
    button(say("recovery.have"), "plain", () =>
      page.attempt(async () => {
        await page.api.post("recovery/seen");
        found.recovery_code = null;
        const noted = make("p", { tabindex: "-1" }, say("recovery.noted"));
        shown.replaceChildren(noted);
        noted.focus();
      }),
    ),
  );
  return shown;
}

/** The code on a screen of its own, for who has not had it yet. */
export async function recovery(page) {
  const { say } = page.words;
  const found = await page.api.get("recovery");
  return {
    nodes: [
      heading(say("recovery.screen")),
      codeNote(page, found),
      actions(button(say("page.to_check"), "plain", () => page.resume())),
    ],
  };
}
