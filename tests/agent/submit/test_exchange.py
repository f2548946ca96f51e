"""The sealed exchange: one report out, one reply back, and what is believed of it."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import pytest
from kizashi_agent.errors import ServerRefused, TrustBroken
from kizashi_agent.submit.erasing import withdraw_check
from kizashi_protocol import (
    Directory,
    Envelope,
    KeyState,
    ReceiptKeyEntry,
    Refusal,
    Reply,
    SealingKeyEntry,
    SigningKey,
    Withdrawal,
    seal_reply,
    write_reply,
)
from kizashi_protocol.keys import expand

from tests.agent.submit.fake_server import FakeServer, flipped, refused
from tests.agent.submit.laptop import Laptop
from tests.protocol.values import (
    DAY,
    NOW,
    PROGRAMME,
    feedback,
)

NEXT_SEED = b"n" * 32
STRANGER = SigningKey.from_seed(b"f" * 32)


def rotated(sound: Directory) -> Directory:
    """A directory whose sealing key has given way to the next."""
    _, public = expand(NEXT_SEED)
    old = tuple(each._replace(state=KeyState.EXPIRED) for each in sound.sealing_keys)
    fresh = SealingKeyEntry(public, KeyState.ACTIVE, NOW + 60 * DAY)
    return replace(sound, sealing_keys=(*old, fresh))


def rotate(server: FakeServer, change: Callable[[Directory], Directory] = rotated) -> None:
    """Publishes a changed directory and drops the old sealing key."""
    server.publish(change(server.directory))
    server.seeds = (NEXT_SEED,)


def test_a_changed_key_is_sealed_to_once_more(laptop: Laptop) -> None:
    """KEY_OUTDATED brings the new directory, the same check and the same report id."""
    rotate(laptop.server)
    done = laptop.submit()
    first, second, *_ = laptop.server.envelopes
    assert first.header.report_id == second.header.report_id == done.report_id
    assert first.header.key_id != second.header.key_id
    assert first.ciphertext != second.ciphertext
    root = laptop.server.directory.root_fingerprint
    assert laptop.state.highest_directory_version(root) == 2


def test_receipt_keys_may_change_with_the_directory(laptop: Laptop) -> None:
    """Receipts are verified by the directory that was sealed under, not by the one before it."""

    def with_other_receipts(sound: Directory) -> Directory:
        entry = ReceiptKeyEntry(STRANGER.public, KeyState.ACTIVE)
        return replace(rotated(sound), receipt_keys=(entry,))

    rotate(laptop.server, with_other_receipts)
    laptop.server.receipt_key = STRANGER
    done = laptop.submit()
    assert done.acknowledged
    withdraw_check(laptop.sent(), laptop.exchanger, "en")


def test_a_key_that_changes_twice_is_an_error(laptop: Laptop) -> None:
    """Sealing again happens once, and no server can keep a laptop at it."""
    laptop.server.faults = deque([refused("KEY_OUTDATED"), refused("KEY_OUTDATED")])
    with pytest.raises(ServerRefused) as caught:
        laptop.submit()
    assert caught.value.reason == "KEY_OUTDATED"
    assert len(laptop.server.envelopes) == 2


@pytest.mark.parametrize("name", ["scoring_operator", "owner", "display_name", "scorer_id"])
def test_nothing_is_sent_on_other_terms(laptop: Laptop, name: str) -> None:
    """A new directory that names somebody else does not get the summary."""

    def with_other_terms(sound: Directory) -> Directory:
        programme = replace(PROGRAMME, **{name: "somebody-else/1"})  # type: ignore[arg-type]
        return replace(rotated(sound), programmes=(programme,))

    rotate(laptop.server, with_other_terms)
    with pytest.raises(TrustBroken) as caught:
        laptop.submit()
    assert caught.value.reason == "TERMS_CHANGED"
    assert len(laptop.server.envelopes) == 1
    assert laptop.server.reports == []


def test_a_withdrawal_goes_through_on_other_terms(laptop: Laptop) -> None:
    """Taking back needs no agreement with what the programme has become."""
    laptop.submit()
    renamed = replace(PROGRAMME, display_name="Autumn check")
    rotate(laptop.server, lambda sound: replace(rotated(sound), programmes=(renamed,)))
    withdraw_check(laptop.sent(), laptop.exchanger, "en")
    assert laptop.contents()[-1] is Withdrawal


def test_an_older_directory_is_not_gone_back_to(laptop: Laptop) -> None:
    """KEY_OUTDATED with an older directory is a roll-back, and ends there."""
    root = laptop.server.directory.root_fingerprint
    laptop.state.remember_directory_version(root, 9)
    laptop.server.faults.append(refused("KEY_OUTDATED"))
    with pytest.raises(TrustBroken) as caught:
        laptop.submit()
    assert caught.value.reason == "DIRECTORY_ROLLED_BACK"


def test_a_directory_without_an_active_key_ends_there(laptop: Laptop) -> None:
    """A renewed directory with nothing to seal to is an error of the agent's own family."""

    def resting(sound: Directory) -> Directory:
        keys = tuple(each._replace(state=KeyState.PENDING) for each in sound.sealing_keys)
        return replace(sound, sealing_keys=keys)

    rotate(laptop.server, resting)
    with pytest.raises(TrustBroken) as caught:
        laptop.submit()
    assert caught.value.reason == "NO_ACTIVE_KEY"


@pytest.mark.parametrize("reason", ["RATE_LIMITED", "ERASED", "REPORT_CONFLICT"])
def test_other_faults_are_not_tried_again(laptop: Laptop, reason: str) -> None:
    """Only KEY_OUTDATED says that nothing was recorded."""
    laptop.server.faults.append(refused(reason))
    with pytest.raises(ServerRefused) as caught:
        laptop.submit()
    assert caught.value.reason == reason
    assert len(laptop.server.envelopes) == 1


def test_a_changed_reply_is_not_shown(laptop: Laptop) -> None:
    """One bit is enough."""
    laptop.server.on_the_way = flipped
    assert laptop.error().reason == "REPLY_TAMPERED"


def test_a_reply_to_somebody_else_is_not_shown(laptop: Laptop) -> None:
    """A well-formed reply sealed to another key does not open."""
    stranger = expand(b"z" * 32)[1]

    def swapped(envelope: Envelope) -> Envelope:
        header = envelope.header
        return seal_reply(
            write_reply(Reply(feedback())),
            stranger,
            programme_id=header.programme_id,
            report_id=header.report_id,
        )

    laptop.server.on_the_way = swapped
    assert laptop.error().reason == "REPLY_TAMPERED"


def test_a_reply_to_another_report_is_not_shown(laptop: Laptop) -> None:
    """Sealed to the right one-time key but under another report id, it does not open."""

    def moved(envelope: Envelope) -> Envelope:
        _, report = laptop.server.reports[-1]
        return seal_reply(
            write_reply(Reply(feedback())),
            report.reply_key,
            programme_id=envelope.header.programme_id,
            report_id=bytes(16),
        )

    laptop.server.on_the_way = moved
    assert laptop.error().reason == "REPLY_TAMPERED"


def test_a_reply_that_could_steer_the_terminal_is_not_shown(laptop: Laptop) -> None:
    """Even a server with the right keys cannot write escapes to the screen."""
    laptop.server.answer_with(feedback("\x1b[2J"))
    assert laptop.error().reason == "REPLY_TAMPERED"


def test_a_refusal_inside_reaches_the_person(laptop: Laptop) -> None:
    """Its reason and its words are the server's; no second try follows."""
    laptop.server.answer_with(Refusal("CONSENT_EXPIRED", "Please start again."))
    error = laptop.error()
    assert isinstance(error, ServerRefused)
    assert (error.reason, error.person) == ("CONSENT_EXPIRED", "Please start again.")
    assert len(laptop.server.envelopes) == 1
