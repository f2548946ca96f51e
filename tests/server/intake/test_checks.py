"""A check with its consents through the whole intake: what is scored, and what comes back."""

import dataclasses
import hashlib

import pytest
from kizashi_protocol import Band, Feedback, Scope, read_receipt

from tests.models.scoring import GOOD_QUALITY, summary_at
from tests.server.world import HELP, PROGRAMME, START, World, make_world


def test_check_is_scored_once_and_answered(any_world: World) -> None:
    """The feedback comes back with both consents countersigned, in the order they came."""
    laptop = any_world.laptop
    sent = laptop.check()
    reply = any_world.reply_to(sent)
    assert isinstance(reply.outcome, Feedback)
    assert reply.outcome.band is Band.MORE
    assert (reply.outcome.scorer_id, reply.outcome.norms_id) == ("made-up/1", "made-up/1")
    assert reply.outcome.help[0].name == HELP.name
    keys = any_world.directory.receipt_key_by_id()
    receipts = [read_receipt(token, keys) for token in reply.consent_receipts]
    assert [each.consent.scope for each in receipts] == [Scope.SCORE, Scope.FEEDBACK]
    assert {each.received_time for each in receipts} == {START}
    assert any_world.weigh.calls == 1


@pytest.mark.parametrize(("z", "band"), [(-2.0, Band.FEWER), (0.0, Band.ABOUT_AS_MANY)])
def test_each_band_comes_back(world: World, z: float, band: Band) -> None:
    """What the scorer said is what the person is told."""
    reply = world.reply_to(world.laptop.check(summary=summary_at(z)))
    assert isinstance(reply.outcome, Feedback)
    assert reply.outcome.band is band


def test_abstention_comes_back_without_a_band(world: World) -> None:
    """A recording that carries no band is answered with words, and with help all the same."""
    poor = summary_at(2.0, quality=dataclasses.replace(GOOD_QUALITY, duration=1))
    reply = world.reply_to(world.laptop.check(summary=poor))
    assert isinstance(reply.outcome, Feedback)
    assert reply.outcome.band is None
    assert reply.outcome.help[0].name == HELP.name
    assert world.weigh.calls == 0


def test_words_are_in_the_persons_language(world: World) -> None:
    """Japanese in, Japanese out."""
    reply = world.reply_to(world.laptop.check(locale="ja"))
    assert isinstance(reply.outcome, Feedback)
    assert reply.outcome.locale == "ja"


def test_feedback_carries_a_nonce_and_the_store_its_digest_alone(any_world: World) -> None:
    """A fresh one each time; nothing else that is answered has one."""
    laptop = any_world.laptop
    sent, other = laptop.check(), laptop.check()
    nonces = [any_world.reply_to(each).opening_nonce for each in (sent, other)]
    assert len(set(nonces)) == 2
    assert nonces[0] is not None
    owner = {hashlib.sha256(sent.score_key.public).digest()}
    kept = any_world.store.opening_digest(sent.report_id, PROGRAMME.id, owner)
    assert kept == hashlib.sha256(nonces[0]).digest()
    withheld = laptop.check([Scope.SCORE])
    assert any_world.reply_to(withheld).opening_nonce is None
    owner = {hashlib.sha256(withheld.score_key.public).digest()}
    assert any_world.store.opening_digest(withheld.report_id, PROGRAMME.id, owner) is None


def test_every_outcome_has_one_size(world: World) -> None:
    """Feedback, abstention, withholding, refusal, acknowledgement and erasure look alike."""
    laptop = world.laptop
    check = laptop.check()
    short = summary_at(2.0, quality=dataclasses.replace(GOOD_QUALITY, duration=1))
    everything = [
        check,
        laptop.check(summary=short),
        laptop.check(locale="ja"),
        laptop.check([Scope.SCORE]),
        laptop.check([]),
        laptop.acknowledge(check),
        laptop.withdraw(check),
    ]
    sizes = {world.exchange(each.envelope).to_message().ByteSize() for each in everything}
    assert len(sizes) == 1


def test_longest_words_fit_one_envelope() -> None:
    """The longest names and contact a configuration allows still leave room for the receipts."""
    wide = "国" * 80
    programme = dataclasses.replace(
        PROGRAMME, id="a" * 64, display_name=wide, owner="立" + wide[1:], scoring_operator=wide
    )
    contact = dataclasses.replace(
        HELP,
        name="名" * 120,
        hours="時" * 120,
        phone="5" * 40,
        address="所" * 200,
        description="説" * 300,
    )
    world = make_world(programme=programme, help_settings=contact)
    laptop = dataclasses.replace(world.laptop, programme_id=programme.id)
    reply = world.reply_to(laptop.check(locale="ja"))
    assert isinstance(reply.outcome, Feedback)
    keys = world.directory.receipt_key_by_id()
    assert all(read_receipt(token, keys) for token in reply.consent_receipts)
