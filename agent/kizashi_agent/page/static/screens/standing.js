// The consents that outlast a check: each with its words, off until chosen.

import { consentText } from "../consent_text.js";
import { actions, button, heading, make, note, table } from "../dom.js";
import { codeNote } from "./recovery.js";

export async function standing(page, { chosen = null, agreed = false, given, trend }) {
  if (given !== undefined) return done(page, given);
  if (trend !== undefined) return kept(page, trend);
  const found = await page.api.get("standing");
  const consent = found.consents.find((each) => each.scope === chosen);
  if (consent === undefined) return all(page, found);
  return agreed ? age(page, found.age_question, consent) : one(page, consent);
}

function all(page, { consents, fault }) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("menu.standing")),
      make("p", { class: "lead" }, say(consents.length === 0 ? "standing.none" : "standing.lead")),
      fault === null
        ? ""
        : note("warm", make("p", {}, page.words.reason(fault.reason, fault.message))),
      make(
        "ul",
        { class: "places" },
        consents.map((each) =>
          make(
            "li",
            {},
            button(title(page.words, each), "place", () =>
              page.go("standing", { chosen: each.scope }),
            ),
            make("p", {}, life(page.words, each)),
          ),
        ),
      ),
      actions(button(say("page.to_menu"), "plain", () => page.open("menu"))),
    ],
  };
}

function one(page, consent) {
  const { say } = page.words;
  const back = () => page.go("standing", {});
  return {
    nodes: [
      heading(title(page.words, consent), say("menu.standing")),
      consent.life === undefined ? "" : note("quiet", make("p", {}, life(page.words, consent))),
      consent.text === "" ? "" : consentText(consent.text),
      consent.given || consent.text === ""
        ? actions(
            button(say("page.back"), "plain", back),
            consent.given && consent.scope === "trend"
              ? button(say("standing.look"), "plain", () => look(page))
              : null,
            button(say("standing.take_back"), "plain", () => takeBack(page, consent)),
          )
        : [
            make("p", { class: "question" }, say("consents.question")),
            actions(
              button(say("consents.no"), "plain", back),
              button(say("consents.yes"), "plain", () =>
                page.go("standing", { chosen: consent.scope, agreed: true }),
              ),
            ),
          ],
    ].flat(),
  };
}

function age(page, question, { scope, digest }) {
  const { say } = page.words;
  const give = () =>
    page.attempt(async () => {
      const wish = { scope, agreed: true, adult: true, digest };
      return page.go("standing", { given: await page.api.post("standing", wish) });
    });
  return {
    nodes: [
      heading(question, say(`scope.${scope}`)),
      actions(
        button(say("consents.no"), "plain", () => page.go("standing", {})),
        button(say("consents.adult"), "plain", give),
      ),
    ],
  };
}

function done(page, given) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say(given.given ? "standing.given" : "withdrawn.done")),
      make(
        "p",
        { class: "lead" },
        given.given
          ? say("standing.holds", { until: page.words.day(given.until) })
          : (given.message ?? say("standing.taken_back")),
      ),
      codeNote(page, given),
      actions(button(say("page.back"), "plain", () => page.go("standing", {}))),
    ],
  };
}

function takeBack(page, { scope }) {
  return page.attempt(async () =>
    page.go("standing", { given: await page.api.post("standing", { scope, agreed: false }) }),
  );
}

function look(page) {
  return page.attempt(async () =>
    page.go("standing", { trend: (await page.api.get("trend")).entries }),
  );
}

/** The trend that a server keeps sealed, opened here. */
function kept(page, entries) {
  const { say } = page.words;
  const none = entries.length === 0;
  return {
    nodes: [
      heading(say("withdraw.trend"), say("menu.standing")),
      make("p", { class: "lead" }, say(none ? "standing.no_trend" : "standing.trend")),
      none
        ? ""
        : table(
            say("withdraw.trend"),
            [say("history.day"), say("history.answer")],
            entries.map((each) => [
              page.words.day(each.day * 86_400),
              say(`band.${each.band ?? "none"}`),
            ]),
          ),
      actions(button(say("page.back"), "plain", () => page.go("standing", {}))),
    ],
  };
}

function title({ say }, { scope, programme = null }) {
  const name = say(`scope_title.${scope}`);
  return programme === null ? name : say("standing.at", { name, programme });
}

function life({ say, day }, { life: state = "off", until = null }) {
  return say(`standing_life.${state}`, { until: until === null ? "" : day(until) });
}
