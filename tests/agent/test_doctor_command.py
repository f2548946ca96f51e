"""`kizashi doctor` as it is typed: what it found, what to do, and an exit code."""

import json
from pathlib import Path

from kizashi_agent.commands.demo import DemoServer

from tests.agent.command_line import Done, kizashi


def found(done: Done) -> dict[str, tuple[bool | None, str]]:
    """The findings by name."""
    return {
        each["name"]: (each["holds"], each["text"]) for each in json.loads(done.output)["findings"]
    }


def joined(home: Path, invite: str) -> None:
    """A laptop that has joined a programme before."""
    (home / "state").mkdir(parents=True)
    (home / "state" / "invite.txt").write_text(invite, "utf-8")


def test_a_fresh_laptop_is_well(tmp_path: Path) -> None:
    """Without a programme there is no pin to check, which is no failure, and nothing is written."""
    done = kizashi(tmp_path, "doctor", "--json")
    holds = {name: each for name, (each, _) in found(done).items()}
    assert holds == {"models": True, "camera": None, "seed": None, "pin": None}
    assert (done.code, done.left) == (0, ())


def test_a_joined_laptop_reaches_its_server(tmp_path: Path, server: DemoServer) -> None:
    """Pin, server and clock are told to be in order."""
    joined(tmp_path, str(server.invite))
    done = kizashi(tmp_path, "doctor", "--json")
    findings = found(done)
    assert [findings[name][0] for name in ("models", "pin", "server", "clock")] == [True] * 4
    assert done.code == 0


def test_another_root_fails(tmp_path: Path, server: DemoServer) -> None:
    """A server that the pinned root did not certify is a failure that says what to do."""
    address, _, _ = str(server.invite).partition("#")
    joined(tmp_path, f"{address}#root={'00' * 32}")
    done = kizashi(tmp_path, "doctor", "--json")
    holds, text = found(done)["server"]
    assert holds is False
    assert "invite" in text
    assert done.code == 1


def test_a_seed_in_a_file_is_said_aloud(tmp_path: Path) -> None:
    """The person is told who can read it; a damaged one fails."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "seed").write_bytes(bytes(32))
    holds, text = found(kizashi(tmp_path, "doctor", "--json"))["seed"]
    assert holds is True
    assert str(state) in text
    assert "in no keyring" in text
    (state / "seed").write_bytes(b"damaged")
    holds, text = found(kizashi(tmp_path, "doctor", "--json"))["seed"]
    assert holds is False
    assert str(state / "seed") in text


def test_a_damaged_pin_fails(tmp_path: Path) -> None:
    """An invite that no longer reads is a failure, not a laptop that never joined."""
    joined(tmp_path, "damaged")
    done = kizashi(tmp_path, "doctor", "--json")
    holds, text = found(done)["pin"]
    assert holds is False
    assert "invite.txt" in text
    assert done.code == 1


def test_a_camera_that_is_none_fails(tmp_path: Path) -> None:
    """A number that no camera has is a failure with a next step."""
    done = kizashi(tmp_path, "doctor", "--camera", "-1", "--json")
    holds, text = found(done)["camera"]
    assert holds is False
    assert "name another camera" in text
    assert done.code == 1
