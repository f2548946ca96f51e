// The page's frame: who may speak with the agent, which screen is shown, and what happens between.

import { createApi, Gone, openOnce, Refused, tabOf, takeToken } from "./api.js";
import { button, make } from "./dom.js";
import { createWords, loadWords } from "./words.js";
import { SCREENS } from "./screens/all.js";

const STAGES = {
  welcome: "welcome",
  // The words of the consents went with the page that showed them: they are asked for again.
  consents: "welcome",
  camera: "camera",
  recording: "camera",
  measured: "measured",
  feedback: "ready",
  waiting: "waiting",
};

/** Milliseconds after which it is said that something takes a moment. */
const A_MOMENT = 500;

/** Milliseconds for which something said stands over the page. */
const SAID_FOR = 8000;

class Page {
  #tables;
  #current = { name: null, params: {}, leave: null, held: null };
  #shows = 0;
  #telling = null;

  constructor(tables, api, locale) {
    this.#tables = tables;
    this.api = api;
    this.words = createWords(tables, locale);
    this.facts = null;
    this.choice = null;
    /** Whether the answer of this visit was asked for: it is then shown without asking again. */
    this.hasRead = false;
  }

  /** Where the visit is, from the agent; claims the visit for this tab where nobody has it. */
  async begin() {
    if (this.api === null) return this.go("problem", { what: "token" });
    return this.#guarded(async () => {
      await this.#look();
      if (this.facts.visit.tab === "another") return this.go("problem", { what: "another_tab" });
      await this.api.post("tab/claim");
      return this.#resumed();
    });
  }

  /** The screen of the stage that the visit is at. */
  async resume() {
    history.replaceState(null, "", location.pathname);
    return this.#guarded(async () => {
      await this.#look();
      return this.#resumed();
    });
  }

  async takeOver() {
    return this.#guarded(async () => {
      await this.api.post("tab/claim", { take_over: true });
      return this.resume();
    });
  }

  /** A screen of the menu, which the browser's back button leaves again. */
  open(name) {
    history.pushState({ name }, "", location.pathname);
    return this.go(name);
  }

  async go(name, params = {}) {
    const show = ++this.#shows;
    await this.#guarded(async () => {
      this.#current.leave?.();
      this.#current = { name, params, leave: null, held: null };
      const { leave = null, held = null, ...screen } = await SCREENS[name](this, params);
      if (show !== this.#shows) return leave?.();
      this.#current = { name, params, leave, held };
      this.#place(name, screen);
    });
  }

  /** Runs what a button asks for; an answer of no is told above it and those beside it. */
  async attempt(work) {
    const main = document.getElementById("main");
    const pressed = document.activeElement;
    const row = pressed.closest("main .actions");
    const shown = this.#shows;
    main.querySelectorAll(".refused").forEach((each) => each.remove());
    main.setAttribute("aria-busy", "true");
    const pressable = [...main.querySelectorAll("button:not(:disabled)")];
    pressable.forEach((each) => (each.disabled = true));
    try {
      await this.#guarded(work, (refused) => this.#tellRefused(refused, row));
    } finally {
      main.removeAttribute("aria-busy");
      if (shown === this.#shows) {
        pressable.forEach((each) => (each.disabled = false));
        pressed.focus({ preventScroll: true }); // a disabled button loses it
      }
    }
  }

  /** Says something at the foot of the window, aloud too; `lasting` until something else is said. */
  tell(text, { lasting = false } = {}) {
    clearTimeout(this.#telling);
    document.getElementById("told").textContent = text;
    if (!lasting) this.#telling = setTimeout(() => this.tell("", { lasting: true }), SAID_FOR);
  }

  /** Hides the top of the page while somebody speaks to the camera. */
  quiet(on) {
    document.getElementById("top").hidden = on;
    document.getElementById("foot").hidden = on;
  }

  /** Speaks another language; what was typed or chosen on the screen stays. */
  async setLocale(locale) {
    this.words = createWords(this.#tables, locale);
    if (this.api === null || this.facts === null) return this.#again();
    return this.#guarded(async () => {
      await this.api.post("locale", { locale });
      const { name, params } = this.#current;
      // What was refused is not asked for again.
      if (name === "consents" && params.refusal === undefined) {
        this.#current.params = { started: await this.api.post("start", this.choice) };
      }
      return this.#again();
    });
  }

  /** Starts a visit as `choice` says: an invite or this laptop alone. */
  async start(choice) {
    this.choice = choice;
    return this.go("consents", { started: await this.api.post("start", choice) });
  }

  #again() {
    const { name, params, held } = this.#current;
    return this.go(name, { ...params, ...held?.() });
  }

  async #look() {
    this.facts = await this.api.get("visit");
    if (this.facts.locale !== this.words.locale) {
      this.words = createWords(this.#tables, this.facts.locale);
    }
  }

  #resumed() {
    const { stage, interrupted } = this.facts.visit;
    if (interrupted) return this.go("problem", { what: "interrupted", reason: interrupted });
    this.hasRead &&= stage === "feedback";
    return this.go(this.hasRead ? "feedback" : STAGES[stage]);
  }

  async #guarded(work, refused = (error) => this.go("problem", { what: "refused", error })) {
    const underWay = this.words.say("page.under_way");
    const slow = setTimeout(() => this.tell(underWay, { lasting: true }), A_MOMENT);
    try {
      return await work();
    } catch (error) {
      if (error instanceof Gone) return this.go("problem", { what: "gone" });
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401) return this.go("problem", { what: "token" });
      if (error.reason === "ANOTHER_TAB") return this.go("problem", { what: "another_tab" });
      return refused(error);
    } finally {
      clearTimeout(slow);
      if (document.getElementById("told").textContent === underWay) this.tell("");
    }
  }

  #tellRefused(refused, row) {
    const { say, reason } = this.words;
    const main = document.getElementById("main");
    const told = make(
      "div",
      { class: "note alert refused", role: "alert" },
      make("p", {}, reason(refused.reason, refused.message || say("problem.refused"))),
    );
    const above = row?.isConnected ? row : [...main.querySelectorAll(".actions")].at(-1);
    if (above) above.before(told);
    else main.append(told);
    told.scrollIntoView({ block: "nearest" });
  }

  #place(name, { nodes, alone = false }) {
    const { say, locale } = this.words;
    document.documentElement.lang = locale;
    document.body.dataset.screen = name;
    this.quiet(false);
    this.tell("");
    this.#frame(alone);
    const main = document.getElementById("main");
    main.replaceChildren(...nodes);
    const title = main.querySelector("h1");
    // One for every screen: a browser keeps titles in its history, and headings tell answers.
    document.title = say("page.title");
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }

  #frame(alone) {
    const { say, locale } = this.words;
    const other = locale === "ja" ? "en" : "ja";
    document.getElementById("skip").textContent = say("page.skip");
    document.getElementById("top").replaceChildren(
      make("p", { class: "name", translate: "no" }, say("page.name")),
      make(
        "div",
        { class: "choices" },
        button(say("page.other_language"), "link", () => this.setLocale(other), { lang: other }),
        alone || this.#current.name === "menu"
          ? null
          : button(say("page.menu"), "link", () => this.open("menu")),
      ),
    );
    document.getElementById("foot").replaceChildren(make("p", {}, say("page.label")));
  }
}

async function main() {
  const tables = await loadWords();
  await openOnce(location, history, sessionStorage);
  const token = takeToken(location, history, sessionStorage);
  const locale = navigator.language.toLowerCase().startsWith("ja") ? "ja" : "en";
  const api = token === null ? null : createApi(token, await tabOf(sessionStorage, navigator.locks));
  const page = new Page(tables, api, locale);
  addEventListener("popstate", ({ state }) => {
    // The address from the terminal was put into this tab once more, with a newer token.
    if (location.hash.length > 1) return location.reload();
    return state?.name ? page.go(state.name) : page.resume();
  });
  addEventListener("unhandledrejection", () => page.go("problem", { what: "fault" }));
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  await page.begin();
}

await main();
