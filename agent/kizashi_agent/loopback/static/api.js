// How the page speaks with the agent on this laptop: JSON, with the token of this visit.

const TOKEN = "kizashi.token";
const TAB = "kizashi.tab";
const LET_GO_MS = 1000;

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

/**
 * What tells this tab from another; it lives as long as the tab. A tab that was duplicated begins
 * with a copy of the other's storage, so each holds a lock on its name: where that is taken, this
 * tab draws another.
 */
export async function tabOf(storage, locks, random = crypto) {
  for (;;) {
    const tab = storage.getItem(TAB) ?? drawn(random);
    storage.setItem(TAB, tab);
    if (await isHeld(locks, `${TAB}.${tab}`)) return tab;
    storage.removeItem(TAB);
  }
}

function drawn(random) {
  return Array.from(random.getRandomValues(new Uint8Array(16)), (each) =>
    each.toString(16).padStart(2, "0"),
  ).join("");
}

/** Takes a lock until the page is left; false where somebody else keeps it. */
function isHeld(locks, name) {
  // A page that is loaded anew may come a moment before its former self has let go.
  const signal = AbortSignal.timeout(LET_GO_MS);
  return new Promise((resolve, reject) => {
    const held = () => {
      resolve(true);
      return new Promise(() => {});
    };
    const failed = (fault) => (fault.name === "TimeoutError" ? resolve(false) : reject(fault));
    locks.request(name, { signal }, held).catch(failed);
  });
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
