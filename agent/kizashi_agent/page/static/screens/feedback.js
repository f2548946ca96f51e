// The answer: shown when it is asked for, in words, with help for everybody.

import {
  actions,
  button,
  draw,
  folded,
  heading,
  list,
  make,
  note,
  pairs,
} from "../dom.js";
import { codeNote } from "./recovery.js";

const BANDS = ["fewer", "about_as_many", "more"];
const CLOSING = /(という結果でした。)/;

/** The answer is here; it is shown when the person asks to see it. */
export function ready(page, { answer = null }) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("ready.title")),
      make("p", { class: "lead" }, say("ready.lead")),
      make("p", {}, say("ready.limits")),
      make("p", {}, say("ready.left")),
      notices(page.words, answer),
      actions(
        button(say("ready.leave"), "plain", () => again(page)),
        button(say("ready.show"), "primary", () => page.attempt(() => page.go("feedback"))),
      ),
    ],
  };
}

/** What else went wrong, though the answer came. */
function notices({ reason }, answer) {
  const told = [answer?.notice ?? [], answer?.not_sent ?? []].flat();
  if (told.length === 0) return "";
  return note("warm", list(told.map((each) => reason(each.reason, each.message))));
}

export async function feedback(page) {
  const { say } = page.words;
  const found = await page.api.get("feedback");
  page.hasRead = true;
  const [compared, ...rest] = found.paragraphs;
  const next = found.left !== null ? { given: found.left } : { offers: found.sharing };
  const done = found.left === null && found.sharing.length === 0;
  return {
    nodes: [
      make(
        "div",
        { class: "result", lang: found.locale },
        heading(headline(found), say("feedback.eyebrow")),
      ),
      band(page.words, found.band),
      make("div", { lang: found.locale }, make("p", { class: "lead" }, compared)),
      make("h2", {}, say("feedback.reading")),
      make("div", { lang: found.locale }, rest.map((each) => make("p", {}, each))),
      found.contributions.length === 0
        ? ""
        : make(
            "section",
            { "aria-labelledby": "compared" },
            make("h2", { id: "compared" }, say("feedback.compared")),
            list(found.contributions, { lang: found.locale }),
          ),
      help(page.words, found.help, found.locale),
      make("h2", {}, say("feedback.questionnaire_title")),
      make("p", {}, say("feedback.questionnaire")),
      actions(button(say("feedback.questionnaire_go"), "plain", () => page.open("questionnaire"))),
      earlier(page.words, found.earlier),
      folded(
        say("feedback.basis"),
        pairs([
          [say("feedback.scorer"), found.scorer_id],
          [say("feedback.norms"), found.norms_id],
        ]),
        make("p", {}, say(found.sent === null ? "feedback.local" : "feedback.sent")),
      ),
      // The last thing before the way on, where nobody passes it by and it is in nobody's way.
      codeNote(page, found),
      actions(
        done
          ? button(say("feedback.finish"), "primary", () => again(page))
          : button(say("feedback.go_on"), "primary", () => page.go("sharing", next)),
      ),
    ],
  };
}

/** Its first sentence stands by itself, and no line begins within what closes it. */
function headline({ headline: text, locale }) {
  const sentences = new Intl.Segmenter(locale, { granularity: "sentence" }).segment(text);
  const [first, ...others] = [...sentences].map((each) => each.segment);
  const parts = first.split(CLOSING);
  const kept = (part) => (CLOSING.test(part) ? make("span", { class: "whole" }, part) : part);
  return [
    make("span", { class: "first" }, parts.map(kept)),
    others.length === 0 ? null : make("span", { class: "others" }, others.join("")),
  ];
}

/** Answers to checks that had waited for longer and were sent along. */
function earlier({ say }, answers) {
  if (answers.length === 0) return "";
  return folded(
    say("feedback.earlier"),
    answers.map((each) =>
      make(
        "div",
        { lang: each.locale },
        make("p", {}, make("strong", {}, each.headline)),
        each.paragraphs.map((text) => make("p", {}, text)),
      ),
    ),
  );
}

/** Leaves the check behind and goes back to the beginning. */
export function again(page) {
  return page.attempt(async () => {
    await page.api.post("again");
    return page.resume();
  });
}

/** Where to turn, for everybody; numbers and addresses only as the agent gave them. */
export function help({ say }, resources, lang) {
  return make(
    "section",
    { class: "help", "aria-labelledby": "help" },
    make("h2", { id: "help" }, say("feedback.help")),
    make(
      "ul",
      { lang },
      resources.map(({ name, description, hours, phone, address }) =>
        make(
          "li",
          {},
          make("strong", {}, name),
          [description, hours, phone, address]
            .filter((each) => each)
            .map((each) => make("span", {}, each)),
        ),
      ),
    ),
  );
}

/** Which of the three answers it was, all three in the same colour; nothing for "cannot tell". */
function band({ say }, value) {
  if (value === null) return "";
  const chosen = say(`band.${value}`);
  return make(
    "figure",
    { class: "band" },
    draw(
      "svg",
      { viewBox: "0 0 300 20", role: "img", "aria-labelledby": "band-title band-desc" },
      draw("title", { id: "band-title" }, say("band.title")),
      draw("desc", { id: "band-desc" }, chosen),
      BANDS.map((each, place) =>
        draw("rect", {
          class: each === value ? "chosen" : "other",
          x: place * 101,
          y: 4,
          width: 98,
          height: 12,
          rx: 6,
        }),
      ),
    ),
    make(
      "figcaption",
      { "aria-hidden": "true" },
      BANDS.map((each) =>
        make("span", { class: each === value ? "chosen" : "other" }, say(`band.${each}`)),
      ),
    ),
  );
}
