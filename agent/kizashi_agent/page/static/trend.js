// The person's own checks over time: one dot a check in the lane of its answer.

import { draw, make } from "./dom.js";

const LANES = ["more", "about_as_many", "fewer", "none"];
const LANE = 34;
const LEFT = 8;
const STEP = 44;

/** The dots, oldest first and newest last; `entries` have a time and a band or null. */
export function trend(words, entries) {
  const { say, day } = words;
  const width = Math.max(LEFT * 2 + STEP * entries.length, 300);
  const places = entries.map((each, index) => [
    LEFT + STEP * (index + 0.5),
    LANE * (LANES.indexOf(each.band ?? "none") + 0.5),
  ]);
  const title = say("history.picture");
  return make(
    "figure",
    { class: "trend" },
    make(
      "div",
      { class: "lanes", "aria-hidden": "true" },
      LANES.map((each) => make("span", {}, say(`band.${each}`))),
    ),
    make(
      "div",
      { class: "scrolled", role: "region", "aria-label": title, tabindex: "0" },
      draw(
        "svg",
        { viewBox: `0 0 ${width} ${LANE * LANES.length}`, width, role: "img" },
        draw("title", {}, title),
        draw("desc", {}, entries.map((each) => told(words, each)).join(" ")),
        LANES.map((_, lane) =>
          draw("path", { class: "lane", d: `M0 ${LANE * (lane + 0.5)}H${width}` }),
        ),
        places.map(([x, y], index) =>
          draw(
            "circle",
            { class: entries[index].band === null ? "dot open" : "dot", cx: x, cy: y, r: 7 },
            draw("title", {}, `${day(entries[index].time)}`),
          ),
        ),
      ),
    ),
  );
}

function told({ say, day }, { time, band }) {
  return say("history.told", { day: day(time), band: say(`band.${band ?? "none"}`) });
}
