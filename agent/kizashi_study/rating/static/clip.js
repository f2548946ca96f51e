// One clip: it is watched to its end, and then seven items are scored, by mouse, touch or keys.

import { actions, button, heading, make, note } from "./dom.js";

export function clip(page, { place, count, clip: number, items, scale }) {
  const { say } = page.words;
  const video = make("video", {
    class: "clip",
    src: `/clip/${number}`,
    preload: "auto",
    playsinline: true,
    disablepictureinpicture: true,
    disableremoteplayback: true,
    "aria-label": say("clip.video", { place, count }),
  });
  video.muted = true; // There is no sound in what is served; this says so to the browser as well.
  const fields = items.map((item) => itemField(page.words, item, scale));
  const play = button(say("clip.play"), "primary", () => start(video));
  const hint = make("p", { class: "hint", id: "watch" }, say("clip.watch"));
  const player = make("div", { class: "player" }, play, hint);
  const scores = make(
    "form",
    { class: "scores", autocomplete: "off" },
    make("h2", {}, say("clip.question")),
    make("p", { class: "small" }, `${say("clip.scale")} ${say("clip.keys")}`),
    make(
      "p",
      { class: "ends", "aria-hidden": "true" },
      make("span", {}, make("span", {}, say("clip.lowest")), make("span", {}, say("clip.highest"))),
    ),
    fields,
  );
  const save = button(say("clip.save"), "primary", () => send(), { disabled: true });
  const row = actions(save);
  const draft = page.draft(number, { watched: false, scores: {} });
  const said = { clip: number };
  let watched = false;
  let sending = false;

  const chosen = () =>
    Object.fromEntries(fields.map((each) => [each.dataset.name, value(each)]));
  const send = async () => {
    const open = fields.find((each) => value(each) === null);
    fields.forEach((each) => mark(page.words, each, each === open));
    if (open !== undefined) return open.querySelector("input").focus();
    if (sending) return undefined;
    sending = true;
    await page.send("rate", { clip: number, scores: chosen() }, row);
    sending = false;
    return undefined;
  };
  const unlock = () => {
    play.disabled = false;
    play.textContent = say("clip.again");
    play.className = "plain";
    watched = true;
    hint.remove();
    fields.forEach((each) => (each.disabled = false));
    save.disabled = false;
  };
  const ended = () => {
    const first = !watched;
    unlock();
    if (!first) return;
    fields[0].querySelector("input").focus({ preventScroll: true });
    scores.scrollIntoView({ block: "nearest" });
  };
  const unplayable = () => {
    const choices = actions(
      button(say("clip.try_again"), "plain", () => page.send("read-anew", said, choices)),
      button(say("clip.leave_out"), "plain", () => page.send("leave-out", said, choices)),
    );
    const told = note(
      "alert",
      make("h2", {}, say("clip.unplayable_title")),
      make("p", {}, say("clip.unplayable")),
      choices,
    );
    told.setAttribute("role", "alert");
    player.replaceWith(told);
    video.hidden = true;
  };
  video.addEventListener("playing", () => {
    play.textContent = say("clip.playing");
    play.disabled = true;
  });
  video.addEventListener("ended", ended);
  video.addEventListener("error", unplayable);

  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.toLowerCase() === "p" && !play.disabled && play.isConnected) return start(video);
    const score = Number(event.key);
    if (!watched || !(score >= scale[0] && score <= scale[1])) return;
    const field = document.activeElement.closest(".item") ?? fields.find((f) => value(f) === null);
    if (field === undefined) return;
    event.preventDefault();
    choose(field, score);
    mark(page.words, field, false);
    const item = field.querySelector("legend").textContent;
    page.tell(say("clip.score_of", { item, score }));
    const next = fields[fields.indexOf(field) + 1];
    (next === undefined ? save : next.querySelector("input:checked, input")).focus();
  };
  document.addEventListener("keydown", pressed);
  scores.addEventListener("submit", (event) => event.preventDefault());
  fields.forEach((each) => each.addEventListener("change", () => mark(page.words, each, false)));
  if (page.sent === "rate") page.tell(say("clip.saved", { place, count }));
  if (draft.watched) {
    unlock();
    fields.forEach((each) => choose(each, draft.scores[each.dataset.name]));
  }
  return {
    nodes: [heading(say("clip.title", { place, count })), video, player, scores, row],
    focus: play,
    leave: () => {
      Object.assign(draft, { watched, scores: chosen() });
      document.removeEventListener("keydown", pressed);
      video.pause();
      video.removeAttribute("src");
      video.load();
    },
  };
}

function start(video) {
  video.currentTime = 0;
  video.play().catch(() => {}); // its "error" tells what is wrong
}

/** One item as a group of radio buttons, none chosen and none to be chosen before the clip's end. */
function itemField({ say }, item, [lowest, highest]) {
  const name = say(`item.${item}`);
  const values = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index);
  const ends = { [lowest]: say("clip.lowest"), [highest]: say("clip.highest") };
  return make(
    "fieldset",
    { class: "item", disabled: true, "data-name": item },
    make("legend", {}, name),
    make(
      "div",
      { class: "scale-of" },
      values.map((each) =>
        make(
          "label",
          { class: "score" },
          make("input", {
            type: "radio",
            name: item,
            value: each,
            autocomplete: "off",
            "aria-label": ends[each] === undefined ? String(each) : `${each}, ${ends[each]}`,
          }),
          make("span", {}, String(each)),
        ),
      ),
    ),
  );
}

function choose(field, score) {
  if (score !== null) field.querySelector(`input[value="${score}"]`).checked = true;
}

function value(field) {
  const chosen = field.querySelector("input:checked");
  return chosen === null ? null : Number(chosen.value);
}

/** Says at the first item without a score that it has none. */
function mark({ say }, field, open) {
  field.querySelector(".missing")?.remove();
  field.removeAttribute("aria-describedby");
  if (!open) return;
  const id = `missing-${field.dataset.name}`;
  field.append(make("span", { class: "missing", id, role: "alert" }, say("clip.missing")));
  field.setAttribute("aria-describedby", id);
}
