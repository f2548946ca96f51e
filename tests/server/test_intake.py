"""Envelopes in, sealed replies out, with real cryptography: the order of work and its faults."""

import dataclasses
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kizashi_protocol import (
    CIPHERTEXT_BYTES,
    Acknowledged,
    Acknowledgement,
    Band,
    Check,
    ConsentRecord,
    Erased,
    Feedback,
    Header,
    MalformedMessage,
    ProtocolError,
    Refusal,
    Reply,
    Report,
    Scope,
    SigningKey,
    UnreadableEnvelope,
    Withheld,
    read_erasure,
    read_receipt,
    write_report,
)
from kizashi_protocol.context import Label, framed, info
from kizashi_protocol.open_reply import ReplyPrivateKey
from kizashi_protocol.v1 import exchange_pb2
from kizashi_server.errors import ExchangeRefused, StoreUnavailable
from kizashi_server.store.contract import Arrival, ReportState, Store
from kizashi_server.store.database import open_store

from tests.models.scoring import GOOD_QUALITY, summary_at
from tests.server.laptop import Sent, tampered
from tests.server.memory_store import MemoryStore
from tests.server.world import HELP, LEASE, PROGRAMME, START, World, make_world

DAY = 24 * 3600


@pytest.fixture
def world() -> World:
    """A server in memory."""
    return make_world()


@pytest.fixture(params=["memory", "sqlite"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A server on each store."""
    store: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "db")
    yield make_world(store)
    store.close()


def refusal_of(reply: Reply) -> str:
    """The reason of a sealed refusal, which carries no receipt."""
    assert isinstance(reply.outcome, Refusal)
    assert reply.outcome.message
    assert reply.consent_receipts == ()
    return reply.outcome.reason


def refused(world: World, act: Callable[[], object]) -> str:
    """The public reason of a fault that is visible without opening."""
    with pytest.raises((ExchangeRefused, ProtocolError)) as caught:
        act()
    error = caught.value
    assert isinstance(error, ExchangeRefused | ProtocolError)
    return error.reason


# --- A check with its consents


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


# --- What is visible without opening


def test_envelope_of_another_size_is_refused(world: World) -> None:
    """Before anything else of it is looked at."""
    message = world.laptop.check().envelope.to_message()
    for size in (0, CIPHERTEXT_BYTES - 1, CIPHERTEXT_BYTES + 1):
        message.ciphertext = bytes(size)
        with pytest.raises(MalformedMessage) as caught:
            world.intake.exchange(message, world.clock.monotonic() + 10)
        assert caught.value.reason == "ENVELOPE_SIZE"


def test_programme_that_is_not_carried_is_refused(world: World) -> None:
    """By name, before its key is looked at."""
    envelope = world.laptop.check().envelope
    header = dataclasses.replace(envelope.header, programme_id="other", key_id=bytes(16))
    moved = dataclasses.replace(envelope, header=header)
    assert refused(world, lambda: world.exchange(moved)) == "PROGRAMME_UNKNOWN"


def test_outdated_key_records_nothing(world: World) -> None:
    """The laptop may seal the same report again to the right key."""
    envelope = world.laptop.check().envelope
    header = dataclasses.replace(envelope.header, key_id=bytes(16))
    moved = dataclasses.replace(envelope, header=header)
    assert refused(world, lambda: world.exchange(moved)) == "KEY_OUTDATED"
    assert world.store.find(envelope.header.report_id) is None
    world.exchange(envelope)


def test_key_opens_until_its_day_and_no_longer(world: World) -> None:
    """At its delete time a key is outdated, whether or not it has been swept away yet."""
    (entry,) = world.directory.sealing_keys
    sent = world.laptop.check()
    world.clock.seconds = entry.delete_time
    assert refused(world, lambda: world.exchange(sent.envelope)) == "KEY_OUTDATED"
    world.clock.seconds = entry.delete_time - 1
    assert refusal_of(world.reply_to(sent)) == "CONSENT_EXPIRED"


def test_same_envelope_gets_the_same_sealed_reply(any_world: World) -> None:
    """Byte for byte, and is scored once."""
    sent = any_world.laptop.check()
    first = any_world.exchange(sent.envelope)
    assert any_world.exchange(sent.envelope) == first
    assert any_world.weigh.calls == 1


def test_another_envelope_under_the_same_id_is_a_conflict(any_world: World) -> None:
    """Neither opened nor scored; the first keeps its answer."""
    sent = any_world.laptop.check()
    first = any_world.exchange(sent.envelope)
    other = any_world.laptop.check(report_id=sent.report_id)
    assert refused(any_world, lambda: any_world.exchange(other.envelope)) == "REPORT_CONFLICT"
    assert any_world.exchange(sent.envelope) == first
    assert any_world.weigh.calls == 1


def test_reply_is_kept_for_its_hours(any_world: World) -> None:
    """Up to the programme's retention, swept or not; afterwards it is gone and nothing is scored."""
    sent = any_world.laptop.check()
    first = any_world.exchange(sent.envelope)
    any_world.clock.seconds = START + DAY - 1
    any_world.store.purge(any_world.clock.wall())
    assert any_world.exchange(sent.envelope) == first
    any_world.clock.seconds = START + DAY
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    any_world.store.purge(any_world.clock.wall())
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    assert any_world.weigh.calls == 1


def test_rate_limit_records_nothing_and_spares_duplicates() -> None:
    """A new report is turned away and may come again; the answer to an old one still comes."""
    world = make_world(programme=dataclasses.replace(PROGRAMME, exchanges_per_minute=1))
    first, second = world.laptop.check(), world.laptop.check()
    answer = world.exchange(first.envelope)
    assert refused(world, lambda: world.exchange(second.envelope)) == "RATE_LIMITED"
    assert world.store.find(second.report_id) is None
    assert world.exchange(first.envelope) == answer
    world.clock.seconds += 60
    world.exchange(second.envelope)


def test_late_exchange_is_not_begun(world: World) -> None:
    """A deadline that has passed in the queue costs no work and leaves no trace."""
    sent = world.laptop.check()
    assert refused(world, lambda: world.exchange(sent.envelope, seconds=0)) == "DEADLINE_PASSED"
    assert world.store.find(sent.report_id) is None


def low_order(sent: Sent) -> Any:
    """The envelope with an encapsulated X25519 key of low order."""
    ciphertext = bytearray(sent.envelope.ciphertext)
    ciphertext[1088:1120] = bytes(32)
    return dataclasses.replace(sent.envelope, ciphertext=bytes(ciphertext))


@pytest.mark.parametrize("spoil", [lambda sent: tampered(sent.envelope), low_order])
def test_envelope_that_does_not_open_is_forgotten(
    any_world: World, spoil: Callable[[Sent], Any]
) -> None:
    """So that garbage cannot block the report whose id it took."""
    sent = any_world.laptop.check()
    assert refused(any_world, lambda: any_world.exchange(spoil(sent))) == "ENVELOPE_UNREADABLE"
    assert any_world.store.find(sent.report_id) is None
    any_world.exchange(sent.envelope)


def test_report_under_another_header_does_not_open(world: World) -> None:
    """The report id is bound into the encryption."""
    envelope = world.laptop.check().envelope
    header = dataclasses.replace(envelope.header, report_id=bytes(16))
    moved = dataclasses.replace(envelope, header=header)
    assert refused(world, lambda: world.exchange(moved)) == "ENVELOPE_UNREADABLE"


@pytest.mark.parametrize("plaintext", [b"", b"\xff" * 50, b"\x0a\x02\x0a\x00"])
def test_opened_bytes_without_a_reply_key_are_unreadable(world: World, plaintext: bytes) -> None:
    """There is nobody to seal an answer to; the answer is that of a failed opening."""
    envelope = world.laptop.seal(plaintext, b"r" * 16)
    with pytest.raises(UnreadableEnvelope):
        world.exchange(envelope)
    assert world.store.find(b"r" * 16) is None


# --- What is wrong inside


def spoiled(
    world: World, change: Callable[[exchange_pb2.Report], None], *, sign: bool = True
) -> Sent:
    """A check whose report was changed, and signed again or not."""
    report_id, key = os.urandom(16), SigningKey.from_seed(os.urandom(32))
    reply_key = ReplyPrivateKey.from_seed(os.urandom(32))
    laptop = world.laptop
    header = Header(world.directory.active_sealing_key().key_id, laptop.programme_id, report_id)
    token = laptop.consent(Scope.SCORE, report_id, key)
    content = Check((token,), "made-up/1", summary_at(0.0))
    report = Report(reply_key.public, 1, "en", content)
    plaintext = write_report(header, report, [key])
    signed = exchange_pb2.SignedReport.FromString(plaintext)
    message = exchange_pb2.Report.FromString(signed.report)
    change(message)
    signed.report = message.SerializeToString(deterministic=True)
    if sign:
        signed.signatures[0].signature = key.sign(
            Label.PARTICIPANT_SIGNATURE, framed(info(Label.REPORT, header), signed.report)
        )
    return Sent(laptop.seal(signed.SerializeToString(), report_id), reply_key, key)


def test_changed_report_is_refused_under_seal(world: World) -> None:
    """A signature that does not fit is told to whoever holds the reply key, and to nobody else."""

    def change(report: exchange_pb2.Report) -> None:
        report.check.summary.action_units[0].mean += 1

    assert refusal_of(world.reply_to(spoiled(world, change, sign=False))) == "SIGNATURE_INVALID"
    assert world.weigh.calls == 0


def test_measurement_out_of_range_is_refused(world: World) -> None:
    """A summary that cannot be is never scored."""

    def change(report: exchange_pb2.Report) -> None:
        report.check.summary.action_units[0].mean = float("nan")

    assert refusal_of(world.reply_to(spoiled(world, change))) == "SUMMARY_INVALID"


def unknown_locale(report: exchange_pb2.Report) -> None:
    """Asks for a language there is none of."""
    report.locale = "xx"


def nothing_asked(report: exchange_pb2.Report) -> None:
    """Has no content."""
    report.ClearField("check")


def short_report_id(report: exchange_pb2.Report) -> None:
    """Acknowledges something that is no report."""
    report.acknowledgement.report_id = b"short"


@pytest.mark.parametrize("change", [unknown_locale, nothing_asked, short_report_id])
def test_malformed_report_is_refused_under_seal(
    world: World, change: Callable[[exchange_pb2.Report], None]
) -> None:
    """Whatever else is wrong, as long as there is a key to answer to."""
    assert refusal_of(world.reply_to(spoiled(world, change))) == "REPORT_INVALID"


def test_refused_report_is_answered_once_too(world: World) -> None:
    """A refusal is an answer: the same envelope gets the same one, another a conflict."""
    sent = world.laptop.check([])
    first = world.exchange(sent.envelope)
    assert world.exchange(sent.envelope) == first
    other = world.laptop.check(report_id=sent.report_id)
    assert refused(world, lambda: world.exchange(other.envelope)) == "REPORT_CONFLICT"


# --- What follows a check


def test_acknowledged_reply_is_dropped(any_world: World) -> None:
    """By the key that owns the report; afterwards the same envelope is told that it is gone."""
    sent = any_world.laptop.check()
    any_world.exchange(sent.envelope)
    reply = any_world.reply_to(any_world.laptop.acknowledge(sent))
    assert reply.outcome == Acknowledged()
    found = any_world.store.find(sent.report_id)
    assert found is not None
    assert found.sealed_reply is None
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    assert any_world.weigh.calls == 1


def test_withdrawn_check_is_erased_under_signature(any_world: World) -> None:
    """The receipt names check, programme, time and backups; asked again it is given again."""
    sent = any_world.laptop.check()
    any_world.exchange(sent.envelope)
    for _ in range(2):
        reply = any_world.reply_to(any_world.laptop.withdraw(sent))
        assert isinstance(reply.outcome, Erased)
        keys = any_world.directory.receipt_key_by_id()
        erasure = read_erasure(reply.outcome.receipt, keys)
        assert (erasure.report_id, erasure.programme_id) == (sent.report_id, "self-check")
        assert (erasure.erased_time, erasure.backup_days) == (START, 7)
    found = any_world.store.find(sent.report_id)
    assert found is not None
    assert (found.state, found.sealed_reply) == (ReportState.ERASED, None)
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"


@pytest.mark.parametrize("act", ["acknowledge", "withdraw"])
def test_only_the_owner_may_and_nobody_learns_more(any_world: World, act: str) -> None:
    """A stranger's answer is the same for a report that is there and one that never was."""
    laptop, stranger = any_world.laptop, SigningKey.from_seed(os.urandom(32))
    known, unknown = laptop.check(), laptop.check()
    any_world.exchange(known.envelope)
    answers = {
        any_world.reply_to(getattr(laptop, act)(sent, stranger)) for sent in (known, unknown)
    }
    assert [refusal_of(each) for each in answers] == ["REPORT_UNKNOWN"]
    found = any_world.store.find(known.report_id)
    assert found is not None
    assert found.sealed_reply is not None


def test_feedback_key_does_not_own_the_report(world: World) -> None:
    """Only the score key does."""
    sent = world.laptop.check()
    world.exchange(sent.envelope)
    other = dataclasses.replace(sent, score_key=SigningKey.from_seed(os.urandom(32)))
    assert refusal_of(world.reply_to(world.laptop.withdraw(other))) == "REPORT_UNKNOWN"


def test_refused_check_of_a_known_owner_can_be_withdrawn(world: World) -> None:
    """A check that was refused for its consent still belongs to whoever signed it."""
    sent = world.laptop.check(scorer_id="other/1")
    world.exchange(sent.envelope)
    assert isinstance(world.reply_to(world.laptop.withdraw(sent)).outcome, Erased)


def test_repeated_withdrawal_envelope_gets_the_same_receipt(world: World) -> None:
    """Lost on the way, sent again."""
    sent = world.laptop.check()
    world.exchange(sent.envelope)
    withdrawal = world.laptop.withdraw(sent)
    assert world.exchange(withdrawal.envelope) == world.exchange(withdrawal.envelope)


# --- Two at once, and workers that are killed


def test_same_envelope_at_once_is_scored_once(tmp_path: Path) -> None:
    """Eight callers with the same envelope, on a real database and clock, get one reply."""
    store = open_store(tmp_path / "db")
    world = make_world(store)
    world.weigh.meanwhile = lambda: time.sleep(0.1)
    intake = dataclasses.replace(world.intake, monotonic=time.monotonic, pause=time.sleep)
    message = world.laptop.check().envelope.to_message()
    replies: list[bytes] = []
    ready = threading.Barrier(8)

    def call() -> None:
        ready.wait()
        replies.append(intake.exchange(message, time.monotonic() + 10))

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (len(replies), len(set(replies)), world.weigh.calls) == (8, 1, 1)
    store.close()


def pending(world: World, sent: Sent) -> None:
    """A worker has claimed the report and says nothing more."""
    envelope = sent.envelope
    arrival = Arrival(
        sent.report_id, envelope.digest(), PROGRAMME.id, envelope.header.key_id, START + DAY
    )
    assert world.store.claim(arrival, now=START, lease_expire_time=START + LEASE)


def test_killed_worker_does_not_lock_the_report(any_world: World) -> None:
    """Until the lease ends the caller is told to come again; then the work is done anew."""
    sent = any_world.laptop.check()
    pending(any_world, sent)
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "REPORT_IN_PROGRESS"
    any_world.clock.seconds = START + LEASE
    assert isinstance(any_world.reply_to(sent).outcome, Feedback)


def test_worker_slower_than_its_lease_gives_no_second_answer(any_world: World) -> None:
    """Its own caller is turned away, and whoever took over has given the one answer."""
    world, sent, answers = any_world, any_world.laptop.check(), []

    def overtake() -> None:
        world.weigh.meanwhile = lambda: None
        world.clock.seconds += LEASE
        answers.append(world.exchange(sent.envelope))

    world.weigh.meanwhile = overtake
    assert refused(world, lambda: world.exchange(sent.envelope)) == "REPORT_IN_PROGRESS"
    assert answers == [world.exchange(sent.envelope)]


def test_withdrawal_waits_for_the_check_it_is_about(any_world: World) -> None:
    """A check that is being answered is erased after its answer, not overtaken."""
    world, sent, withdrawn = any_world, any_world.laptop.check(), []
    withdrawal = world.laptop.withdraw(sent)

    def withdraw_meanwhile() -> None:
        withdrawn.append(refused(world, lambda: world.exchange(withdrawal.envelope)))

    world.weigh.meanwhile = withdraw_meanwhile
    world.exchange(sent.envelope)
    assert withdrawn == ["REPORT_IN_PROGRESS"]
    assert isinstance(world.reply_to(withdrawal).outcome, Erased)


def test_withdrawn_check_that_comes_late_is_not_scored(any_world: World) -> None:
    """Held back on the way until its consent was withdrawn, it finds itself erased."""
    sent = any_world.laptop.check()
    for _ in range(2):
        assert refusal_of(any_world.reply_to(any_world.laptop.withdraw(sent))) == "REPORT_UNKNOWN"
    assert refused(any_world, lambda: any_world.exchange(sent.envelope)) == "ERASED"
    assert any_world.weigh.calls == 0


def test_fault_while_working_forgets_the_report(world: World) -> None:
    """A bug, or a database that fails, leaves the id free for another try."""

    def fail() -> None:
        raise StoreUnavailable("the disk is full")

    sent = world.laptop.check()
    world.weigh.meanwhile = fail
    with pytest.raises(StoreUnavailable):
        world.exchange(sent.envelope)
    assert world.store.find(sent.report_id) is None
    world.weigh.meanwhile = lambda: None
    assert isinstance(world.reply_to(sent).outcome, Feedback)


def test_acknowledgement_of_itself_is_unknown(world: World) -> None:
    """A report cannot own itself."""
    key, report_id = SigningKey.from_seed(os.urandom(32)), os.urandom(16)
    sent = world.laptop.send(Acknowledgement(report_id), [key], report_id=report_id)
    assert refusal_of(world.reply_to(sent)) == "REPORT_UNKNOWN"
