// Every word of the page, in both languages, from words.toml.

/** Both languages' words, by key. */
export async function loadWords() {
  const answer = await fetch("/words.json", { cache: "no-store", credentials: "omit" });
  return answer.json();
}

/** Says things in one language: sentences, numbers and days. */
export function createWords(tables, locale) {
  const table = tables[locale];
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  const shortDays = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

  /** The sentence of this key, with `{name}` replaced by the value of that name. */
  function say(key, values = {}) {
    const sentence = table[key];
    if (sentence === undefined) throw new Error(`no word for ${key}`);
    return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  /** The page's own sentence for a refusal, or the agent's where it has none. */
  function reason(name, message) {
    const key = `refusal.${name}`;
    return table[key] === undefined ? message : table[key];
  }

  return {
    locale,
    reason,
    say,
    known: (key) => table[key] !== undefined,
    joined: (sentences) => sentences.join(locale === "ja" ? "" : " "),
    number: (value) => numbers.format(value),
    share: (value) => shares.format(value),
    day: (seconds) => days.format(new Date(seconds * 1000)),
    shortDay: (seconds) => shortDays.format(new Date(seconds * 1000)),
    moment: (seconds) => moments.format(new Date(seconds * 1000)),
  };
}
