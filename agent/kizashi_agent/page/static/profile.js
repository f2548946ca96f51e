// The person's own profile: one line a movement over the recording, as pictures and as a table.

import { draw, folded, make, table } from "./dom.js";

const HIGH = 24;

/** Strengths go from 0 to 5; where none comes near that, the lines of a picture are drawn larger
 * alike, up to the next whole step. */
const LEAST_SCALE = 2;
const NAMED_PEAK = 0.5;

/** The study's movements first and large, the others folded away, and all of them as a table. */
export function profile(words, { seconds, units }) {
  const { say } = words;
  const study = units.filter((each) => each.study);
  const others = units.filter((each) => !each.study);
  return [
    rows(words, seconds, study, "profile study"),
    folded(
      say("profile.others", { count: others.length }),
      rows(words, seconds, others, "profile"),
    ),
    folded(say("profile.as_table"), asTable(words, units)),
  ];
}

function rows(words, seconds, units, kind) {
  const strongest = Math.max(...units.flatMap((each) => each.intensity ?? []));
  const most = Math.max(LEAST_SCALE, Math.ceil(strongest));
  return make(
    "div",
    { class: kind },
    units.map((each) => row(words, seconds, each, most)),
    axis(words, seconds),
    make("p", { class: "scale" }, scale(words, units, most)),
  );
}

/** What the height of a line means, and a mark where there is no line. */
function scale({ say, number, joined }, units, most) {
  const sentences = [say("profile.scale", { most: number(most) })];
  if (units.some((each) => each.intensity === null)) sentences.push(say("profile.marks"));
  return joined(sentences);
}

function row(words, seconds, unit, most) {
  const seen = words.say("profile.share", { seen: words.share(unit.presence_rate) });
  return make(
    "div",
    { class: "unit" },
    make(
      "div",
      { class: "unit-name", "aria-hidden": "true" },
      make("span", {}, unit.name),
      make("span", { class: "unit-seen" }, seen),
    ),
    picture(words, seconds, unit, most),
  );
}

function picture(words, seconds, unit, most) {
  const from = seconds[0] ?? 0;
  const length = Math.max((seconds.at(-1) ?? 0) - from, 0.001);
  const across = (at) => ((at - from) / length) * 100;
  const parts =
    unit.intensity === null
      ? [draw("path", { class: "seen alone", d: spans(seconds, unit.present, across) })]
      : [
          draw("path", { class: "step", d: steps(most) }),
          draw("path", { class: "area", d: area(seconds, unit.intensity, across, most) }),
          draw("path", { class: "line", d: line(seconds, unit.intensity, across, most) }),
        ];
  return draw(
    "svg",
    { viewBox: `0 0 100 ${HIGH}`, preserveAspectRatio: "none", role: "img" },
    draw("title", {}, unit.name),
    draw("desc", {}, described(words, seconds, unit)),
    draw("path", { class: "ground", d: `M0 ${HIGH - 0.5}H100` }),
    ...parts,
  );
}

/** One sentence for who hears the picture. */
function described({ say, share, number }, seconds, unit) {
  const seen = share(unit.presence_rate);
  const strengths = (unit.intensity ?? []).map((each) => each ?? 0);
  const peak = Math.max(0, ...strengths);
  if (peak < NAMED_PEAK) return say("profile.seen", { seen });
  const at = seconds[strengths.indexOf(peak)] - seconds[0];
  return say("profile.seen_strongest", { seen, at: number(Math.round(at)) });
}

/** Pieces of a curve as points in the picture: where a frame was not measured is no point. */
function pieces(seconds, values, across, most) {
  const found = [];
  let open = false;
  values.forEach((value, index) => {
    if (value !== null && !open) found.push([]);
    open = value !== null;
    if (open) {
      found.at(-1).push([fixed(across(seconds[index])), fixed(height(value, most))]);
    }
  });
  return found;
}

function height(value, most) {
  return HIGH - 1 - (value / most) * (HIGH - 2);
}

/** A line across at each whole strength. */
function steps(most) {
  const whole = Array.from({ length: most }, (_, below) => below + 1);
  return whole.map((each) => `M0 ${fixed(height(each, most))}H100`).join("");
}

function line(...course) {
  return pieces(...course)
    .map((points) => `M${points.join("L")}`)
    .join("");
}

function area(...course) {
  const ground = HIGH - 0.5;
  return pieces(...course)
    .map((points) => {
      const [from] = points[0];
      const [until] = points.at(-1);
      return `M${from},${ground}L${points.join("L")}L${until},${ground}Z`;
    })
    .join("");
}

/** Bars where a movement without a strength was seen. */
function spans(seconds, present, across) {
  const each = seconds.length > 1 ? seconds[1] - seconds[0] : 0;
  return seconds
    .filter((_, index) => present[index])
    .map((at) => `M${fixed(across(at))} ${HIGH - 9}H${fixed(Math.min(100, across(at + each)))}`)
    .join("");
}

function axis({ say, number }, seconds) {
  const length = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
  return make(
    "div",
    { class: "axis", "aria-hidden": "true" },
    make("span", {}, say("profile.seconds", { at: number(0) })),
    make("span", {}, say("profile.seconds", { at: number(Math.round(length / 2)) })),
    make("span", {}, say("profile.seconds", { at: number(Math.round(length)) })),
  );
}

function asTable({ say, share, number }, units) {
  return table(
    say("profile.table"),
    [say("profile.movement"), say("profile.share_seen"), say("profile.strength")],
    units.map((each) => [
      each.name,
      share(each.presence_rate),
      each.intensity === null ? say("profile.no_strength") : number(each.mean),
    ]),
  );
}

function fixed(value) {
  return value.toFixed(2);
}
