// Builds what is on the page. Text only ever becomes text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `attributes` by name, `on` holds listeners, false and null leave one out. */
export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for a part of a picture. */
export function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.flat().filter((each) => each !== null && each !== undefined));
  return element;
}

/** The heading of a screen, which takes the focus when the screen comes. */
export function heading(text, eyebrow = null) {
  return make(
    "div",
    { class: "heading" },
    eyebrow === null ? null : make("p", { class: "eyebrow" }, eyebrow),
    make("h1", { tabindex: "-1" }, ...[text].flat()),
  );
}

/** The name of a field, which may be broken before each of its parts. */
export function breakable(name) {
  return name.split(/(?=[._[])/).flatMap((part) => [make("wbr"), part]);
}

export function paragraphs(...texts) {
  return texts.map((each) => make("p", {}, each));
}

export function list(items, attributes = {}) {
  return make("ul", attributes, items.map((each) => make("li", {}, each)));
}

/** A button; `kind` is "primary", "plain", "danger" or "link". */
export function button(text, kind, pressed, attributes = {}) {
  const own = { type: "button", class: kind, on: { click: pressed } };
  return make("button", { ...own, ...attributes }, text);
}

/** The row of choices at the foot of a screen. */
export function actions(...buttons) {
  return make("div", { class: "actions" }, buttons);
}

/** Names beside what they stand for. */
export function pairs(entries) {
  return make(
    "dl",
    { class: "pairs" },
    entries.map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, value)),
    ),
  );
}

/** What can be unfolded. */
export function folded(summary, ...children) {
  return make("details", {}, make("summary", {}, summary), ...children.flat());
}

/** A set apart note; `kind` is "quiet", "warm" or "alert". */
export function note(kind, ...children) {
  return make("div", { class: `note ${kind}` }, children.flat());
}

/** A table with a caption and a head, its first column naming the row; it scrolls in itself. */
export function table(caption, columns, rows) {
  return make(
    "div",
    { class: "scrolled", role: "region", "aria-label": caption, tabindex: "0" },
    make(
      "table",
      {},
      make("caption", {}, caption),
      make(
        "thead",
        {},
        make("tr", {}, columns.map((each) => make("th", { scope: "col" }, each))),
      ),
      make(
        "tbody",
        {},
        rows.map(([first, ...rest]) =>
          make(
            "tr",
            {},
            make("th", { scope: "row" }, first),
            rest.map((each) => make("td", {}, each)),
          ),
        ),
      ),
    ),
  );
}
