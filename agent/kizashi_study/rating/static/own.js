// After the last clip: the rater's own total, once and only if they want.

import { actions, button, heading, make } from "./dom.js";

export function own(page, { highest }) {
  const { say } = page.words;
  const draft = page.draft("own", { instrument: "", total: "" });
  const instrument = make(
    "select",
    { id: "instrument", autocomplete: "off" },
    make("option", { value: "" }, say("own.none")),
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
  const field = make("div", { class: "field" }, label, total);
  const choice = make(
    "div",
    { class: "field" },
    make("label", { for: "instrument" }, say("own.instrument")),
    instrument,
  );
  // Without a questionnaire there is no place for a total.
  const place = () => {
    unmark();
    if (instrument.value === "") return field.remove();
    label.textContent = say("own.total", { highest: highest[instrument.value] });
    return choice.after(field);
  };
  const unmark = () => {
    field.querySelector(".missing")?.remove();
    total.removeAttribute("aria-describedby");
  };
  instrument.addEventListener("change", () => {
    total.value = "";
    place();
  });
  const finish = () => {
    const most = highest[instrument.value];
    const value = total.value.trim() === "" ? NaN : Number(total.value);
    unmark();
    if (instrument.value !== "" && !(Number.isInteger(value) && value >= 0 && value <= most)) {
      const told = say("own.total_wrong", { highest: most });
      field.append(make("span", { class: "missing", id: "total-wrong", role: "alert" }, told));
      total.setAttribute("aria-describedby", "total-wrong");
      return total.focus();
    }
    const questionnaire =
      instrument.value === "" ? null : { instrument: instrument.value, total: value };
    return page.send("own", { questionnaire }, row);
  };
  const row = actions(button(say("own.finish"), "primary", finish));
  instrument.value = draft.instrument;
  total.value = draft.total;
  const nodes = [
    heading(say("own.title")),
    make("p", { class: "lead" }, say("own.lead")),
    make("p", {}, say("own.kept")),
    make("div", {}, choice),
    row,
  ];
  place();
  return {
    nodes,
    leave: () => Object.assign(draft, { instrument: instrument.value, total: total.value }),
  };
}
