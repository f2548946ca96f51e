// The consents that outlast a check: each with its words, off until chosen.

import { actions, button, heading, make, note } from "../dom.js";

export async function standing(page, { chosen = null }) {
  const { say } = page.words;
  const { consents } = await page.api.get("standing");
  const found = consents.find((each) => each.scope === chosen);
  if (found !== undefined) return one(page, found);
  return {
    nodes: [
      heading(say("menu.standing")),
      make("p", { class: "lead" }, say(consents.length === 0 ? "standing.none" : "standing.lead")),
      make(
        "ul",
        { class: "places" },
        consents.map((each) =>
          make(
            "li",
            {},
            button(each.name, "place", () => page.go("standing", { chosen: each.scope })),
            make("p", {}, state(page.words, each)),
          ),
        ),
      ),
      actions(button(say("page.menu"), "plain", () => page.open("menu"))),
    ],
  };
}

function one(page, { scope, name, text, given, ...rest }) {
  const { say } = page.words;
  const choose = (agreed) =>
    page.attempt(async () => {
      await page.api.post("standing", { scope, agreed });
      return page.go("standing", {});
    });
  return {
    nodes: [
      heading(name, say("menu.standing")),
      note("quiet", make("p", {}, state(page.words, { given, ...rest }))),
      make("p", { class: "consent" }, text),
      given
        ? actions(
            button(say("page.back"), "plain", () => page.go("standing", {})),
            button(say("standing.take_back"), "plain", () => choose(false)),
          )
        : actions(
            button(say("consents.no"), "plain", () => page.go("standing", {})),
            button(say("consents.yes"), "plain", () => choose(true)),
          ),
    ],
  };
}

function state({ say, day }, { given, until }) {
  return given ? say("standing.holds", { until: day(until) }) : say("standing.off");
}
