"""What is said before a key is retired is what happens, and an id that cannot be says what it is."""

import dataclasses
import os
from pathlib import Path

import pytest
from kizashi_protocol import Feedback, KeyState
from kizashi_server.errors import ExchangeRefused
from kizashi_server.keys.retirement import what_retiring_does
from kizashi_server.keys.ring import FreshKeys, SealingKey
from kizashi_server.keys.states import KeyKind

from tests.server.laptop import Laptop, Sent
from tests.server.operator import made_server, one_line, run
from tests.server.world import PROGRAMME, World, make_world

README = Path(__file__).parents[2] / "deploy" / "README.md"


def row(config: Path, kind: str) -> list[str]:
    """The line of the table for the first key of a kind."""
    table = run("keys", "list", "--config", config).stdout.splitlines()
    return next(line.split() for line in table if line.startswith(kind))


def with_another_key(world: World) -> tuple[World, Laptop]:
    """The server after its sealing key was deleted, and a laptop that knows the one in use."""
    keys = FreshKeys.make(os.urandom)
    (entry,) = world.directory.sealing_keys
    after = dataclasses.replace(
        world.directory, sealing_keys=(entry._replace(public=keys.sealing.public),)
    )
    keyring = dataclasses.replace(
        world.intake.keyring,
        sealing={keys.sealing.key_id: SealingKey(keys.sealing, entry.delete_time)},
    )
    intake = dataclasses.replace(world.intake, keyring=keyring)
    laptop = Laptop(after, PROGRAMME.id, world.clock.wall())
    return dataclasses.replace(world, intake=intake, directory=after), laptop


def refusal(world: World, sent: Sent) -> str:
    """Why an envelope is refused in the open."""
    with pytest.raises(ExchangeRefused) as caught:
        world.exchange(sent.envelope)
    return caught.value.reason


def sealed_again(laptop: Laptop, sent: Sent) -> Sent:
    """The same check, under the same report id, to the key in use."""
    return laptop.check(report_id=sent.report_id)


def test_check_on_its_way_to_a_deleted_key_is_sealed_again_and_answered() -> None:
    """It is refused, and nothing is remembered of it."""
    world = make_world()
    sent = world.laptop.check()
    after, laptop = with_another_key(world)
    assert refusal(after, sent) == "KEY_OUTDATED"
    again = sealed_again(laptop, sent)
    assert isinstance(after.reply_to(again).outcome, Feedback)


def test_answer_that_was_not_fetched_is_lost_with_its_key() -> None:
    """Neither the same envelope nor the same check sealed again gets it; a new check is scored."""
    world = make_world()
    sent = world.laptop.check()
    world.exchange(sent.envelope)
    after, laptop = with_another_key(world)
    assert refusal(after, sent) == "KEY_OUTDATED"
    assert refusal(after, sealed_again(laptop, sent)) == "REPORT_CONFLICT"
    assert isinstance(after.reply_to(laptop.check()).outcome, Feedback)


def test_what_is_said_before_is_what_the_guide_says() -> None:
    """Of a deleted sealing key: sealed again, and what has to be made again."""
    guide = " ".join(README.read_text("utf-8").split())
    said = what_retiring_does(KeyKind.SEALING, KeyState.ACTIVE, delete=True)
    for words in (
        "seals it again",
        "by itself",
        "An answer that has not reached its laptop yet cannot be fetched any more",
        "check has to be made again",
    ):
        assert words in said
        assert words in guide
    signing = what_retiring_does(KeyKind.RECEIPT, KeyState.ACTIVE, delete=True)
    for words in ("verifies only by the older directory in a receipt's own file", "made again"):
        assert words in signing
        assert words in guide


@pytest.mark.parametrize("kind", list(KeyKind))
def test_pending_key_costs_nothing(kind: KeyKind) -> None:
    """Whether or not it is deleted."""
    said = {what_retiring_does(kind, KeyState.PENDING, delete=each) for each in (True, False)}
    assert len(said) == 1
    assert "Nobody has used this key" in said.pop()


def test_question_names_the_key_and_what_comes_of_it(tmp_path: Path) -> None:
    """Kind, state and id, before the answer."""
    config = made_server(tmp_path)
    run("keys", "rotate", "--kind", "sealing", "--config", config)
    key_id = row(config, "sealing")[1]
    shown = run("keys", "retire", key_id, "--now", "--config", config, typed="n\n", code=1).stdout
    assert f"Retire the active sealing key {key_id}?" in shown
    assert what_retiring_does(KeyKind.SEALING, KeyState.ACTIVE, delete=True) in shown


def test_nothing_is_asked_about_a_key_that_may_not_be_retired(tmp_path: Path) -> None:
    """The only one of its kind is refused first, with the command that makes another."""
    config = made_server(tmp_path)
    done = run("keys", "retire", row(config, "log")[1], "--config", config, typed="y\n", code=4)
    assert "keys rotate --kind log" in one_line(done)
    assert "Retire the" not in done.stdout


@pytest.mark.parametrize("installed", [True, False])
def test_directory_key_says_what_it_is(tmp_path: Path, installed: bool) -> None:
    """The one in use, and the one that waits for its certificate."""
    config = made_server(tmp_path)
    in_use = row(config, "directory")[1]
    output = run("keys", "request", "--config", config).stdout
    key_id = in_use if installed else output.split("Directory key ")[1].split()[0]
    said = one_line(run("keys", "retire", key_id, "--yes", "--config", config, code=4))
    assert f"{key_id} is a directory key" in said
    assert "keys request" in said


@pytest.mark.parametrize(
    ("key_id", "words"),
    [
        ("", "is no key id, which has 32 digits"),
        ("abcd", "is no key id, which has 32 digits"),
        ("00" * 16, "may be gone already, or be another server's"),
    ],
)
def test_unknown_id_says_what_it_may_be(tmp_path: Path, key_id: str, words: str) -> None:
    """And where those are that can be retired."""
    config = made_server(tmp_path)
    said = one_line(run("keys", "retire", key_id, "--yes", "--config", config, code=4))
    assert words in said
    assert "keys list" in said
