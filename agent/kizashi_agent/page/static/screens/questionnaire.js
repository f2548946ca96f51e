// The PHQ-9 in its published words, answered here. The last item shows help at once, sends nothing
// and concludes nothing.

import { actions, button, folded, heading, make, note, paragraphs } from "../dom.js";
import { help } from "./feedback.js";

const NOTHING = { answers: [], difficulty: null, keep: false, research: false };

export async function questionnaire(
  page,
  { asked = false, clearing = false, result = null, chosen = NOTHING },
) {
  if (result !== null) return answered(page, result);
  if (clearing) return sure(page);
  const found = await page.api.get("questionnaire");
  return asked ? form(page, found, chosen) : before(page, found);
}

function before(page, found) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("menu.questionnaire")),
      make("p", { class: "lead" }, say("questionnaire.lead")),
      make("p", {}, say("questionnaire.stays")),
      make("p", {}, say("questionnaire.limits")),
      found.note === null ? "" : note("quiet", make("p", {}, found.note)),
      found.for_research === null ? "" : added(page, found.for_research),
      actions(
        button(say("questionnaire.leave"), "plain", () => page.resume()),
        button(say("questionnaire.begin"), "primary", () =>
          page.go("questionnaire", { asked: true }),
        ),
      ),
      found.kept.length === 0 ? "" : kept(page, found.kept),
      found.research ? elsewhere(page, found) : "",
    ],
  };
}

/** What goes along with the next check, and the way to keep it back. */
function added(page, { kind }) {
  const { say } = page.words;
  const key = kind === "answers" ? "questionnaire.added" : "questionnaire.added_bdi_ii";
  return note(
    "quiet",
    make("p", {}, say(key)),
    actions(
      button(say("questionnaire.keep_back"), "plain", () =>
        change(page, "questionnaire/keep-back"),
      ),
    ),
  );
}

/** The total of a questionnaire that is filled in elsewhere, for those who agreed to research. */
function elsewhere(page, found) {
  const { say } = page.words;
  const total = number("total", found.highest_bdi_ii);
  const days = number("days", found.oldest_answers);
  // The browser itself has said what is wrong with a number before this is called.
  const submit = (event) => {
    event.preventDefault();
    return change(page, "questionnaire/bdi-ii", {
      total: total.valueAsNumber,
      days: days.valueAsNumber,
    });
  };
  return make(
    "section",
    { "aria-labelledby": "elsewhere" },
    make("h2", { id: "elsewhere" }, say("questionnaire.bdi_ii_title")),
    make("p", {}, say("questionnaire.bdi_ii")),
    make(
      "form",
      { class: "stack", autocomplete: "off", on: { submit } },
      make("label", { for: "total" }, say("questionnaire.bdi_ii_total"), total),
      make("label", { for: "days" }, say("questionnaire.bdi_ii_days"), days),
      actions(make("button", { type: "submit", class: "plain" }, say("questionnaire.bdi_ii_add"))),
    ),
  );
}

function number(id, max) {
  return make("input", { type: "number", id, min: 0, max, required: true, autocomplete: "off" });
}

/** Answers that the person kept, each to be read again or erased. */
function kept(page, answers) {
  const { say, day } = page.words;
  return make(
    "section",
    { "aria-labelledby": "kept" },
    make("h2", { id: "kept" }, say("questionnaire.kept")),
    answers.map(({ id, time, text }) =>
      folded(
        day(time),
        paragraphs(...text),
        actions(
          button(
            say("history.erase"),
            "danger",
            () => change(page, "questionnaire/remove", { id }),
            { "aria-label": say("questionnaire.erase_of", { day: day(time) }) },
          ),
        ),
      ),
    ),
    answers.length < 2
      ? null
      : actions(
          button(say("history.erase_all"), "danger", () =>
            page.go("questionnaire", { clearing: true }),
          ),
        ),
  );
}

/** Before everything is erased at one press. */
function sure(page) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("questionnaire.erase_all_title"), say("menu.questionnaire")),
      make("p", { class: "lead" }, say("questionnaire.erase_all_about")),
      actions(
        button(say("page.back"), "plain", () => page.go("questionnaire")),
        button(say("history.erase_all"), "danger", () => change(page, "questionnaire/clear")),
      ),
    ],
  };
}

function change(page, path, wish = {}) {
  return page.attempt(async () => {
    await page.api.post(path, wish);
    return page.go("questionnaire");
  });
}

function form(page, found, chosen) {
  const { say } = page.words;
  const atOnce = make("div", { "aria-live": "polite" });
  const items = found.items.map((text, index) =>
    question(
      `item-${index}`,
      `${index + 1}. ${text}`,
      found.options,
      found.language,
      chosen.answers[index],
    ),
  );
  const look = () => {
    const concerned = value(items.at(-1)) > 0;
    atOnce.replaceChildren(...(concerned ? [itemNine(page.words, found)] : []));
  };
  items.at(-1).addEventListener("change", look);
  look();
  const difficulty = question(
    "difficulty",
    found.difficulty,
    found.difficulty_options,
    found.language,
    chosen.difficulty,
  );
  const keep = make("input", { type: "checkbox", id: "keep", checked: chosen.keep });
  const research = make("input", {
    type: "checkbox",
    id: "research",
    checked: found.research && chosen.research,
  });
  const now = () => ({
    answers: items.map(value),
    difficulty: value(difficulty),
    keep: keep.checked,
    research: research.checked,
  });
  const send = () => {
    const given = now();
    const more = given.answers.some((each) => each > 0) ? [difficulty] : [];
    const open = [...items, ...more].find((each) => value(each) === null);
    items.concat(difficulty).forEach((each) => mark(page.words, each, each === open));
    if (open !== undefined) return open.querySelector("input").focus();
    return page.attempt(async () =>
      page.go("questionnaire", {
        result: await page.api.post("questionnaire", given),
      }),
    );
  };
  return {
    held: () => ({ chosen: now() }),
    nodes: [
      make("div", { class: "asks", lang: found.language }, heading(found.intro, found.title)),
      make("form", { class: "questions", autocomplete: "off" }, items, atOnce, difficulty),
      make(
        "div",
        { class: "stack" },
        make(
          "p",
          { class: "checked" },
          keep,
          make("label", { for: "keep" }, say("questionnaire.keep")),
        ),
        found.research
          ? make(
              "p",
              { class: "checked" },
              research,
              make("label", { for: "research" }, say("questionnaire.research")),
            )
          : "",
        make("p", { class: "small" }, found.research_text),
      ),
      actions(
        button(say("questionnaire.leave"), "plain", () => page.resume()),
        button(say("questionnaire.done"), "primary", send),
      ),
      make("p", { class: "small", lang: found.language }, found.source),
    ],
  };
}

/**
 * One question as a group of radio buttons, none of them chosen but what was before the language
 * changed. A browser that brings tabs back after a crash writes what a form holds to its disk, but
 * for "autocomplete" off.
 */
function question(name, text, options, lang, chosen = null) {
  return make(
    "fieldset",
    { lang, "data-name": name },
    make("legend", {}, text),
    options.map((each, index) =>
      make(
        "label",
        { class: "option" },
        make("input", {
          type: "radio",
          name,
          value: index,
          autocomplete: "off",
          checked: index === chosen,
        }),
        make("span", {}, each),
      ),
    ),
  );
}

function value(fieldset) {
  const chosen = fieldset.querySelector("input:checked");
  return chosen === null ? null : Number(chosen.value);
}

/** Says beside the first question without an answer that it has none. */
function mark({ say, locale }, fieldset, open) {
  fieldset.querySelector(".missing")?.remove();
  if (!open) return;
  fieldset
    .querySelector("legend")
    .append(make("span", { class: "missing", lang: locale }, say("questionnaire.missing")));
}

/** What is said at once when the last item is answered above "not at all". */
function itemNine(words, { item_9: said, help: resources }) {
  return note("warm", paragraphs(...said), help(words, resources, words.locale));
}

function answered(page, { text, item_9: urgent, help: resources }) {
  const { say, locale } = page.words;
  const calls = urgent.length > 0;
  return {
    nodes: [
      heading(say("questionnaire.result")),
      // What the last item calls for comes first, with help beside it.
      calls ? itemNine(page.words, { item_9: urgent, help: resources }) : "",
      ...paragraphs(...text.slice(urgent.length)),
      calls ? "" : help(page.words, resources, locale),
      actions(button(say("page.to_check"), "primary", () => page.resume())),
    ],
  };
}
