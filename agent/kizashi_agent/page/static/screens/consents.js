// Age, then each consent on a screen of its own. Nothing is chosen beforehand, and yes and no weigh
// the same.

import { consentText } from "../consent_text.js";
import { actions, button, heading, list, make, note, pairs } from "../dom.js";

export function consents(page, { started, place = 0, refusal = null }) {
  if (refusal !== null) return declined(page, refusal);
  return place === 0 ? age(page, started) : consent(page, started, place);
}

function age(page, started) {
  const { say } = page.words;
  return {
    nodes: [
      heading(started.age_question, say("consents.before")),
      whoOffers(page, started),
      alongWith(page, started.riding.filter((each) => each.rides)),
      actions(
        button(say("consents.no"), "plain", () =>
          answer(page, started, { adult: false, scopes: {} }),
        ),
        button(say("consents.adult"), "plain", () => page.go("consents", { started, place: 1 })),
      ),
      actions(button(say("page.back"), "link", () => page.go("join"))),
    ],
  };
}

function whoOffers(page, { programme, address, local }) {
  const { say } = page.words;
  if (local || programme === null) return note("quiet", make("p", {}, say("consents.local")));
  return make(
    "section",
    { class: "card", "aria-labelledby": "programme" },
    make("h2", { id: "programme" }, programme.display_name),
    pairs([
      [say("consents.owner"), programme.owner],
      [say("consents.operator"), programme.scoring_operator],
      [say("consents.address"), address],
    ]),
    make("p", {}, say("consents.checked")),
    programme.setting === "personal"
      ? note("warm", make("p", {}, say("consents.personal")))
      : "",
  );
}

/** Consents given before that outlast a check, and so go along with this one. */
function alongWith(page, riding) {
  const { say, day } = page.words;
  if (riding.length === 0) return "";
  return note(
    "quiet",
    make("p", {}, say("consents.along")),
    list(
      riding.map(({ scope, until }) =>
        say("consents.along_until", { name: say(`scope_title.${scope}`), until: day(until) }),
      ),
    ),
  );
}

function consent(page, started, place) {
  const { say } = page.words;
  const asked = started.consents[place - 1];
  const count = started.consents.length;
  const agreed = () => {
    if (place < count) return page.go("consents", { started, place: place + 1 });
    const scopes = Object.fromEntries(started.consents.map((each) => [each.scope, true]));
    return answer(page, started, { adult: true, scopes });
  };
  const refused = () => answer(page, started, { adult: true, scopes: { [asked.scope]: false } });
  return {
    nodes: [
      heading(say(`consent_title.${asked.scope}`), say("consents.place", { place, count })),
      consentText(asked.text),
      make("p", { class: "question" }, say("consents.question")),
      actions(
        button(say("consents.no"), "plain", refused),
        button(say("consents.yes"), "plain", agreed),
      ),
      actions(
        button(say("page.back"), "link", () =>
          page.go("consents", { started, place: place - 1 }),
        ),
      ),
      make("p", { class: "small" }, say("consents.text_version", { version: asked.version })),
    ],
  };
}

function answer(page, started, answers) {
  return page.attempt(async () => {
    try {
      await page.api.post("consents", answers);
    } catch (error) {
      if (!isNo(error)) throw error;
      return page.go("consents", { started, refusal: error });
    }
    return page.go("camera");
  });
}

function isNo(error) {
  return error.reason?.startsWith("NO_CONSENT") || error.reason === "UNDER_AGE";
}

function declined(page, refusal) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("declined.title")),
      make("p", { class: "lead" }, say("declined.lead")),
      make("p", {}, say(refusal.reason === "UNDER_AGE" ? "declined.under_age" : "declined.close")),
      actions(button(say("declined.go_back"), "plain", () => page.go("welcome"))),
    ],
  };
}
