"""Clips that a browser plays, a rater at work on them, and the page as it is really served."""

import itertools
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from kizashi_agent.loopback.guard import Rules
from kizashi_agent.loopback.serving import bound, page_server
from kizashi_agent.loopback.ticket import Ticket
from kizashi_study.rating.application import rating_app
from kizashi_study.rating.rater_files import RaterFiles
from kizashi_study.rating.ratings import ITEMS
from kizashi_study.rating.session import RatingWorld, Session
from kizashi_study.rating.silencing import silent_clip

from tests.agent.generated_video import write_video

TOKEN = "token-of-a-test-run-of-the-raters-page"
LEVELS = tuple(range(40, 220, 12))
"""Half a second."""
SOUND = b"what-was-said-in-the-clip" * 20
SCORES = {item: place for place, item in enumerate(ITEMS, 1)}
PEOPLE = ("p01", "p02")


def write_playable(path: Path) -> Path:
    """A clip that browsers play, by its suffix: WebM or MP4, of VP9 and without sound."""
    return write_video(path, LEVELS, codec="VP90" if path.suffix == ".webm" else "vp09")


def box(kind: bytes, content: bytes) -> bytes:
    """One box of an MP4."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def add_sound_to_mp4(path: Path) -> Path:
    """Puts a sound track, its samples and a title into an MP4 that ends with its `moov`."""
    data = path.read_bytes()
    at = data.index(b"moov") - 4
    film, moov = data[:at], data[at + 8 :]
    assert struct.unpack_from(">I", data, at)[0] == len(data) - at
    handler = box(b"hdlr", bytes(8) + b"soun" + bytes(12) + b"sound\0")
    track = box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", handler))
    title = box(b"udta", box(b"\xa9nam", b"p01 is in the second group"))
    samples = box(b"mdat", SOUND)
    path.write_bytes(film + samples + box(b"moov", title + moov + track))
    return path


def element(kind: int, content: bytes) -> bytes:
    """One element of a WebM."""
    size = (1 << 56) | len(content)
    return kind.to_bytes((kind.bit_length() + 7) // 8) + size.to_bytes(8) + content


def add_sound_to_webm(path: Path) -> Path:
    """Puts a cluster of sound, and a title, at the end of a WebM; its segment lasts to the end."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x18\x53\x80\x67") + 4
    data[at : at + 8] = b"\x01" + b"\xff" * 7
    block = element(0xA3, b"\x82\0\0\x80" + SOUND)
    grouped = element(0xA0, element(0xA1, b"\x82\0\0\0" + SOUND))
    cluster = element(0x1F43B675, element(0xE7, b"\0") + block + grouped)
    tags = element(0x1254C367, b"p01 is in the second group")
    path.write_bytes(bytes(data) + cluster + tags)
    return path


@dataclass
class AtWork:
    """A rater at work on two clips."""

    folder: Path
    session: Session
    files: RaterFiles
    seconds: list[float]

    def again(self) -> "AtWork":
        """The program ended, and was started anew."""
        return at_work(self.folder)


def at_work(folder: Path, rater: str = "anna") -> AtWork:
    """`rater` at the clips of `folder`, which are made where they are not there yet."""
    clips = {}
    for each, suffix in zip(PEOPLE, ("webm", "mp4"), strict=True):
        path = folder / f"clip_of_{each}.{suffix}"
        if not path.exists():
            write_playable(path)
        clips[each] = silent_clip(path)
    files = RaterFiles(folder / "ratings" / f"{rater}.csv")
    files.table.parent.mkdir(exist_ok=True)
    begun = files.begin(PEOPLE, rater, 0)
    seconds, numbers = [0.0], itertools.count(70_001)
    world = RatingWorld(files, clips, "en", lambda: next(numbers), lambda: seconds[0])
    return AtWork(folder, Session(world, *begun), files, seconds)


@contextmanager
def served(session: Session) -> Iterator[Rules]:
    """Serves the page as `kizashi study rate` does."""
    with bound(0) as listener:
        rules = Rules(listener.getsockname()[1], TOKEN)
        ready = Event()
        server = page_server(rating_app(session, rules, Ticket("ticket-of-a-test-run")), ready.set)
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert ready.wait(30)
            yield rules
        finally:
            server.should_exit = True
            thread.join()
