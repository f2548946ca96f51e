// Everything held about the person as one file, made on this laptop.

import { actions, button, heading, list, make, note } from "../dom.js";

export function takeOut(page) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("menu.take_out")),
      make("p", { class: "lead" }, say("take_out.lead")),
      list([say("take_out.in_it"), say("take_out.not_in_it"), say("take_out.form")]),
      note("warm", make("p", {}, say("take_out.careful"))),
      actions(
        button(say("page.to_menu"), "plain", () => page.open("menu")),
        button(say("take_out.download"), "primary", () => download(page)),
      ),
    ],
  };
}

function download(page) {
  return page.attempt(async () => {
    const address = URL.createObjectURL(await page.api.download("take-out"));
    const name = `kizashi-${new Date().toISOString().slice(0, 10)}.fhir.json`;
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    page.tell(page.words.say("take_out.downloaded", { name }));
  });
}
