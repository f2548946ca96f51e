"""What the ledger tells whoever has the laptop: with the seed, without it, and once it is cleared."""

import os
import shutil
from pathlib import Path

import pytest
from kizashi_agent.commands.ledger import clear_ledger
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.errors import StateError
from kizashi_agent.ledger.fields import sealed_fields
from kizashi_agent.ledger.store import Contents, Fault, Ledger, Wrong, ledger_of

from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.agent.submit.test_withdraw_all import surroundings
from tests.protocol.values import feedback, summary

SAID = feedback().headline
FIGURES = summary().serialise()


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop whose person read the feedback of one check."""
    laptop = connected_laptop(tmp_path / "state")
    laptop.submit()
    return laptop


def stolen(laptop: Laptop, *, seed: bytes | None = None) -> Ledger:
    """The ledger of a copy of the laptop's folder, with this seed in the place of its own."""
    copy = Path(shutil.copytree(laptop.state.folder, laptop.state.folder.with_name("copy")))
    (copy / "seed").unlink(missing_ok=True)
    if seed is not None:
        (copy / "seed").write_bytes(seed)
        (copy / "seed").chmod(0o600)
    return ledger_of(DeviceState(copy, os.urandom), os.urandom)


def told(ledger: Ledger) -> str:
    """All that the messages of a ledger seal, field by field."""
    every = (sealed_fields(each.message) for each in ledger.read().entries)
    return "\n".join(f"{each.name} = {each.value}" for fields in every for each in fields)


def kinds_of_file(laptop: Laptop) -> set[str]:
    """The files that are left, by the folder they lie in or by name."""
    folder = laptop.state.folder
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {path.parts[0] for path in files}


def test_with_the_seed_figures_and_feedback_can_be_read(laptop: Laptop) -> None:
    """The ledger is made to show what was sent and said, and does so to whoever has the seed."""
    ledger = stolen(laptop, seed=laptop.state.seed())
    assert SAID in told(ledger)
    assert FIGURES in b"".join(each.message.plaintext or b"" for each in ledger.read().entries)


def test_without_the_seed_nothing_of_it_opens(laptop: Laptop) -> None:
    """Neither without any nor with another one."""
    with pytest.raises(StateError):
        stolen(laptop).read()
    shutil.rmtree(laptop.state.folder.with_name("copy"))
    other = stolen(laptop, seed=bytes(32))
    assert other.read() == Contents((), (Fault(Wrong.HEAD, None),))


def test_taking_everything_back_leaves_the_ledger(laptop: Laptop) -> None:
    """With the receipt of the erasure; the records of the check are gone."""
    withdraw_all(surroundings(laptop))
    assert SAID in told(ledger_of(laptop.state, os.urandom))
    assert {"ledger", "erasures", "seed"} <= kinds_of_file(laptop)
    assert kinds_of_file(laptop).isdisjoint({"checks", "receipts", "waiting"})


def test_taking_everything_back_with_the_ledger_leaves_no_word_of_it(laptop: Laptop) -> None:
    """A seed copied before opens nothing any more; that something was erased stays to be seen."""
    seed = laptop.state.seed()
    withdraw_all(surroundings(laptop), ledger=True)
    assert stolen(laptop, seed=seed).read() == Contents((), ())
    assert "erasures" in kinds_of_file(laptop)
    assert kinds_of_file(laptop).isdisjoint({"ledger", "checks", "receipts", "waiting", "seed"})


def test_a_cleared_ledger_tells_nothing_even_with_the_seed(laptop: Laptop) -> None:
    """Its files are gone, and no other opens as one; the check can still be withdrawn."""
    seed = laptop.state.seed()
    assert clear_ledger(surroundings(laptop)) == 4
    assert "ledger" not in kinds_of_file(laptop)
    assert stolen(laptop, seed=seed).read() == Contents((), ())
    kept = b"".join(path.read_bytes() for path in laptop.state.folder.rglob("*") if path.is_file())
    assert SAID.encode() not in kept
    assert FIGURES not in kept
    (withdrawn,) = withdraw_all(surroundings(laptop)).withdrawn
    assert withdrawn.receipt is not None
