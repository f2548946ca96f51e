// Everything beside the check itself.

import { actions, button, heading, make } from "../dom.js";

const PLACES = [
  "history",
  "questionnaire",
  "ledger",
  "standing",
  "withdrawal",
  "take_out",
  "clear",
];

export function menu(page) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("page.menu")),
      make(
        "nav",
        { "aria-label": say("page.menu") },
        make(
          "ul",
          { class: "places" },
          PLACES.map((each) =>
            make(
              "li",
              {},
              button(say(`menu.${each}`), "place", () => page.open(each), {
                "aria-describedby": `about-${each}`,
              }),
              make("p", { id: `about-${each}` }, say(`menu_about.${each}`)),
            ),
          ),
        ),
      ),
      actions(button(say("page.to_check"), "primary", () => page.resume())),
    ],
  };
}
