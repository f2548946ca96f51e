"""What the page costs, from the camera to the feedback on screen; asserts nothing.

usage: python -m tests.bench.page

Chromium plays the bundled clip as its camera at 30 frames a second before `kizashi page`, a process
of its own, and a real server process answers. Printed are the frames that were lost on the way, the
time that the machine took from the last frame to the feedback on screen (a person reads in between,
and those pauses are left out), and the share of one processor that the page's process took while it
recorded. How busy all processors were is printed too: on a machine that other work keeps busy the
figures say nothing, and one too busy for 24 frames a second gets no summary.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from kizashi_agent.commands.demo import demo_server
from playwright.sync_api import Page

from tests.agent.page.browser import BROWSER, chromium, clip_as_camera
from tests.agent.page.scenes import press, words_of
from tests.agent.page.test_serving import ADDRESS, running

TARGET_MS = 300
PATIENCE = 60_000
TICKS = os.sysconf("SC_CLK_TCK")
WORD = words_of("en")

WATCH = """
window.seen = [];
const note = (what) => window.seen.push([what, performance.now()]);
addEventListener("click", () => note("pressed"), true);
addEventListener("DOMContentLoaded", () =>
  new MutationObserver(() =>
    note(`${document.body.dataset.screen}/${document.body.dataset.phase ?? ""}`),
  ).observe(document.body, { attributes: true }),
);
"""
"""Notes when buttons are pressed and screens and phases come, by the browser's own clock."""

MEASURED = """
async () => {
  const headers = {
    Authorization: `Bearer ${sessionStorage.getItem("kizashi.token")}`,
    "X-Kizashi-Tab": sessionStorage.getItem("kizashi.tab"),
  };
  return (await fetch("/api/measured", { headers })).json();
}
"""


def main() -> None:
    """Prints every figure."""
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_server() as server,
        running(Path(folder) / "home") as (process, line),
        chromium(clip_as_camera(Path(folder))) as browser,
    ):
        address = ADDRESS.search(line)
        assert address is not None
        page = browser.new_page(locale="en")
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH)
        page.goto(address[0])
        to_the_camera(page, str(server.invite))
        page.locator("body[data-phase=neutral]").wait_for()
        began, used, busy = now(page), used_by(process.pid), busy_seconds()
        page.locator("body:not([data-screen=preview]) main h1").wait_for()
        seconds = (now(page) - began) / 1000
        used, busy = used_by(process.pid) - used, busy_seconds() - busy
        share = busy / seconds / (os.cpu_count() or 1)
        print(f"the page's process took {used / seconds:.0%} of one processor while it recorded")
        print(f"all processors were {share:.0%} busy meanwhile, the browser's among it")
        if page.locator("body[data-screen=measured]").count() == 0:
            print(f"no summary: {page.locator('main').inner_text()}")
            return
        found: dict[str, Any] = page.evaluate(MEASURED)
        print(f"{found['frames']} frames measured, {found['dropped']} lost (target: 0)")
        to_the_feedback(page)
        print(times(page.evaluate("window.seen")))


def to_the_camera(page: Page, invite: str) -> None:
    """From the welcome to a recording under way, as soon as the page lets it begin."""
    press(page, WORD("welcome.go_on"))
    page.get_by_role("textbox").fill(invite)
    for key in ("join.go_programme", "consents.adult", "consents.yes", "consents.yes"):
        press(page, WORD(key))
    press(page, WORD("camera.turn_on"))
    press(page, WORD("camera.start"))


def to_the_feedback(page: Page) -> None:
    """From what was measured, with every button in between."""
    for key in ("measured.review", "review.send", "ready.show"):
        press(page, WORD(key))
    page.locator("body[data-screen=feedback] main h1").wait_for()


def times(seen: list[tuple[str, float]]) -> str:
    """From the last frame to each screen on the way, and all of it together."""
    done = next(at for what, at in seen if what.endswith("/done"))
    measured = next(at for what, at in seen if at > done and what.startswith("measured/"))
    parts = {"the last frame to what was measured": measured - done}
    for screen, pressed in (
        ("ready", "sending to the answer"),
        ("feedback", "asking to seeing it"),
    ):
        shown = next(at for what, at in seen if what.startswith(f"{screen}/"))
        parts[pressed] = shown - max(at for what, at in seen if what == "pressed" and at < shown)
    told = ", ".join(f"{part} {each:.0f} ms" for part, each in parts.items())
    return f"{told}; together {sum(parts.values()):.0f} ms (target: below {TARGET_MS})"


def now(page: Page) -> float:
    """Milliseconds of the browser's clock."""
    found: float = page.evaluate("performance.now()")
    return found


def used_by(process: int) -> float:
    """Seconds of processors that a process has taken (Linux, proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy_seconds() -> float:
    """Seconds that all processors were at work since the machine started (Linux, proc(5))."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / TICKS


if __name__ == "__main__":
    if BROWSER is None:
        raise SystemExit("chromium is needed: apt install chromium, or name one in KIZASHI_BROWSER")
    main()
