"""What the page's camera costs, with a real browser before the bundled clip; asserts nothing.

usage: python -m tests.bench.page

Chromium plays the clip as its camera at 30 frames a second, and the page's own script sends it to a
process of its own, which measures as the page does. Printed are the frames that were lost on the
way, the time from the end of the recording to the word that it was measured, and the share of one
processor that the process took while it recorded. How much of all processors other work had is
printed too: a machine that was busy says nothing, and one too busy for 24 frames a second gets no
summary.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kizashi_agent.extractor import open_extractor
from playwright.sync_api import Page

from tests.agent.page.browser import BROWSER, chromium, clip_as_camera
from tests.agent.page.camera_app import PlayedVisit, served
from tests.agent.page.camera_page import camera_routes

TARGET_MS = 300
ENDS = ("measured", "refused", "interrupted", "closed")
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prints every figure."""
    command = [sys.executable, "-m", "tests.bench.page", "--serve"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
        chromium(clip_as_camera(Path(folder))) as browser,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(process.stdout.readline())
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        until(page, "window.camera !== undefined")
        page.evaluate("camera.open().then(() => camera.record())")
        until(page, "heard.some(each => each.detail.phase === 'neutral')")
        begun, used, busy = page.evaluate("performance.now()"), used_by(process.pid), busy_seconds()
        until(page, f"heard.some(each => {json.dumps(ENDS)}.includes(each.name))")
        seconds = (page.evaluate("performance.now()") - begun) / 1000
        used, busy = used_by(process.pid) - used, busy_seconds() - busy
        heard = page.evaluate("heard")
        counts = page.evaluate("camera.counts")
        process.stdin.close()
        told = json.loads(process.stdout.readline())
    share = busy / seconds / (os.cpu_count() or 1)
    print(f"{browser_words(told, counts)}; all processors were {share:.0%} busy meanwhile")
    print(f"the process took {used / seconds:.0%} of one processor while it recorded")
    print(f"{time_to_measured(heard)} (target: below {TARGET_MS} ms, to feedback on screen)")


def until(page: Page, holds: str) -> None:
    """Returns once this JavaScript holds; asked from outside, as the page's policy forbids eval."""
    while not page.evaluate(holds):
        page.wait_for_timeout(20)


def browser_words(told: dict[str, Any], counts: dict[str, int]) -> str:
    """What became of the frames."""
    script = f"the script sent {counts['sent']} frames in all and dropped {counts['dropped']}"
    if told["frames"] is None:
        return f"no summary ({told['told'][-1]}); {script}"
    return f"{told['frames']} frames measured, {told['dropped']} lost (target: 0); {script}"


def time_to_measured(heard: list[dict[str, Any]]) -> str:
    """From the moment at which the introduction ended to the word that it was measured."""
    ends = [each["detail"]["endsAt"] for each in heard if each["detail"].get("phase") == "speaking"]
    measured = [each["at"] for each in heard if each["name"] in {"measured", "refused"}]
    if not (ends and measured):
        return "the recording did not come to its end"
    return f"{measured[0] - ends[0]:.0f} ms from the end of the recording to its verdict"


def used_by(process: int) -> float:
    """Seconds of processors that a process has taken (Linux, proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy_seconds() -> float:
    """Seconds that all processors were at work since the machine started (Linux, proc(5))."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / TICKS


def serve() -> None:
    """In the process: serves until standard input ends, and tells what became of the recording."""
    visit = PlayedVisit()
    with served(open_extractor(), visit, routes=camera_routes()) as port:
        print(port, flush=True)
        sys.stdin.read()
    frames, dropped = None, None
    if visit.measurement is not None:
        frames, dropped = visit.measurement[0].frames, visit.measurement[2]
    print(json.dumps({"frames": frames, "dropped": dropped, "told": visit.told}), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    elif BROWSER is None:
        raise SystemExit("chromium is needed: apt install chromium, or name one in KIZASHI_BROWSER")
    else:
        main()
