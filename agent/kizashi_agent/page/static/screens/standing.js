// The consents that outlast a check: each with its words, off until chosen.

import { actions, button, heading, make, note } from "../dom.js";
import { recovery } from "./feedback.js";

export async function standing(page, { chosen = null, code = null }) {
  const { say } = page.words;
  const { consents, age_question: age, fault } = await page.api.get("standing");
  const found = consents.find((each) => each.scope === chosen);
  if (found !== undefined) return one(page, found, age);
  return {
    nodes: [
      heading(say("menu.standing")),
      recovery(page.words, code),
      fault === null
        ? ""
        : note("warm", make("p", {}, page.words.reason(fault.reason, fault.message))),
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

function one(page, { scope, name, text, given, digest, ...rest }, age) {
  const { say } = page.words;
  const adult = make("input", { type: "checkbox", id: "adult" });
  // The words' digest goes back, so that nobody agrees to others than they were shown.
  const choose = (agreed) =>
    page.attempt(async () => {
      const body = { scope, agreed, adult: adult.checked, digest };
      const { recovery_code: code = null } = await page.api.post("standing", body);
      return page.go("standing", { code });
    });
  return {
    nodes: [
      heading(name, say("menu.standing")),
      note("quiet", make("p", {}, state(page.words, { given, ...rest }))),
      make("p", { class: "consent" }, text),
      given ? "" : make("p", { class: "checked" }, adult, make("label", { for: "adult" }, age)),
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
