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
NAME = b"p01 is in the second group"
"""What nobody who rates may read; a clip of a test with sound has it wherever there is room."""
SCORES = {item: place for place, item in enumerate(ITEMS, 1)}
PEOPLE = ("p01", "p02")


def write_playable(path: Path) -> Path:
    """A clip that browsers play, by its suffix: WebM or MP4, of VP9 and without sound."""
    return write_video(path, LEVELS, codec="VP90" if path.suffix == ".webm" else "vp09")


def box(kind: bytes, content: bytes) -> bytes:
    """One box of an MP4."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """Boxes of an MP4 in turn, with what they hold."""
    found = []
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        found.append((kind, data[8:size]))
        data = data[size:]
    return found


def named(kind: bytes, data: bytes) -> bytes:
    """A box of a video track with a name wherever a maker may leave one, or a time."""
    if kind in {b"trak", b"mdia", b"minf", b"stbl", b"edts"}:
        beside = box(b"udta", box(b"name", NAME)) + box(b"uuid", NAME) + box(b"free", NAME)
        return box(kind, b"".join(named(*each) for each in boxes(data)) + beside)
    if kind in {b"mvhd", b"tkhd", b"mdhd"}:
        data = data[:4] + NAME[:8] + data[12:]  # when the clip was made, and last changed
    if kind == b"mvhd":
        data = data[:72] + NAME[:24] + data[96:]  # reserved; QuickTime has moments there
    if kind == b"hdlr":
        data = data[:24] + NAME + b"\0"
    if kind == b"dinf":
        data = box(b"dref", bytes(7) + b"\1" + box(b"alis", bytes(4) + NAME))
    if kind in {b"stts", b"stsc", b"stsz", b"stco"}:
        data += NAME  # behind the last row
    if kind == b"stsd":
        entry = data[16:]
        entry = entry[:10] + NAME[:14] + entry[24:42] + b"\x1a" + NAME.ljust(31) + entry[74:]
        entry += box(b"colr", b"prof" + NAME) + box(b"meta", NAME)
        data = data[:8] + box(data[12:16], entry)
    return box(kind, data)


def add_sound_to_mp4(path: Path) -> Path:
    """Puts sound and names into an MP4 of one track that ends with its `moov`."""
    *film, (kind, moov) = boxes(path.read_bytes())
    assert kind == b"moov"
    handler = box(b"hdlr", bytes(8) + b"soun" + bytes(12) + b"sound\0")
    track = box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", handler))
    title = box(b"udta", box(b"\xa9nam", NAME))
    samples = box(b"mdat", SOUND)
    picture = b"".join(named(*each) for each in boxes(moov))
    before = b"".join(box(*each) for each in film)  # no chunk of the picture may move
    path.write_bytes(before + samples + box(b"meta", NAME) + box(b"moov", title + picture + track))
    return path


def element(kind: int, content: bytes) -> bytes:
    """One element of a WebM."""
    size = (1 << 56) | len(content)
    return kind.to_bytes((kind.bit_length() + 7) // 8) + size.to_bytes(8) + content


def inside(data: bytes | bytearray, kind: bytes, after: int = 0) -> tuple[int, int]:
    """Where the content of the first element of a kind begins and ends."""
    at = data.index(kind, after) + len(kind)
    width = 9 - data[at].bit_length()
    size = int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1)
    return at + width, at + width + size


def add_sound_to_webm(path: Path) -> Path:
    """Puts sound and names into a WebM; its segment lasts to the end."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x18\x53\x80\x67") + 4
    data[at : at + 8] = b"\x01" + b"\xff" * 7
    tracks = data.index(b"\x16\x54\xae\x6b", 100)
    start, end = inside(data, b"\x16\x54\xae\x6b", 100)
    of_picture = slice(*inside(data, b"\xae", start))
    entry = bytes(data[of_picture]) + element(0x536E, NAME) + element(0x22B59C, NAME)
    entry += element(0x55EE, b"\1")  # blocks may have one addition
    picture = slice(*inside(data, b"\xa3", data.index(b"\x1f\x43\xb6\x75", end)))
    added = element(0x75A1, element(0xA6, element(0xEE, b"\1") + element(0xA5, NAME)))
    again = element(0xA1, bytes(data[picture])) + added + element(0xEC, NAME)
    block = element(0xA3, b"\x82\0\0\x80" + SOUND)
    grouped = element(0xA0, element(0xA1, b"\x82\0\0\0" + SOUND))
    cluster = element(0x1F43B675, element(0xE7, b"\0") + element(0xA0, again) + block + grouped)
    data[tracks:end] = element(0x1654AE6B, element(0xAE, entry) + element(0xEC, NAME))
    cues = element(0x1C53BB6B, element(0xBB, element(0xB3, NAME)) + element(0xEC, NAME))
    head = element(0x114D9B74, element(0x4DBB, element(0x53AB, NAME)))
    tags = element(0x1254C367, NAME)
    path.write_bytes(bytes(data) + cluster + cues + head + tags)
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
    begun = files.begin(PEOPLE, rater, None)
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
