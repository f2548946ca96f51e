// How the page speaks with the agent on this laptop: JSON, with the token of this visit.

const TOKEN = "kizashi.token";
const TAB = "kizashi.tab";

/** The agent's answer was no. `reason` is for code, `message` for the person. */
export class Refused extends Error {
  constructor(status, { reason, message, reasons = [] }) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.reasons = reasons;
  }
}

/** The agent did not answer at all: its process has ended. */
export class Gone extends Error {}

/**
 * The token of the address, which leaves the address bar at once. A browser's history may keep the
 * address: the token is worth nothing when the program has ended.
 */
export function takeToken(location, history, storage) {
  const fromAddress = location.hash.slice(1);
  if (/^[A-Za-z0-9_-]{20,}$/.test(fromAddress)) {
    storage.setItem(TOKEN, fromAddress);
    history.replaceState(null, "", location.pathname);
  }
  return storage.getItem(TOKEN);
}

/** The token for the ticket that this address holds, which opens the page once; else nothing. */
export async function openOnce(location, history, storage) {
  const ticket = /^#once=([A-Za-z0-9_-]{20,})$/.exec(location.hash)?.[1];
  if (ticket === undefined) return;
  history.replaceState(null, "", location.pathname);
  const answer = await fetch("/api/open", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket }),
    cache: "no-store",
    credentials: "omit",
  });
  if (answer.ok) storage.setItem(TOKEN, (await answer.json()).token);
}

/** What tells this tab from another; it lives as long as the tab. */
export function tabOf(storage, random = crypto) {
  let tab = storage.getItem(TAB);
  if (tab === null) {
    tab = Array.from(random.getRandomValues(new Uint8Array(16)), (each) =>
      each.toString(16).padStart(2, "0"),
    ).join("");
    storage.setItem(TAB, tab);
  }
  return tab;
}

/** The calls of the agent's API, bound to one token and one tab. */
export function createApi(token, tab) {
  const headers = { Authorization: `Bearer ${token}`, "X-Kizashi-Tab": tab };

  async function answered(path, options) {
    try {
      return await fetch(`/api/${path}`, { ...options, cache: "no-store", credentials: "omit" });
    } catch {
      throw new Gone();
    }
  }

  async function read(answer) {
    const value = await answer.json().catch(() => null);
    if (answer.ok && value !== null) return value;
    throw new Refused(answer.status, value?.error ?? { reason: "UNREADABLE", message: "" });
  }

  return {
    token,
    tab,
    get: async (path) => read(await answered(path, { headers })),
    post: async (path, body = {}) =>
      read(
        await answered(path, {
          method: "POST",
          headers: { ...headers, "Content-Type": "application/json" },
          body: JSON.stringify(body),
        }),
      ),
    /** The answer as a file, and the name that the agent gave it. */
    download: async (path) => {
      const answer = await answered(path, { headers });
      if (!answer.ok) await read(answer);
      return answer.blob();
    },
  };
}
