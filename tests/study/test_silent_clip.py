"""What of a clip reaches a browser: its picture, frame for frame, and nothing else."""

import contextlib
import os
import tracemalloc
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kizashi_agent.capture import VideoFile
from kizashi_study.errors import NotPlayable
from kizashi_study.rating.silencing import silent_clip

from tests.agent.generated_video import write_video
from tests.study.rated import (
    NAME,
    SOUND,
    add_sound_to_mp4,
    add_sound_to_webm,
    element,
    inside,
    write_playable,
)

CLIPS = os.environ.get("KIZASHI_CLIPS")
KINDS = pytest.mark.parametrize(
    ("suffix", "add_sound"), [("mp4", add_sound_to_mp4), ("webm", add_sound_to_webm)]
)


def whole(path: Path) -> bytes:
    """All that is served of a clip."""
    clip = silent_clip(path)
    data = b"".join(clip.read(0, clip.size))
    assert len(data) == path.stat().st_size
    return data


def pictures(path: Path, most: int | None = None) -> list[bytes]:
    """Every frame, or the first of them, decoded."""
    with VideoFile(path) as video:
        return [frame.image.tobytes() for frame in islice(video, most)]


@KINDS
def test_sound_and_names_stay_on_disk(
    tmp_path: Path, suffix: str, add_sound: Callable[[Path], Path]
) -> None:
    """No sample of a sound track, no such track, no name and no time is served; every frame is."""
    path = add_sound(write_playable(tmp_path / f"clip.{suffix}"))
    assert SOUND[:8] in path.read_bytes()
    assert path.read_bytes().count(NAME[:4]) > 6
    served = whole(path)
    assert SOUND[:8] not in served
    assert b"soun" not in served
    assert NAME[:4] not in served
    silent = tmp_path / f"silent.{suffix}"
    silent.write_bytes(served)
    assert pictures(silent) == pictures(path)


@KINDS
def test_a_part_is_that_part_of_the_whole(
    tmp_path: Path, suffix: str, add_sound: Callable[[Path], Path]
) -> None:
    """Wherever a range begins and ends."""
    path = add_sound(write_playable(tmp_path / f"clip.{suffix}"))
    clip, served = silent_clip(path), whole(path)
    for start, end in np.sort(np.random.default_rng(7).integers(0, clip.size, (300, 2))).tolist():
        assert b"".join(clip.read(start, end)) == served[start:end]


def test_what_browsers_may_not_play_is_told(tmp_path: Path) -> None:
    """Another codec, another container, another file."""
    write_video(tmp_path / "old.mp4", [50] * 5)
    write_video(tmp_path / "old.avi", [50] * 5, codec="MJPG")
    (tmp_path / "text.mp4").write_bytes(b"no video at all")
    for name, told in (("old.mp4", "mp4v"), ("old.avi", "none of them"), ("text.mp4", "none of")):
        with pytest.raises(NotPlayable) as caught:
            silent_clip(tmp_path / name)
        assert told in caught.value.person
        assert "H.264" in caught.value.person
    with pytest.raises(NotPlayable, match="cannot be shown"):
        silent_clip(tmp_path / "nowhere.mp4")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One clip of each kind, with sound."""
    folder = tmp_path_factory.mktemp("sound")
    return {
        "mp4": add_sound_to_mp4(write_playable(folder / "clip.mp4")).read_bytes(),
        "webm": add_sound_to_webm(write_playable(folder / "clip.webm")).read_bytes(),
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(["mp4", "webm"]),
    places=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    put=st.binary(max_size=12),
)
def test_a_damaged_clip_is_shown_silent_or_not_at_all(
    sound: dict[str, bytes], tmp_path: Path, suffix: str, places: tuple[float, float], put: bytes
) -> None:
    """Cut off and overwritten anywhere, it is refused, or what is not its picture stays away."""
    cut, at = places
    data = bytearray(sound[suffix][: int(len(sound[suffix]) * cut)])
    start = int(len(data) * at)
    data[start : start + len(put)] = put
    path = tmp_path / f"damaged.{suffix}"
    path.write_bytes(data)
    with contextlib.suppress(NotPlayable):
        assert b"second group" not in whole(path)


def test_a_clip_that_is_swapped_is_not_read(tmp_path: Path) -> None:
    """Nor one written over, though length and time of the last change stay."""
    path = write_playable(tmp_path / "clip.mp4")
    clip, state = silent_clip(path), path.stat()
    read = clip.read(0, clip.size)
    path.write_bytes(bytes(state.st_size))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert not clip.is_as_it_was()
    with pytest.raises(OSError, match="changed"):
        next(read)


def test_a_count_that_the_file_cannot_hold_fills_no_memory(tmp_path: Path) -> None:
    """A small file that says to have four thousand million samples is damaged."""
    path = write_playable(tmp_path / "clip.mp4")
    data = bytearray(path.read_bytes())
    at = data.index(b"stsz") + 8
    data[at : at + 8] = b"\0\0\0\1\xff\xff\xff\xff"
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(NotPlayable) as caught:
        silent_clip(path)
    assert "damaged" in caught.value.person
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_two_tracks_of_one_number_are_refused(tmp_path: Path) -> None:
    """Nobody could tell the blocks of the sound from those of the picture."""
    path = add_sound_to_webm(write_playable(tmp_path / "clip.webm"))
    data = path.read_bytes()
    sound = element(0xAE, element(0xD7, b"\1") + element(0x83, b"\2"))
    start, end = inside(data, b"\x16\x54\xae\x6b", 100)
    path.write_bytes(data[: start - 12] + element(0x1654AE6B, data[start:end] + sound) + data[end:])
    with pytest.raises(NotPlayable):
        silent_clip(path)


@pytest.mark.clips
@pytest.mark.skipif(CLIPS is None, reason="no research clips: set KIZASHI_CLIPS to their folder")
def test_clips_of_many_makers_keep_their_picture(tmp_path: Path) -> None:
    """Whatever wrote them, their first second is the same and no sound track is left."""
    shown = 0
    for path in sorted(Path(CLIPS or "").iterdir()):
        try:
            served = whole(path)
        except NotPlayable:
            continue
        silent = tmp_path / path.name
        silent.write_bytes(served)
        assert pictures(silent, 30) == pictures(path, 30)
        assert b"soun" not in served
        shown += 1
    assert shown > 20
