// The person's own checks over time: the answer of each, and where they lie in their own range.

import { draw, make } from "./dom.js";

const LANES = ["more", "about_as_many", "fewer", "none"];
const LANE = 34;
const LEFT = 8;
const STEP = 44;
const LEAST_WIDE = 300;
const HIGH = 120;

/** One dot a check in the lane of its answer; `entries` have a time and a band or null. */
export function trend(words, entries) {
  const { say } = words;
  const told = entries
    .map(({ time, band }) =>
      say("history.told", { day: words.day(time), band: say(`band.${band ?? "none"}`) }),
    )
    .join(" ");
  const high = (each) => LANE * (LANES.indexOf(each.band ?? "none") + 0.5);
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
      entries.length,
      LANE * LANES.length,
      (width) => LANES.map((_, lane) => across(width, LANE * (lane + 0.5))),
      entries.map((each) => dot(high(each), each.band === null ? "dot open" : "dot")),
    ),
  );
}

/** The study's movements together over the checks, and the person's usual range of them. */
export function ownRange(words, { times, together, text }) {
  const { values, low, high } = together;
  const least = Math.min(low, ...values);
  const most = Math.max(high, ...values);
  const place = (value) => HIGH - 12 - ((value - least) / (most - least)) * (HIGH - 24);
  return make(
    "figure",
    { class: "trend own" },
    make(
      "figcaption",
      { class: "lanes", "aria-hidden": "true" },
      words.say("history.usual"),
    ),
    picture(
      words.say("history.baseline"),
      text,
      times.length,
      HIGH,
      (width) => [
        draw("rect", {
          class: "usual",
          x: 0,
          y: place(high),
          width,
          height: place(low) - place(high),
        }),
      ],
      values.map((value, index) => dot(place(value), index === times.length - 1 ? "dot" : "dot open")),
    ),
  );
}

/** A picture as wide as its dots need, which scrolls in itself. */
function picture(title, desc, count, high, ground, dots) {
  const width = Math.max(LEFT * 2 + STEP * count, LEAST_WIDE);
  return make(
    "div",
    { class: "scrolled", role: "region", "aria-label": title, tabindex: "0" },
    draw(
      "svg",
      { viewBox: `0 0 ${width} ${high}`, width, role: "img" },
      draw("title", {}, title),
      draw("desc", {}, desc),
      ...ground(width),
      dots.map((each, index) => each(LEFT + STEP * (index + 0.5))),
    ),
  );
}

function across(width, high) {
  return draw("path", { class: "lane", d: `M0 ${high}H${width}` });
}

function dot(y, kind) {
  return (x) => draw("circle", { class: kind, cx: x, cy: y, r: 7 });
}
