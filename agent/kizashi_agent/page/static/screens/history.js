// The person's own checks, where they chose to keep them, beside their own usual range.

import { actions, button, folded, heading, list, make, note, paragraphs, table } from "../dom.js";
import { ownRange, trend } from "../trend.js";

export async function history(page, { clearing = false }) {
  if (clearing) return sure(page);
  const { say } = page.words;
  const found = await page.api.get("history");
  const { entries } = found;
  const some = entries.length > 0;
  return {
    nodes: [
      heading(say("menu.history")),
      make("p", { class: "lead" }, say(some ? "history.lead" : "history.empty")),
      some ? trend(page.words, entries) : "",
      some ? baseline(page.words, found) : "",
      some ? checks(page, entries) : "",
      found.damaged.length === 0
        ? ""
        : note("alert", list(found.damaged.map((each) => each.message))),
      keeping(page, found),
      actions(button(say("page.to_menu"), "plain", () => page.open("menu"))),
    ],
  };
}

/** How the newest check compares with the person's own others, once there are enough. */
function baseline(words, { trend: found, needed }) {
  const { say } = words;
  if (found === null) return note("quiet", make("p", {}, say("history.needed", { needed })));
  return make(
    "div",
    {},
    make("h2", {}, say("history.baseline")),
    ownRange(words, found),
    paragraphs(...found.text),
    list(found.units),
  );
}

/** Every check as a row, which can be erased by itself. */
function checks(page, entries) {
  const { say, day } = page.words;
  const erase = (each) =>
    button(say("history.erase"), "link", () => change(page, "history/remove", { id: each.id }), {
      "aria-label": say("history.erase_of", { day: day(each.time) }),
    });
  return folded(
    say("profile.as_table"),
    table(
      say("history.all"),
      [say("history.day"), say("history.answer"), say("history.erase")],
      [...entries]
        .reverse()
        .map((each) => [day(each.time), say(`band.${each.band ?? "none"}`), erase(each)]),
    ),
    actions(
      button(say("history.erase_all"), "danger", () => page.go("history", { clearing: true })),
    ),
  );
}

/** Before everything is erased at one press. */
function sure(page) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("history.erase_all_title"), say("menu.history")),
      make("p", { class: "lead" }, say("history.erase_all_about")),
      actions(
        button(say("page.back"), "plain", () => page.go("history")),
        button(say("history.erase_all"), "danger", () => change(page, "history/clear")),
      ),
    ],
  };
}

function change(page, path, wish = {}) {
  return page.attempt(async () => {
    await page.api.post(path, wish);
    return page.go("history");
  });
}

function keeping(page, { kept, text }) {
  const { say } = page.words;
  const turn = (on) => change(page, "history/keep", { on });
  return note(
    "quiet",
    make("h2", {}, say(kept ? "history.kept" : "history.not_kept")),
    paragraphs(...text),
    actions(button(say(kept ? "history.stop" : "history.keep"), "plain", () => turn(!kept))),
  );
}
