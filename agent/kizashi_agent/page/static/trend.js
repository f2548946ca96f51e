// The person's own checks over time: the answer of each, and where they lie in their own range.

import { draw, make } from "./dom.js";

const LANES = ["more", "about_as_many", "fewer", "none"];
const LANE = 34;
const HIGH = 140;

/** Above and below the range and the dots, so that the range is seen to end. */
const EDGE = 22;
const LEAST_STEP = 30;

/** One dot a check in the lane of its answer; `entries` have a time and a band or null. */
export function trend(words, entries) {
  const { say } = words;
  const told = words.joined(
    entries.map(({ time, band }) =>
      say("history.told", { day: words.day(time), band: say(`band.${band ?? "none"}`) }),
    ),
  );
  const lane = (each) => LANE * (LANES.indexOf(each.band ?? "none") + 0.5);
  return make(
    "figure",
    { class: "trend" },
    make(
      "div",
      { class: "lanes", "aria-hidden": "true" },
      LANES.map((each) => make("span", {}, say(`band.${each}`))),
    ),
    picture(
      say("history.picture"),
      told,
      LANE * LANES.length,
      LANES.map((_, place) => across(LANE * (place + 0.5))),
      entries.map((each) => ({ y: lane(each), kind: each.band === null ? "dot open" : "dot" })),
    ),
    days(words, entries.map((each) => each.time)),
  );
}

/** The study's movements together over the checks, and the person's usual range of them. */
export function ownRange(words, { together, text, times }) {
  const { values, low, high } = together;
  const least = Math.min(low, ...values);
  const most = Math.max(high, ...values);
  const place = (value) => HIGH - EDGE - ((value - least) / (most - least)) * (HIGH - 2 * EDGE);
  const newest = values.length - 1;
  const usual = draw("rect", {
    class: "usual",
    y: place(high),
    width: "100%",
    height: place(low) - place(high),
  });
  return make(
    "figure",
    { class: "trend own" },
    make("div", { class: "lanes", "aria-hidden": "true" }, words.say("history.usual")),
    picture(
      words.say("history.baseline"),
      text[0],
      HIGH,
      [usual],
      values.map((value, index) => ({
        y: place(value),
        kind: index === newest ? "dot" : "dot open",
      })),
    ),
    days(words, times),
  );
}

/** The days of the first check and the newest, under their dots. */
function days({ shortDay }, times) {
  const ends = times.length > 1 ? [times[0], times.at(-1)] : times;
  return make(
    "div",
    { class: "axis", "aria-hidden": "true" },
    ends.map((each) => make("span", {}, shortDay(each))),
  );
}

/** Dots side by side, as wide as there is room; where there is too little, the newest are seen. */
function picture(title, desc, high, ground, dots) {
  const drawn = draw(
    "svg",
    { width: "100%", height: high, role: "img" },
    draw("title", {}, title),
    draw("desc", {}, desc),
    ...ground,
    dots.map(({ y, kind }, index) =>
      draw("circle", { class: kind, cx: `${((index + 0.5) / dots.length) * 100}%`, cy: y, r: 7 }),
    ),
  );
  drawn.style.minInlineSize = `${dots.length * LEAST_STEP}px`;
  const scrolled = make(
    "div",
    { class: "scrolled", role: "region", "aria-label": title, tabindex: "0" },
    drawn,
  );
  requestAnimationFrame(() => (scrolled.scrollLeft = scrolled.scrollWidth));
  return scrolled;
}

function across(y) {
  return draw("line", { class: "lane", x2: "100%", y1: y, y2: y });
}
