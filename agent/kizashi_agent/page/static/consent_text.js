// The words that somebody agrees to, shown byte for byte as they go into the consent's digest.

import { make } from "./dom.js";

/** The words with their line breaks; the question, which is the first paragraph, stands out. */
export function consentText(text, attributes = {}) {
  const end = text.indexOf("\n\n");
  const question = end < 0 ? text : text.slice(0, end);
  return make(
    "p",
    { class: "consent", ...attributes },
    make("strong", {}, question),
    text.slice(question.length),
  );
}
