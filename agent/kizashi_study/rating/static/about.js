// Before the first clip: what is asked of a rater, and once, if they want, their own total.

import { actions, button, heading, make, paragraphs } from "./dom.js";

export function about(page, { highest }) {
  const { say } = page.words;
  const instrument = make(
    "select",
    { id: "instrument", autocomplete: "off" },
    make("option", { value: "" }, say("about.none")),
    Object.keys(highest).map((each) => make("option", { value: each }, each)),
  );
  const total = make("input", {
    id: "total",
    type: "number",
    inputmode: "numeric",
    min: 0,
    step: 1,
    autocomplete: "off",
  });
  const label = make("label", { for: "total" });
  const field = make("div", { class: "field", hidden: true }, label, total);
  instrument.addEventListener("change", () => {
    field.hidden = instrument.value === "";
    field.querySelector(".missing")?.remove();
    total.value = "";
    if (!field.hidden) label.textContent = say("about.total", { highest: highest[instrument.value] });
  });
  const begin = () => {
    const most = highest[instrument.value];
    const value = total.value.trim() === "" ? NaN : Number(total.value);
    field.querySelector(".missing")?.remove();
    total.removeAttribute("aria-describedby");
    if (instrument.value !== "" && !(Number.isInteger(value) && value >= 0 && value <= most)) {
      const told = say("about.total_wrong", { highest: most });
      field.append(make("span", { class: "missing", id: "total-wrong", role: "alert" }, told));
      total.setAttribute("aria-describedby", "total-wrong");
      return total.focus();
    }
    const questionnaire =
      instrument.value === "" ? null : { instrument: instrument.value, total: value };
    return page.send("about", { questionnaire }, row);
  };
  const row = actions(button(say("about.begin"), "primary", begin));
  return {
    nodes: [
      heading(say("about.title")),
      make("p", { class: "lead" }, say("about.lead")),
      ...paragraphs(say("about.first"), say("about.pause")),
      make("h2", {}, say("about.own_title")),
      make("p", {}, say("about.own")),
      make(
        "div",
        { class: "field" },
        make("label", { for: "instrument" }, say("about.instrument")),
        instrument,
      ),
      field,
      row,
    ],
  };
}
