"""Sharing on the server: what waits is taken back, runs out, and is neither lost nor given twice."""

import dataclasses
import hashlib
from pathlib import Path

import pytest
from kizashi_protocol import (
    CHECK_VALIDITY,
    Erased,
    Redeemed,
    Scope,
    Shared,
    read_consent,
)
from kizashi_server.errors import ExchangeRefused
from kizashi_server.exchange.share_gate import permit_share
from kizashi_server.serving.sweep import sweep_shares
from kizashi_server.store.sharing_contract import Destination

from tests.server.memory_store import MemoryStore
from tests.server.sharing.opened_check import COUNSELLOR_KEY, DAY, certified, opened, refused
from tests.server.world import PROGRAMME, START, World, make_world


def test_withdrawing_the_check_erases_what_waits(any_world: World) -> None:
    """The person gets an erasure receipt, the counsellor nothing."""
    person = opened(any_world)
    person.leave()
    withdrawal = person.laptop.withdraw(person.sent, person.keys[Scope.SCORE])
    assert isinstance(any_world.reply_to(withdrawal).outcome, Erased)
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    assert refused(person.leave()) == "SHARE_NOT_OPENED"


def test_withdrawing_erases_what_waits_though_the_check_is_forgotten(world: World) -> None:
    """As after a restore of the replay memory, which knows nothing of the check."""
    person = opened(world)
    person.leave()
    assert isinstance(world.store, MemoryStore)
    world.store.forget(person.sent.report_id)
    withdrawal = person.laptop.withdraw(person.sent, person.keys[Scope.SCORE])
    assert refused(world.reply_to(withdrawal)) == "REPORT_UNKNOWN"
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_a_withdrawal_at_the_same_moment_wins(world: World) -> None:
    """A share that is kept while its check is erased is taken back at once."""
    person = opened(world)
    leave = world.sharing.leave
    owner = {hashlib.sha256(person.keys[Scope.SCORE].public).digest()}

    class Overtaken:
        """A store on which the withdrawal falls between two steps of the share."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.sharing, name)

        def leave(self, share: object) -> bool:
            world.store.erase({person.sent.report_id}, PROGRAMME.id, owner)
            return leave(share)  # type: ignore[arg-type]

    sharing = dataclasses.replace(world.intake.sharing, store=Overtaken())  # type: ignore[arg-type]
    person.world = dataclasses.replace(
        world, intake=dataclasses.replace(world.intake, sharing=sharing)
    )
    assert refused(person.leave()) == "SHARE_NOT_OPENED"
    person.world = world
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_what_waits_runs_out_with_its_consent(any_world: World) -> None:
    """On its last second it is fetched, afterwards it is not, swept or not."""
    person, late = opened(any_world), opened(any_world)
    person.leave()
    late.leave()
    any_world.clock.seconds = START + CHECK_VALIDITY - 1
    sweep_shares(any_world.sharing, any_world.clock.wall())
    assert isinstance(person.redeem().outcome, Redeemed)
    any_world.clock.seconds = START + CHECK_VALIDITY
    assert refused(late.redeem()) == "SHARE_UNKNOWN"
    assert any_world.sharing.purge(any_world.clock.wall()) == 1


def test_a_site_may_keep_it_for_less(tmp_path: Path) -> None:
    """The configuration's days count where they are fewer than the consent's."""
    programme = dataclasses.replace(PROGRAMME, share_retention_days=2)
    world = make_world(programme=programme, certify=lambda root: [certified(root)])
    assert opened(world).leave().outcome == Shared(START + 2 * DAY)


def test_an_expired_consent_shares_nothing(world: World) -> None:
    """After a week the check cannot be shared any more."""
    person = opened(world)
    share = person.share()
    world.clock.seconds = START + CHECK_VALIDITY
    assert refused(person.leave(share)) == "SHARE_CONSENT_EXPIRED"


def destination(world: World) -> Destination:
    """The counsellor's, under the programme's terms."""
    terms = world.intake.programmes[PROGRAMME.id].terms_digest
    return Destination(PROGRAMME.id, terms, COUNSELLOR_KEY.public.key_id)


def test_a_redemption_whose_answer_was_lost_is_answered_again(world: World) -> None:
    """The worker dies before the answer is kept: the same envelope still gets it, another never."""
    person = opened(world)
    person.leave()
    redemption = person.redemption()
    taken = world.sharing.take(
        hashlib.sha256(person.code.redemption_secret).digest(),
        destination(world),
        redemption.report_id,
        START,
    )
    assert taken is not None
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    assert world.reply_to(redemption).outcome == Redeemed(taken)


def test_another_programmes_counsellor_gets_nothing(world: World) -> None:
    """A secret counts for its own programme; the directory of the other is another server's part."""
    person = opened(world)
    person.leave()
    digest = hashlib.sha256(person.code.redemption_secret).digest()
    another = dataclasses.replace(destination(world), programme_id="another")
    assert world.sharing.take(digest, another, b"t" * 16, START) is None


def test_the_gate_gives_the_records_in_order(world: World) -> None:
    """Share, feedback, score, whatever order they came in."""
    person = opened(world)
    share = person.share()
    terms, now = person.laptop.terms, START
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        consents = [read_consent(share.consents[each]) for each in order]
        permission = permit_share(
            share,
            consents,
            signers={person.keys[Scope.SCORE].public, person.keys[Scope.SHARE].public},
            terms=terms,
            counsellors=world.directory.counsellors(PROGRAMME.id, now),
            now=now,
        )
        scopes = [each.scope for each in getattr(permission, "records", ())]
        assert scopes == [Scope.SHARE, Scope.FEEDBACK, Scope.SCORE]


def test_a_replayed_share_is_answered_and_not_kept_twice(any_world: World) -> None:
    """The same envelope gets the same bytes, also after the share was fetched."""
    person = opened(any_world)
    sent = person.laptop.send(person.share(), [person.keys[Scope.SCORE], person.keys[Scope.SHARE]])
    first = any_world.exchange(sent.envelope)
    person.redeem()
    assert any_world.exchange(sent.envelope) == first
    assert refused(person.redeem()) == "SHARE_UNKNOWN"
    other = person.laptop.check(report_id=sent.report_id)
    with pytest.raises(ExchangeRefused):
        any_world.exchange(other.envelope)
