// The raters' page: the beginning, one clip after another, a last question, the end. Only the agent
// knows which clip.

import { createApi, Gone, openOnce, Refused, tabOf, takeToken } from "./api.js";
import { clip } from "./clip.js";
import { actions, button, heading, make, note, paragraphs } from "./dom.js";
import { own } from "./own.js";
import { createWords, loadWords } from "./words.js";

const LOCALE = "kizashi.locale";

class Page {
  #tables;
  #leave = null;
  #draft = { of: null };

  constructor(tables, api) {
    this.#tables = tables;
    this.api = api;
    this.sent = null; // what led to the screen that is shown
    this.words = createWords(tables, navigator.language.startsWith("ja") ? "ja" : "en");
  }

  /** Asks where the rater is, and shows that. */
  async look() {
    if (this.api === null) return this.#problem("token");
    return this.#guarded(async () => {
      const now = await this.api.get("now");
      this.sent = null;
      this.words = createWords(this.#tables, sessionStorage.getItem(LOCALE) ?? now.locale);
      this.show(now);
    });
  }

  /** Shows where the rater is: `now` as the agent tells it. */
  show(now) {
    const screens = { beginning, clip, own, done };
    this.#place(now.stage, () => screens[now.stage](this, now));
  }

  /** Sends what a button asks for; an answer of no is told above it. */
  async send(path, said, row) {
    const main = document.getElementById("main");
    main.querySelectorAll(".refused").forEach((each) => each.remove());
    main.setAttribute("aria-busy", "true");
    try {
      await this.#guarded(
        async () => {
          const now = await this.api.post(path, said);
          this.sent = path;
          this.show(now);
        },
        (refused) => this.#tellRefused(refused, row),
      );
    } finally {
      main.removeAttribute("aria-busy");
    }
  }

  /** What was chosen on a screen and not sent yet: another language does not lose it. */
  draft(of, empty) {
    if (this.#draft.of !== of) this.#draft = { of, ...empty };
    return this.#draft;
  }

  /** Says something to who does not look at the screen. */
  tell(text) {
    document.getElementById("told").textContent = text;
  }

  fault() {
    this.#problem("refused");
  }

  async #guarded(work, refused = () => this.#problem("refused")) {
    try {
      await work();
    } catch (error) {
      if (error instanceof Gone) return this.#problem("gone");
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401) return this.#problem("token");
      refused(error);
    }
  }

  #tellRefused(refused, row) {
    const { say, reason } = this.words;
    const told = note(
      "alert",
      make("p", {}, reason(refused.reason, refused.message || say("problem.refused"))),
      actions(button(say("problem.reload"), "plain", () => this.look())),
    );
    told.classList.add("refused");
    told.setAttribute("role", "alert");
    row.before(told);
    told.scrollIntoView({ block: "nearest" });
  }

  #problem(what) {
    this.#place("problem", () => {
      const { say } = this.words;
      const next = { token: "problem.token_next", gone: "problem.gone_next" }[what];
      return {
        nodes: [
          heading(say(`problem.${what}`)),
          next === undefined ? "" : make("p", { class: "lead" }, say(next)),
          what === "token"
            ? ""
            : actions(button(say("problem.reload"), "primary", () => this.look())),
        ],
      };
    });
  }

  #place(name, screen) {
    this.#leave?.();
    this.tell("");
    const again = () => this.#place(name, screen);
    const { nodes, leave = null, focus = null } = screen();
    this.#leave = leave;
    const { say, locale } = this.words;
    document.documentElement.lang = locale;
    document.body.dataset.screen = name;
    document.title = say("page.title");
    document.getElementById("skip").textContent = say("page.skip");
    const other = locale === "ja" ? "en" : "ja";
    const change = () => {
      sessionStorage.setItem(LOCALE, other);
      this.words = createWords(this.#tables, other);
      again();
    };
    document
      .getElementById("top")
      .replaceChildren(
        make("p", { class: "name", translate: "no" }, say("page.name")),
        make(
          "div",
          { class: "choices" },
          button(say("page.other_language"), "link", change, { lang: other }),
        ),
      );
    document.getElementById("foot").replaceChildren(make("p", {}, say("page.label")));
    const main = document.getElementById("main");
    main.replaceChildren(...nodes);
    scrollTo(0, 0);
    (focus ?? main.querySelector("h1")).focus({ preventScroll: true });
  }
}

function beginning(page) {
  const { say } = page.words;
  const begin = () => page.send("begin", {}, row);
  const row = actions(button(say("beginning.begin"), "primary", begin));
  return {
    nodes: [
      heading(say("beginning.title")),
      make("p", { class: "lead" }, say("beginning.lead")),
      ...paragraphs(say("beginning.first"), say("beginning.pause")),
      row,
    ],
  };
}

function done(page, { count, left_out: left }) {
  const { say } = page.words;
  const lead =
    left === 0 ? say("done.lead", { count }) : say("done.some", { scored: count - left, count });
  return { nodes: [heading(say("done.title")), make("p", { class: "lead" }, lead)] };
}

async function main() {
  const tables = await loadWords();
  await openOnce(location, history, sessionStorage);
  const token = takeToken(location, history, sessionStorage);
  const api = token === null ? null : createApi(token, await tabOf(sessionStorage, navigator.locks));
  const page = new Page(tables, api);
  addEventListener("popstate", () => {
    if (location.hash.length > 1) location.reload();
  });
  addEventListener("unhandledrejection", () => page.fault());
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  await page.look();
}

await main();
