// The person's own checks, where they chose to keep them, beside their own baseline.

import { actions, button, folded, heading, list, make, note, table } from "../dom.js";
import { trend } from "../trend.js";

export async function history(page) {
  const { say, day } = page.words;
  const found = await page.api.get("history");
  const { entries, kept } = found;
  return {
    nodes: [
      heading(say("menu.history")),
      make("p", { class: "lead" }, say(entries.length === 0 ? "history.empty" : "history.lead")),
      entries.length === 0 ? "" : trend(page.words, entries),
      entries.length === 0 ? "" : baseline(page.words, found),
      entries.length === 0
        ? ""
        : folded(
            say("profile.as_table"),
            table(
              say("history.picture"),
              [say("history.day"), say("history.answer")],
              entries.map((each) => [day(each.time), say(`band.${each.band ?? "none"}`)]),
            ),
          ),
      keeping(page, kept),
      actions(button(say("page.menu"), "plain", () => page.open("menu"))),
    ],
  };
}

/** How the newest check compares with the person's own earlier ones, once there are enough. */
function baseline({ say }, { trend: found, needed }) {
  if (found === null) return note("quiet", make("p", {}, say("history.needed", { needed })));
  return make(
    "section",
    { "aria-labelledby": "baseline" },
    make("h2", { id: "baseline" }, say("history.baseline")),
    make("p", {}, found.text),
    list(found.units ?? []),
  );
}

function keeping(page, kept) {
  const { say } = page.words;
  const turn = (on) =>
    page.attempt(async () => {
      await page.api.post("history/keep", { on });
      return page.go("history");
    });
  return note(
    "quiet",
    make("h2", {}, say(kept ? "history.kept_title" : "history.not_kept_title")),
    make("p", {}, say(kept ? "history.kept" : "history.not_kept")),
    actions(
      button(say(kept ? "history.stop" : "history.keep"), "plain", () => turn(!kept)),
    ),
  );
}
