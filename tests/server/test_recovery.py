"""A recovery code takes back every check of its person: what waits, what was answered, what comes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from kizashi_protocol import (
    STANDING,
    Erased,
    ErasureReceipt,
    Feedback,
    Redeemed,
    Refusal,
    Scope,
    read_erasure,
    recovery_tag,
)
from kizashi_server.errors import ExchangeRefused
from kizashi_server.exchange.answering import owner_digest_of
from kizashi_server.exchange.rate_limit import SEARCHES
from kizashi_server.store.database import open_store
from kizashi_server.store.holdings_contract import RECOVERED_SECONDS
from kizashi_server.store.holdings_database import open_holdings
from kizashi_server.store.replay_contract import Arrival, Claim, ReportState, Store, Tagged
from kizashi_server.store.sharing_database import open_sharing

from tests.server.laptop import Person, Sent, recovery_secret
from tests.server.recoverable import OTHER_SECRET, SECRET, check, tagged
from tests.server.sharing.opened_check import certified, opened
from tests.server.world import LEASE, PROGRAMME, START, World, make_world


@dataclass
class Between:
    """A store that something happens in between, or that gives few checks at a time."""

    store: Store
    before_noting: Callable[[], object] = lambda: None
    page: int = 1_000

    def __getattr__(self, name: str) -> Any:
        """Everything else is the store's own."""
        return getattr(self.store, name)

    def note_owner(self, claim: Claim, owner_digest: bytes, tag: bytes) -> bool:
        """See `Store`."""
        self.before_noting()
        return self.store.note_owner(claim, owner_digest, tag)

    def tagged(self, programme_id: str, after: bytes, most: int) -> Sequence[Tagged]:
        """See `Store`."""
        return self.store.tagged(programme_id, after, min(most, self.page))


@contextmanager
def world_in_files(folder: Path) -> Iterator[World]:
    """A server with one counsellor, whose every store is in files."""
    store, holdings = open_store(folder / "kizashi.sqlite"), open_holdings(folder)
    sharing = open_sharing(folder)
    yield make_world(
        store, holdings=holdings, sharing=sharing, certify=lambda root: [certified(root)]
    )
    sharing.close()
    holdings.close()
    store.close()


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same on each store."""
    if request.param == "memory":
        yield make_world(certify=lambda root: [certified(root)])
        return
    with world_in_files(tmp_path) as made:
        yield made


def recover(
    world: World, secret: bytes = SECRET, scope: Scope = Scope.SCORE
) -> ErasureReceipt | str:
    """The receipt of a recovery from another laptop, or the reason of its refusal."""
    outcome = world.reply_to(world.laptop.recover(secret, scope)).outcome
    if isinstance(outcome, Refusal):
        return outcome.reason
    assert isinstance(outcome, Erased)
    return read_erasure(outcome.receipt, world.directory.receipt_key_by_id())


def fate(world: World, sent: Sent) -> str:
    """What comes of sending the same envelope: what it is answered, or why it is not."""
    try:
        outcome = world.reply_to(sent).outcome
    except ExchangeRefused as error:
        return error.reason
    return outcome.reason if isinstance(outcome, Refusal) else type(outcome).__name__


def state(world: World, sent: Sent) -> tuple[ReportState, bool]:
    """Where a check is in its life, and whether a reply to it is kept."""
    found = world.store.find(sent.report_id)
    assert found is not None
    return found.state, found.sealed_reply is not None


def test_a_code_erases_every_check_of_its_person_and_no_other(world: World) -> None:
    """Under one signed receipt, given again when asked again; later their envelopes are gone."""
    own = [check(world) for _ in range(3)]
    others = [check(world, OTHER_SECRET), world.laptop.check()]
    for sent in own + others:
        assert fate(world, sent) == "Feedback"
    for _ in range(2):
        receipt = ErasureReceipt(None, PROGRAMME.id, START, PROGRAMME.backup_days, Scope.SCORE)
        assert recover(world) == receipt
    assert [state(world, each) for each in own] == [(ReportState.ERASED, False)] * 3
    assert [state(world, each) for each in others] == [(ReportState.ANSWERED, True)] * 2
    assert [fate(world, each) for each in own + others] == ["ERASED"] * 3 + ["Feedback"] * 2


def test_the_search_goes_on_beyond_its_first_page(world: World) -> None:
    """Every check is found, however many there are of others between them."""
    world.intake = replace(world.intake, store=cast("Store", Between(world.store, page=2)))
    sent = [check(world, each) for each in (SECRET, OTHER_SECRET) * 3]
    for each in sent:
        world.exchange(each.envelope)
    recover(world)
    states = [state(world, each)[0] for each in sent]
    assert states == [ReportState.ERASED, ReportState.ANSWERED] * 3


def test_a_code_drops_what_waits_for_a_counsellor(world: World) -> None:
    """What was left is fetched by nobody any more; what another person left is."""
    own, other = opened(world, tagged()), opened(world, tagged(OTHER_SECRET))
    for person in (own, other):
        person.leave()
    recover(world)
    assert isinstance(own.redeem().outcome, Refusal)
    assert isinstance(other.redeem().outcome, Redeemed)


def test_nothing_can_be_shared_after_a_recovery(world: World) -> None:
    """The proof that the feedback was opened goes with the check."""
    own = opened(world, tagged())
    recover(world)
    outcome = own.leave().outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "SHARE_NOT_OPENED"


@pytest.mark.parametrize("secret", [bytes(32), OTHER_SECRET])
def test_another_code_erases_nothing_and_learns_nothing(world: World, secret: bytes) -> None:
    """Nobody's code, and one whose owner has no check here, are told the same."""
    sent = check(world)
    assert fate(world, sent) == "Feedback"
    assert recover(world, secret) == "RECOVERY_UNKNOWN"
    assert state(world, sent) == (ReportState.ANSWERED, True)


def test_a_tag_or_its_digest_is_no_code(world: World) -> None:
    """What the server keeps takes nothing back."""
    sent = check(world)
    world.exchange(sent.envelope)
    (row,) = world.store.tagged(PROGRAMME.id, b"", 10)
    assert recover(world, row.recovery_tag) == "RECOVERY_UNKNOWN"
    assert recover(world, row.owner_digest) == "RECOVERY_UNKNOWN"


def test_a_check_without_a_tag_is_out_of_reach(world: World) -> None:
    """That of somebody without an account, who was told so."""
    sent = world.laptop.check()
    world.exchange(sent.envelope)
    assert world.store.tagged(PROGRAMME.id, b"", 10) == []


def test_an_acknowledged_or_refused_check_is_reached_too(world: World) -> None:
    """Whatever is still remembered of it."""
    acknowledged = check(world)
    refused = world.laptop.check(change=tagged(), scorer_id="other/1")
    for sent in (acknowledged, refused):
        world.exchange(sent.envelope)
    world.exchange(world.laptop.acknowledge(acknowledged).envelope)
    recover(world)
    for sent in (acknowledged, refused):
        assert state(world, sent) == (ReportState.ERASED, False)


def test_a_check_withdrawn_by_its_key_still_counts_for_the_receipt(world: World) -> None:
    """The person learns that nothing is held, under signature."""
    sent = check(world)
    world.exchange(sent.envelope)
    world.exchange(world.laptop.withdraw(sent).envelope)
    assert isinstance(recover(world), ErasureReceipt)


def test_a_code_of_standing_consents_leaves_checks_alone(world: World) -> None:
    """Each scope has a secret of its own."""
    person = Person(b"anna")
    sent = world.laptop.check(
        (Scope.SCORE, Scope.FEEDBACK, *STANDING), person=person, change=tagged()
    )
    assert fate(world, sent) == "Feedback"
    receipt = recover(world, recovery_secret(person.key(Scope.TREND)), Scope.TREND)
    assert isinstance(receipt, ErasureReceipt)
    assert receipt.scope is Scope.TREND
    assert state(world, sent) == (ReportState.ANSWERED, True)


def test_searches_are_limited_and_standing_consents_are_not(world: World) -> None:
    """Codes that are nobody's cost a search each; who has to wait is told, and nothing is kept."""
    person = Person(b"anna")
    secret = recovery_secret(person.key(Scope.TREND))
    world.reply_to(world.laptop.check((Scope.SCORE, Scope.TREND), person=person, change=tagged()))
    for number in range(SEARCHES.per_minute):
        recover(world, bytes([number]) * 32)
    assert recover(world) == "RATE_LIMITED"
    assert recover(world, bytes(32), Scope.TREND) == "RECOVERY_UNKNOWN"
    assert isinstance(recover(world, secret, Scope.TREND), ErasureReceipt)
    world.clock.seconds += 60
    assert isinstance(recover(world), ErasureReceipt)


# --- At the same moment, and afterwards


def test_a_check_that_is_being_scored_is_not_answered_after_a_recovery(world: World) -> None:
    """Its worker's answer is lost, and the same envelope finds itself erased."""
    sent, receipts = check(world), []
    world.weigh.meanwhile = lambda: receipts.append(recover(world))
    assert fate(world, sent) == "REPORT_IN_PROGRESS"
    assert isinstance(receipts[0], ErasureReceipt)
    world.weigh.meanwhile = lambda: None
    assert fate(world, sent) == "ERASED"
    assert world.weigh.calls == 1


def test_a_check_whose_worker_died_is_not_taken_up_again(world: World) -> None:
    """Its row was noted before anything was done; after the lease nobody may claim it."""
    sent = check(world)
    owner = owner_digest_of(sent.score_key.public)
    assert world.store.note_owner(claimed(world, sent), owner, recovery_tag(SECRET, sent.report_id))
    assert isinstance(recover(world), ErasureReceipt)
    world.clock.seconds += LEASE
    assert fate(world, sent) == "ERASED"
    assert world.weigh.calls == 0


def claimed(world: World, sent: Sent) -> Claim:
    """A worker claims the check and dies before it knows whose it is."""
    arrival = Arrival(
        sent.report_id,
        sent.envelope.digest(),
        PROGRAMME.id,
        sent.envelope.header.key_id,
        START + 10 * LEASE,
    )
    claim = world.store.claim(arrival, now=START, lease_expire_time=START + LEASE)
    assert claim is not None
    return claim


@pytest.mark.parametrize("claim", [claimed, lambda *_: None], ids=["claimed", "on its way"])
def test_a_check_nobody_can_find_yet_is_not_scored_afterwards(
    world: World, claim: Callable[[World, Sent], object]
) -> None:
    """The code is remembered for as long as such a check's consent may hold."""
    sent = check(world)
    claim(world, sent)
    world.clock.seconds += LEASE
    assert recover(world) == "RECOVERY_UNKNOWN"
    assert fate(world, sent) == "CONSENT_WITHDRAWN"
    assert world.weigh.calls == 0


def test_a_recovery_between_opening_and_noting_is_seen(world: World) -> None:
    """Whichever comes first, the search finds the check or the check finds the code."""
    sent, answers = check(world), []
    overtaken = Between(world.store, before_noting=lambda: answers.append(recover(world)))
    world.intake = replace(world.intake, store=cast("Store", overtaken))
    assert fate(world, sent) == "CONSENT_WITHDRAWN"
    assert answers == ["RECOVERY_UNKNOWN"]
    assert world.weigh.calls == 0


def test_what_is_consented_to_later_counts_again(world: World) -> None:
    """A person who finds the laptop may go on with it."""
    recover(world)
    world.clock.seconds += 1
    assert isinstance(world.reply_to(check(world)).outcome, Feedback)


def test_a_code_of_another_person_stops_no_check(world: World) -> None:
    """Of all codes remembered only the check's own matters."""
    sent = check(world)
    recover(world, OTHER_SECRET)
    assert fate(world, sent) == "Feedback"


def test_codes_are_forgotten_when_they_can_stop_nothing_more(world: World) -> None:
    """No secret stays longer than a consent of before may hold."""
    recover(world)
    world.holdings.purge(START + RECOVERED_SECONDS - 1)
    assert world.holdings.recoveries(PROGRAMME.id) == {SECRET: START}
    world.holdings.purge(START + RECOVERED_SECONDS)
    assert world.holdings.recoveries(PROGRAMME.id) == {}
