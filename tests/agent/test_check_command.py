"""`kizashi check` as it is typed: the good way, and every wrong input with its answer."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from kizashi_agent.commands.demo import DemoServer
from kizashi_agent.words import say
from kizashi_models.registry import packaged_folders
from kizashi_protocol import Invite

from tests.agent.command_line import AGREED, Done, kizashi, kizashi_at_a_terminal, kizashi_beside

Image = npt.NDArray[np.uint8]
HERE = ("--local", "--consent", "score", "--adult")


pytestmark = pytest.mark.proof


def refused(done: Done, code: int, *words: str) -> None:
    """Asserts a one-line refusal with this exit code that left nothing behind."""
    assert done.code == code, done.output
    lines = [line for line in done.output.splitlines() if line.startswith("kizashi: ")]
    assert len(lines) == 1, done.output
    assert "Traceback" not in done.output
    for word in words:
        assert word in lines[0], lines[0]
    assert done.left == (), "nothing is left on disk"


def remade(
    clip: Path, path: Path, change: Callable[[Image], Image], frames: int = 405, rate: float = 30
) -> Path:
    """The clip with each frame changed, or fewer of them, or at another rate."""
    source = cv2.VideoCapture(str(clip))
    writer: cv2.VideoWriter | None = None
    for _ in range(frames):
        more, image = source.read()
        if not more:
            break
        changed = change(np.asarray(image, np.uint8))
        if writer is None:
            code = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(path), code, rate, changed.shape[1::-1])
        writer.write(changed)
    assert writer is not None
    writer.release()
    source.release()
    return path


def as_it_is(image: Image) -> Image:
    """No change."""
    return image


def dark(image: Image) -> Image:
    """A fifth of the light."""
    return (image * 0.2).astype(np.uint8)


def far(image: Image) -> Image:
    """The face at less than half its size."""
    small = cv2.resize(image, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
    canvas = np.full_like(image, 128)
    canvas[100 : 100 + small.shape[0], 150 : 150 + small.shape[1]] = small
    return canvas


def doubled(image: Image) -> Image:
    """Two people side by side."""
    return np.hstack([image, image])


def nobody(image: Image) -> Image:
    """A wall."""
    return np.full_like(image, 120)


GATE = {
    "dark": (dark, 246, 30.0, "TOO_DARK"),
    "far": (far, 246, 30.0, "FACE_TOO_SMALL"),
    "two faces": (doubled, 246, 30.0, "SEVERAL_FACES"),
    "nobody": (nobody, 246, 30.0, "NO_FACE"),
    "short": (as_it_is, 120, 30.0, "TOO_SHORT"),
    "slow": (as_it_is, 100, 12.0, "FRAME_RATE_LOW"),
}
"""Just over 8 s, with no neutral part, so that one reason stands alone."""


def test_a_whole_check_answers_as_json(server: DemoServer, clip: Path, tmp_path: Path) -> None:
    """A script gets feedback, sizes, field names and receipts; only the agent's state is kept."""
    words = ("check", "--video", str(clip), "--join", str(server.invite), *AGREED, "--json")
    done = kizashi(tmp_path, *words)
    assert done.code == 0, done.output
    answer = json.loads(done.output)
    assert "not a diagnosis" in " ".join(answer["feedback"]["paragraphs"])
    assert answer["feedback"]["help"]
    assert answer["scored_by"] == "server"
    assert answer["sent"]["acknowledged"] is True
    assert len(answer["sent"]["receipts"]) == 2
    assert "AU25.mean" in answer["sent"]["figures"]
    assert answer["not_sent"]["frames"] == 405
    assert {path.split("/")[0] for path in done.left} == {"state"}

    withdrawn = kizashi(tmp_path, "withdraw", "--all", "--json")
    assert withdrawn.code == 0, withdrawn.output
    assert [each["address"] for each in json.loads(withdrawn.output)["withdrawn"]] == [
        server.invite.address
    ]
    assert "state/ledger/head" in withdrawn.left
    assert "state/seed" in withdrawn.left, "the ledger is read with it"
    again = kizashi(tmp_path, "withdraw", "--all")
    assert say("en", "nothing_to_withdraw") in again.output


def test_a_check_on_the_laptop_sends_and_keeps_nothing(clip: Path, tmp_path: Path) -> None:
    """With --local the same words come back and nothing is left on disk."""
    done = kizashi(tmp_path, "check", "--video", str(clip), *HERE, "--json")
    assert done.code == 0, done.output
    answer = json.loads(done.output)
    assert answer["scored_by"] == "device"
    assert answer["sent"] is None
    assert done.left == ()


def test_a_person_is_asked_in_words_and_in_their_language(
    server: DemoServer, clip: Path, tmp_path: Path
) -> None:
    """At a terminal each consent is asked apart, and the feedback comes in Japanese."""
    words = ("--language", "ja", "check", "--video", str(clip), "--join", str(server.invite))
    done = kizashi_at_a_terminal(tmp_path, ["y", "y", "y"], *words)
    assert done.code == 0, done.output
    assert done.output.count(say("ja", "agree_question")) == 2
    assert "診断ではありません" in done.output


@pytest.mark.parametrize("answers", [["n"], ["y", "n"], ["y", "y", "n"]])
def test_a_no_ends_it_without_a_trace(
    server: DemoServer, clip: Path, tmp_path: Path, answers: list[str]
) -> None:
    """Refusing age or either consent ends the check with exit code 5 and nothing on disk."""
    words = ("check", "--video", str(clip), "--join", str(server.invite))
    done = kizashi_at_a_terminal(tmp_path, answers, *words)
    assert done.code == 5, done.output
    assert "nothing" in done.output.lower()
    assert done.left == ()


def test_what_was_typed_before_a_question_is_no_answer(
    server: DemoServer, clip: Path, tmp_path: Path
) -> None:
    """Nobody agrees to what they have not been shown."""
    words = ("check", "--video", str(clip), "--join", str(server.invite))
    done = kizashi_at_a_terminal(tmp_path, ["n"], *words, ahead=b"y\ny\ny\ny\ny\n")
    assert done.code == 5, done.output
    assert done.left == ()


@pytest.mark.parametrize("how", GATE)
def test_a_recording_that_is_not_fit_is_refused_with_its_reason(
    clip: Path, tmp_path: Path, how: str
) -> None:
    """The gate's reason is told to a script by name and to a person in a sentence."""
    change, frames, rate, reason = GATE[how]
    video = remade(clip, tmp_path / "remade.mp4", change, frames, rate)
    home = tmp_path / "home"
    done = kizashi(home, "check", "--video", str(video), "--no-neutral", *HERE, "--json")
    error = json.loads(done.output)["error"]
    assert (done.code, error["exit_code"]) == (4, 4)
    assert error["reasons"] == [reason]
    assert error["message"]
    assert done.left == ()


def test_a_short_recording_is_told_in_one_line(clip: Path, tmp_path: Path) -> None:
    """A person reads one line that says what to do."""
    video = remade(clip, tmp_path / "short.mp4", as_it_is, 100)
    refused(kizashi(tmp_path / "home", "check", "--video", str(video), *HERE), 4, "too short")


def test_a_wrong_file_is_told_before_any_question(tmp_path: Path) -> None:
    """A missing file, a text and an empty video end with exit code 3."""
    text, home = tmp_path / "notes.mp4", tmp_path / "home"
    text.write_text("no video")
    refused(kizashi(home, "check", "--video", str(tmp_path / "none.mp4"), *HERE), 3, "none.mp4")
    refused(kizashi(home, "check", "--video", str(text), *HERE), 3, "notes.mp4")
    refused(kizashi(home, "check", "--camera", "99", *HERE), 3, "99")
    refused(kizashi(home, "check", "--video", str(tmp_path), *HERE), 3)


def test_wrong_trust_is_told_and_nothing_is_sent(
    server: DemoServer, clip: Path, tmp_path: Path
) -> None:
    """No pin, a wrong pin, an unreadable invite and an unknown programme end with exit code 8."""
    check = ("check", "--video", str(clip), *AGREED)
    right = server.invite
    wrong_root = Invite(right.host, right.port, right.programme_id, bytes(32))
    wrong_programme = Invite(right.host, right.port, "another", right.root_fingerprint)
    refused(kizashi(tmp_path, *check), 8, "--join")
    refused(kizashi(tmp_path, *check, "--join", str(wrong_root)), 8, "invite")
    refused(kizashi(tmp_path, *check, "--join", "kizashi://here"), 8, "invite")
    refused(kizashi(tmp_path, *check, "--join", str(wrong_programme)), 8, "another")


def test_a_server_that_is_away_is_told(server: DemoServer, clip: Path, tmp_path: Path) -> None:
    """Nobody at the address ends with exit code 7, before anything is measured."""
    right = server.invite
    away = Invite("127.0.0.1", 9, right.programme_id, right.root_fingerprint)
    done = kizashi(tmp_path, "check", "--video", str(clip), *AGREED, "--join", str(away))
    refused(done, 7, "127.0.0.1:9")


def test_consent_on_the_command_line_must_be_whole(
    server: DemoServer, clip: Path, tmp_path: Path
) -> None:
    """A missing scope, an unknown one, no age or nobody to ask end with exit code 5."""
    check = ("check", "--video", str(clip), "--join", str(server.invite))
    refused(kizashi(tmp_path, *check, "--consent", "score", "--adult"), 5, "feedback")
    refused(kizashi(tmp_path, *check, "--consent", "score,feedback"), 5, "--adult")
    refused(kizashi(tmp_path, *check, "--consent", "score,feedback,x", "--adult"), 5, "x")
    refused(kizashi(tmp_path, *check), 5, "--consent")


def test_a_changed_model_is_refused(clip: Path, tmp_path: Path) -> None:
    """A network whose bytes are not those of its card ends with exit code 6."""
    package = Path(str(packaged_folders()[0])).parent
    copy = tmp_path / "site" / "kizashi_models"
    shutil.copytree(package, copy)
    with next((copy / "networks").glob("face_mesh.onnx")).open("r+b") as network:
        network.seek(5000)
        network.write(b"changed")
    words = ("check", "--video", str(clip), *HERE)
    refused(kizashi_beside(tmp_path / "site", tmp_path / "home", *words), 6, "face_mesh")
