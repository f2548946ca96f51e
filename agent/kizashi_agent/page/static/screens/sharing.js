// Giving the feedback to somebody, offered once, after it was read: one person a screen.

import { consentText } from "../consent_text.js";
import { actions, button, heading, make, note, pairs } from "../dom.js";
import { again } from "./feedback.js";

export function sharing(page, { offers = [], chosen = null, given = null, isBack = false }) {
  if (isBack) return takenBack(page);
  if (given !== null) return handOver(page, given);
  if (chosen !== null) return asked(page, offers, chosen);
  const { say } = page.words;
  return {
    nodes: [
      heading(say("sharing.title")),
      make("p", { class: "lead" }, say("sharing.lead")),
      make(
        "div",
        { class: "stack" },
        offers.map((each) =>
          button(say("sharing.read", { name: each.name }), "plain", () =>
            page.go("sharing", { offers, chosen: each }),
          ),
        ),
      ),
      actions(button(say("sharing.nobody"), "plain", () => again(page))),
    ],
  };
}

function asked(page, offers, recipient) {
  const { say } = page.words;
  const share = () =>
    page.attempt(async () => {
      const given = await page.api.post("share", {
        recipient: recipient.fingerprint,
        agreed: true,
      });
      return page.go("sharing", { given });
    });
  return {
    nodes: [
      heading(recipient.name, say("sharing.eyebrow")),
      consentText(recipient.text, { lang: recipient.locale }),
      pairs([
        [say("sharing.fingerprint"), make("span", { class: "print" }, recipient.fingerprint)],
      ]),
      make("p", { class: "question" }, say("consents.question")),
      actions(
        button(say("consents.no"), "plain", () => page.go("sharing", { offers })),
        button(say("consents.yes"), "plain", share),
      ),
    ],
  };
}

function handOver(page, { name, code, until }) {
  const { say, moment } = page.words;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      page.tell(say("sharing.copied"));
    } catch {
      page.tell(say("sharing.not_copied"));
    }
  };
  const takeBack = () =>
    page.attempt(async () => {
      await page.api.post("share/cancel");
      return page.go("sharing", { isBack: true });
    });
  return {
    nodes: [
      heading(say("sharing.code_title")),
      make("p", { class: "lead" }, say("sharing.waits", { name, until: moment(until) })),
      make("p", { class: "code long", translate: "no" }, code),
      actions(button(say("sharing.copy"), "plain", copy)),
      note("warm", make("p", {}, say("sharing.hand_over", { name }))),
      actions(
        button(say("sharing.take_back"), "danger", takeBack),
        button(say("feedback.finish"), "primary", () => again(page)),
      ),
    ],
  };
}

function takenBack(page) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("sharing.taken_back_title")),
      make("p", { class: "lead" }, say("sharing.taken_back")),
      actions(button(say("feedback.finish"), "primary", () => again(page))),
    ],
  };
}
