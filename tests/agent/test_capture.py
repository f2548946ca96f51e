"""Files and cameras become frames with true timestamps, or an error that says what to do."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.capture import Camera, VideoFile
from kizashi_agent.capture.container import is_video_container
from kizashi_agent.capture.timestamps import RisingTimestamps
from kizashi_agent.errors import InputError
from kizashi_agent.frames import Frame
from kizashi_agent.segments import WARM_UP

from tests.agent.generated_video import QUARTER_TURN, set_matrix, set_steps, write_video


def frames_of(path: Path) -> list[Frame]:
    """All frames of a file."""
    with VideoFile(path) as source:
        return list(source)


def fault_of(path: Path) -> InputError:
    """The error that a file gives."""
    with pytest.raises(InputError) as caught:
        frames_of(path)
    assert caught.value.exit_code == 3
    assert "\n" not in caught.value.person
    return caught.value


def test_frames_come_in_order_with_their_pictures(tmp_path: Path) -> None:
    """Every frame is there once, numbered from 0, its picture the one written."""
    levels = [40, 90, 140, 190, 240]
    frames = frames_of(write_video(tmp_path / "a.mp4", levels))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    seen = [float(frame.image[:, 90:].mean()) for frame in frames]
    assert seen == pytest.approx(levels, abs=6)


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "mp4v"), ("avi", "MJPG"), ("mkv", "mp4v")])
def test_containers_agree_on_time(tmp_path: Path, suffix: str, codec: str) -> None:
    """The same frames at 12 a second have the same timestamps whatever holds them."""
    path = write_video(tmp_path / f"a.{suffix}", [100] * 24, rate=12, codec=codec)
    frames = frames_of(path)
    expected = [index / 12 for index in range(24)]
    # Matroska counts in whole milliseconds.
    assert [frame.timestamp for frame in frames] == pytest.approx(expected, abs=0.001)


def test_a_variable_rate_keeps_its_rhythm(tmp_path: Path) -> None:
    """Timestamps are those in the file, not the index over an average rate."""
    path = write_video(tmp_path / "a.mp4", [100] * 40)
    steps = [1 / 30 if index % 3 else 1 / 10 for index in range(40)]
    set_steps(path, steps)
    expected = np.concatenate([[0], np.cumsum(steps)[:-1]])
    assert [frame.timestamp for frame in frames_of(path)] == pytest.approx(expected, abs=1e-4)


def test_a_turned_recording_is_upright(tmp_path: Path) -> None:
    """A phone's recording with turning metadata comes upright, and its size says so."""
    path = write_video(tmp_path / "a.mp4", [200] * 3)
    set_matrix(path, QUARTER_TURN)
    with VideoFile(path) as source:
        assert source.size == (120, 160)
        first = next(iter(source))
    assert first.image.shape == (160, 120, 3)
    # The left half was black; a quarter turn clockwise puts it on top.
    assert first.image[:70].mean() < 20
    assert first.image[90:].mean() > 180


def test_what_is_announced(tmp_path: Path) -> None:
    """Size, rate and number of frames are told before the first frame is read."""
    with VideoFile(write_video(tmp_path / "a.mp4", [9] * 7, rate=25)) as source:
        assert (source.size, source.nominal_rate, source.announced_frames) == ((160, 120), 25, 7)


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Six hundred frames of 0.9 MB each are read in the memory of a few."""
    script = """
import resource, sys
from pathlib import Path
from kizashi_agent.capture import VideoFile
with VideoFile(Path(sys.argv[1])) as source:
    for frame in source: pass
print(frame.index, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = []
    for count in (60, 600):
        path = write_video(tmp_path / "a.mp4", [50] * count, size=(640, 480))
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
        )
        last, peak = done.stdout.split()
        assert int(last) == count - 1
        peaks.append(int(peak) * 1024)
    assert peaks[1] - peaks[0] < 50 * 640 * 480 * 3


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that is not there says so and names it."""
    fault = fault_of(tmp_path / "gone.mp4")
    assert fault.reason == "FILE_MISSING"
    assert "gone.mp4" in fault.person


def test_an_unreadable_file_says_why() -> None:
    """A file that the system will not hand over is told apart from one that is not a video."""
    # For root too, the start of a process's own memory is a file that exists and cannot be read.
    fault = fault_of(Path("/proc/self/mem"))
    assert fault.reason == "FILE_UNREADABLE"
    assert "Input/output error" in fault.person


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Dear diary, this is a text.",
        b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n",
        b"ffconcat version 1.0\nfile a.mp4\n",
        b"v=0\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        b"\x00\x00\x00\x18ftypmp42" + bytes(64),
    ],
    ids=["empty", "text", "playlist", "list of files", "session", "header alone"],
)
def test_what_is_not_a_video_is_refused(tmp_path: Path, content: bytes) -> None:
    """Neither text, nor a list that names other files or addresses, nor a bare header opens."""
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert fault_of(path).reason == "NOT_A_VIDEO"


def test_a_picture_is_not_a_video(tmp_path: Path) -> None:
    """A photograph is refused, though the decoder could open it."""
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.zeros((20, 20, 3), np.uint8))
    assert fault_of(path).reason == "NOT_A_VIDEO"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_only_regular_files_open(tmp_path: Path, kind: str) -> None:
    """A folder or a pipe is refused without being read."""
    path = tmp_path / "a.mp4"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert fault_of(path).reason == "NOT_A_VIDEO"


def test_an_address_is_only_a_path() -> None:
    """What looks like an address is a file that does not exist, and nothing is asked for it."""
    assert fault_of(Path("http://127.0.0.1:9/a.mp4")).reason == "FILE_MISSING"


def test_a_video_without_frames_is_an_error(tmp_path: Path) -> None:
    """A well-formed file in which no frame decodes has a reason of its own."""
    path = write_video(tmp_path / "a.avi", [100] * 3, codec="MJPG")
    data = bytearray(path.read_bytes())
    start, end = data.index(b"movi") + 4, data.index(b"idx1")
    data[start:end] = bytes(end - start)
    path.write_bytes(data)
    assert fault_of(path).reason == "NO_FRAMES"


def test_the_decoder_prints_nothing(tmp_path: Path) -> None:
    """A damaged file and an absent camera leave the standard error stream empty."""
    path = write_video(tmp_path / "a.mp4", [100] * 20)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 400
    data[start : start + 2000] = os.urandom(2000)
    path.write_bytes(data)
    headless = tmp_path / "b.mp4"
    headless.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(64))
    script = """
import sys
from pathlib import Path
from kizashi_agent.capture import Camera, VideoFile
from kizashi_agent.errors import InputError
for make in (
    lambda: VideoFile(Path(sys.argv[1])),
    lambda: VideoFile(Path(sys.argv[2])),
    lambda: Camera(63, duration=1, clock=lambda: 0.0),
):
    try:
        for _ in make(): pass
    except InputError as error:
        print(error.reason)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(headless)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.split()[-2:] == ["NOT_A_VIDEO", "CAMERA_UNAVAILABLE"]


@given(st.binary(max_size=400))
def test_any_header_can_be_judged(header: bytes) -> None:
    """No content of a file, however short or odd, breaks the judgement of it."""
    assert is_video_container(header) in (True, False)


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=50))
def test_timestamps_always_rise(positions: list[float]) -> None:
    """Whatever a container says, timestamps start at 0 and rise strictly."""
    timestamps = RisingTimestamps(1 / 30)
    result = [timestamps.follow(position) for position in positions]
    assert result[0] == 0
    assert all(later > earlier for earlier, later in itertools.pairwise(result))


def test_lost_positions_go_on_at_the_last_step() -> None:
    """A decoder that says 0 at the end of a file costs no frame and no rhythm."""
    timestamps = RisingTimestamps(1)
    result = [timestamps.follow(position) for position in (0.3, 0.4, 0.5, 0, 0)]
    assert result == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


class FakeCamera:
    """A camera of 20 frames a second that carries its own clock, and may stop or be absent."""

    def __init__(self, *, present: bool = True, frames: int = 1000) -> None:
        self.now = 100.0
        self.present = present
        self.released = False
        self._left = frames

    def open(self, number: int) -> "FakeCamera":
        """Stands in for the opener."""
        return self

    def clock(self) -> float:
        """Seconds as the camera's frames take them."""
        return self.now

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether it is there."""
        return self.present

    def get(self, property_id: int, /) -> float:
        """What it announces."""
        known = {cv2.CAP_PROP_FPS: 20.0, cv2.CAP_PROP_FRAME_WIDTH: 8, cv2.CAP_PROP_FRAME_HEIGHT: 6}
        return known[property_id]

    def set(self, property_id: int, value: float, /) -> bool:
        """Refuses every wish."""
        return False

    def grab(self) -> bool:
        """Takes a twentieth of a second."""
        self.now += 0.05
        self._left -= 1
        return self._left >= 0

    def retrieve(self) -> tuple[bool, object]:
        """Takes a hundredth of a second to decode."""
        self.now += 0.01
        return True, np.full((6, 8, 3), self.now - 100, np.uint8)

    def release(self) -> None:
        """Remembers that it was let go."""
        self.released = True


def camera_over(fake: FakeCamera, *, denied: bool = False) -> Camera:
    """Two seconds of a camera."""
    return Camera(0, duration=2.0, clock=fake.clock, opener=fake.open, is_denied=lambda _: denied)


def test_a_camera_records_for_its_time() -> None:
    """Frames start after the warm-up, at 0, with the time of the grab, and end with the time."""
    fake = FakeCamera()
    with camera_over(fake) as source:
        assert (source.size, source.nominal_rate, source.announced_frames) == ((8, 6), 20, 40)
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert [frame.timestamp for frame in frames] == pytest.approx(
        [0.06 * index for index in range(34)]
    )
    assert frames[0].image[0, 0, 0] == int(WARM_UP)


def test_the_camera_goes_off() -> None:
    """The camera is let go at the end of the context, also when the recording is given up."""
    fake = FakeCamera()
    with camera_over(fake) as source:
        next(iter(source))
        assert not fake.released
    assert fake.released


def test_an_absent_camera_says_so() -> None:
    """A camera that does not open is let go and says what to try."""
    fake = FakeCamera(present=False)
    with pytest.raises(InputError) as caught:
        camera_over(fake)
    assert caught.value.reason == "CAMERA_UNAVAILABLE"
    assert fake.released


@pytest.mark.parametrize("number", [-2, -1, 100, 2**40])
def test_only_a_cameras_number_opens(number: int) -> None:
    """What is no number of a camera never reaches OpenCV, which may crash on it."""
    opened: list[int] = []

    def opener(asked: int) -> FakeCamera:
        opened.append(asked)
        return FakeCamera()

    with pytest.raises(InputError) as caught:
        Camera(number, duration=2.0, clock=lambda: 0.0, opener=opener)
    assert caught.value.reason == "CAMERA_UNAVAILABLE"
    assert opened == []


def test_a_denied_camera_says_so() -> None:
    """A camera that exists but may not be used is told apart from an absent one."""
    with pytest.raises(InputError) as caught:
        camera_over(FakeCamera(present=False), denied=True)
    assert caught.value.reason == "CAMERA_DENIED"


def test_a_camera_that_stops_is_an_error() -> None:
    """A camera unplugged half-way is an error, not a short recording."""
    with camera_over(FakeCamera(frames=30)) as source, pytest.raises(InputError) as caught:
        list(source)
    assert caught.value.reason == "CAMERA_STOPPED"
