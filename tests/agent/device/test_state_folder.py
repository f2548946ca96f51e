"""Two commands at once: one seed, no lost write, and nobody locked out for ever."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.participant import SEED_BYTES
from kizashi_agent.device.state_errors import StateBusy
from kizashi_agent.device.state_folder import FolderInMemory, FolderOnDisk, StateFolder

FIRST_CHECKS = """
import os, sys, time
from pathlib import Path
from kizashi_agent.device.device_state import DeviceState, SentCheck
from kizashi_protocol import Invite

def slowly(count):
    time.sleep(0.3)  # long enough for the other to begin
    return os.urandom(count)

state = DeviceState(Path(sys.argv[1]), slowly)
invite = Invite("localhost", 8443, "spring-check", bytes(32))
print(state.open_check(SentCheck(os.urandom(16), invite, 1)).hex())
"""

CRASHES = """
import os, sys
from pathlib import Path
from kizashi_agent.device.state_folder import FolderOnDisk
with FolderOnDisk(Path(sys.argv[1])).sole():
    os._exit(1)
"""


KILLED_WRITING = """
import os, sys
from pathlib import Path
from kizashi_agent.device.device_state import DeviceState
Path.replace = lambda *_: os._exit(1)
DeviceState(Path(sys.argv[1]), os.urandom).seed()
"""


def test_two_first_checks_at_once_share_one_seed(tmp_path: Path) -> None:
    """Otherwise one of them could never be withdrawn."""
    command = [sys.executable, "-c", FIRST_CHECKS, str(tmp_path / "state")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    seeds = {process.communicate(timeout=60)[0].strip() for process in both}
    state = DeviceState(tmp_path / "state", os.urandom)
    assert seeds == {state.seed().hex()}
    assert len(state.checks()) == 2


def test_threads_take_turns(tmp_path: Path) -> None:
    """No version that one of them saw is lost."""
    state = DeviceState(tmp_path, os.urandom)
    threads = [
        threading.Thread(target=state.remember_directory_version, args=(bytes([n]) * 32, n))
        for n in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [state.highest_directory_version(bytes([n]) * 32) for n in range(1, 9)] == [*range(1, 9)]


def test_a_folder_in_use_is_told(tmp_path: Path) -> None:
    """The wait ends, with a sentence that says what to do."""
    other = FolderOnDisk(tmp_path, lock_wait=0.1)
    with FolderOnDisk(tmp_path).sole(), pytest.raises(StateBusy) as caught, other.sole():
        pass
    assert str(tmp_path) in caught.value.person
    assert caught.value.exit_code == 10
    with FolderOnDisk(tmp_path, lock_wait=0.1).sole():
        pass


def test_a_process_that_died_locks_nobody_out(tmp_path: Path) -> None:
    """The lock ends with it."""
    subprocess.run([sys.executable, "-c", CRASHES, str(tmp_path)], check=False)
    with FolderOnDisk(tmp_path, lock_wait=0.1).sole():
        pass


@pytest.mark.parametrize("next_step", ["seed", "forget_everything", "forget_programmes"])
def test_what_a_killed_process_had_half_written_is_erased(tmp_path: Path, next_step: str) -> None:
    """A seed in the clear: whoever writes or forgets next erases it."""
    folder = tmp_path / "state"

    def holding() -> set[str]:
        return {each.name for each in folder.iterdir()}

    subprocess.run([sys.executable, "-c", KILLED_WRITING, str(folder)], check=False)
    (left,) = holding() - {"lock"}
    assert len((folder / left).read_bytes()) == SEED_BYTES
    getattr(DeviceState(folder, os.urandom), next_step)()
    assert holding() == {"lock"} | ({"seed"} if next_step == "seed" else set())


def test_a_file_is_written_by_one_at_a_time(tmp_path: Path) -> None:
    """So nobody takes what another is just writing for what a crash left."""
    with FolderOnDisk(tmp_path).sole(), pytest.raises(StateBusy):
        FolderOnDisk(tmp_path, lock_wait=0.1).write(tmp_path / "a", b"1")


@pytest.mark.parametrize("kind", ["disk", "memory"])
def test_every_folder_keeps_files(tmp_path: Path, kind: str) -> None:
    """The same on disk and in memory: written, read, listed, removed, in nested blocks."""
    folder: StateFolder = FolderOnDisk(tmp_path) if kind == "disk" else FolderInMemory()
    inner = tmp_path / "inner"
    assert folder.read(inner / "a") is None
    assert folder.files(inner) == []
    with folder.sole(), folder.sole():
        folder.write(inner / "b", b"2")
        folder.write(inner / "a", b"0")
        folder.write(inner / "a", b"1")
    assert folder.files(inner) == [inner / "a", inner / "b"]
    assert folder.read(inner / "a") == b"1"
    folder.remove(inner / "a")
    folder.remove(inner / "a")
    assert folder.files(inner) == [inner / "b"]
    assert inner.exists() == (kind == "disk")


def test_a_state_in_memory_cannot_reach_the_disk(tmp_path: Path) -> None:
    """It keeps everything for the process, and its folder can be made by nobody."""
    state = DeviceState.in_memory(os.urandom)
    seed = state.seed()
    state.remember_directory_version(bytes(32), 3)
    assert state.seed() == seed
    assert state.highest_directory_version(bytes(32)) == 3
    with pytest.raises(OSError, match=os.devnull):
        state.folder.mkdir(parents=True)
