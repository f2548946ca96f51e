"""A check whose consents or terms do not hold: refused under seal, and nothing scored."""

import dataclasses
import os
from typing import Any

import pytest
from kizashi_protocol import Check, ConsentRecord, Refusal, Scope, SigningKey, Withheld

from tests.models.scoring import summary_at
from tests.server.refusals import refusal_of
from tests.server.world import DAY, START, World


def test_without_consent_to_score_nothing_is_scored(world: World) -> None:
    """Not even with consent for the feedback alone, or with none at all."""
    for scopes in ([], [Scope.FEEDBACK]):
        assert refusal_of(world.reply_to(world.laptop.check(scopes))) == "CONSENT_MISSING"
    assert world.weigh.calls == 0


def test_without_consent_for_feedback_nothing_is_returned(world: World) -> None:
    """The answer is Withheld, the consent to score is countersigned, and nothing is scored."""
    reply = world.reply_to(world.laptop.check([Scope.SCORE]))
    assert reply.outcome == Withheld()
    assert len(reply.consent_receipts) == 1
    assert world.weigh.calls == 0


FAULTS: dict[str, dict[str, Any]] = {
    "CONSENT_OTHER_REPORT": {"report_id": b"x" * 16},
    "CONSENT_EXPIRED": {"expire_time": START},
    "CONSENT_NOT_YET": {"given_time": START + 2 * DAY, "expire_time": START + 3 * DAY},
    "CONSENT_AGE": {"adult": False},
    "CONSENT_TERMS_CHANGED": {"text_digest": bytes(32)},
}


@pytest.mark.parametrize("reason", FAULTS)
@pytest.mark.parametrize("scope", [Scope.SCORE, Scope.FEEDBACK])
def test_faulty_consent_is_refused_with_its_reason(world: World, reason: str, scope: Scope) -> None:
    """A consent for either scope that does not hold stops the scoring, and the person is told."""

    def spoil(record: ConsentRecord) -> ConsentRecord:
        return dataclasses.replace(record, **FAULTS[reason]) if record.scope is scope else record

    assert refusal_of(world.reply_to(world.laptop.check(change=spoil))) == reason
    assert world.weigh.calls == 0


def test_consent_under_another_root_is_refused(world: World) -> None:
    """A new root voids every consent."""

    def spoil(record: ConsentRecord) -> ConsentRecord:
        terms = dataclasses.replace(record.terms, root_fingerprint=bytes(32))
        return dataclasses.replace(record, terms=terms)

    assert refusal_of(world.reply_to(world.laptop.check(change=spoil))) == "CONSENT_TERMS_CHANGED"


@pytest.mark.parametrize("scope", [Scope.SCORE, Scope.FEEDBACK])
def test_check_must_be_signed_by_the_subject_of_each_consent(world: World, scope: Scope) -> None:
    """A consent whose key did not sign the report may have been taken from another report."""
    assert refusal_of(world.reply_to(world.laptop.check(unsigned=[scope]))) == "SIGNATURE_INVALID"
    assert world.weigh.calls == 0


def test_two_consents_for_one_scope_are_refused(world: World) -> None:
    """It is left open which of them was meant."""
    reply = world.reply_to(world.laptop.check([Scope.SCORE, Scope.FEEDBACK, Scope.FEEDBACK]))
    assert refusal_of(reply) == "CONSENT_INVALID"


@pytest.mark.parametrize("token", ["", "a.b.c", "\u00e9", "x" * 5000])
def test_consent_that_is_no_token_is_refused(world: World, token: str) -> None:
    """Whatever stands where a consent should."""
    content = Check((token,), "made-up/1", summary_at(0.0))
    sent = world.laptop.send(content, [SigningKey.from_seed(os.urandom(32))])
    assert refusal_of(world.reply_to(sent)) == "CONSENT_INVALID"


def test_another_scorer_than_the_person_was_told_of_is_refused(world: World) -> None:
    """The person agreed to one scorer."""
    reply = world.reply_to(world.laptop.check(scorer_id="other/1"))
    assert refusal_of(reply) == "SCORER_CHANGED"


def test_extractor_without_norms_is_refused(world: World) -> None:
    """There is nothing to compare its figures with."""
    reply = world.reply_to(world.laptop.check(summary=summary_at(0.0, extractor_id="other/1")))
    assert refusal_of(reply) == "EXTRACTOR_WITHOUT_NORMS"


def test_refusals_are_in_the_persons_language(world: World) -> None:
    """A refusal has words of its own in Japanese."""
    reply = world.reply_to(world.laptop.check([], locale="ja"))
    assert isinstance(reply.outcome, Refusal)
    assert "同意" in reply.outcome.message
