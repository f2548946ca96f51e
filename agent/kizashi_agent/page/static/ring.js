// The countdown: a ring that empties, and the whole seconds left in its middle.

import { draw, make } from "./dom.js";

const RADIUS = 44;
const AROUND = 2 * Math.PI * RADIUS;

/** A ring of `seconds`, told in whole ones; `second(left)` is called as each of them begins. */
export function ring(seconds, second, clock = performance) {
  const most = Math.round(seconds);
  const rest = draw("circle", {
    class: "rest",
    cx: 50,
    cy: 50,
    r: RADIUS,
    "stroke-dasharray": AROUND,
  });
  const left = make("span", { class: "left", "aria-hidden": "true" }, String(most));
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const ends = clock.now() + seconds * 1000;
  let shown = most;
  let asked = 0;

  function step() {
    const remaining = Math.max(0, (ends - clock.now()) / 1000);
    const whole = Math.min(most, Math.ceil(remaining));
    if (whole !== shown) {
      shown = whole;
      left.textContent = String(whole);
      second(whole);
    }
    const drawn = still.matches ? whole / most : remaining / seconds;
    rest.setAttribute("stroke-dashoffset", AROUND * (1 - drawn));
    asked = remaining > 0 ? requestAnimationFrame(step) : 0;
  }
  asked = requestAnimationFrame(step);

  const node = make(
    "div",
    { class: "ring" },
    draw(
      "svg",
      { viewBox: "0 0 100 100", "aria-hidden": "true" },
      draw("circle", { class: "whole", cx: 50, cy: 50, r: RADIUS }),
      rest,
    ),
    left,
  );
  return { node, stop: () => cancelAnimationFrame(asked) };
}
