"""Sharing on the server, from the laptop to the counsellor: kept sealed, handed out once."""

from pathlib import Path

from kizashi_protocol import (
    CHECK_VALIDITY,
    Redeemed,
    Scope,
    Shared,
    read_receipt,
    share_context,
)
from kizashi_protocol.open_share import open_feedback

from tests.server.sharing.opened_check import COUNSELLOR_KEY, NAME, opened, refused
from tests.server.world import START, World


def test_a_feedback_reaches_the_counsellor(any_world: World) -> None:
    """Left with a receipt for the consent, fetched, opened: the same words."""
    person = opened(any_world)
    reply = person.leave()
    assert reply.outcome == Shared(START + CHECK_VALIDITY)
    (receipt,) = reply.consent_receipts
    consent = read_receipt(receipt, any_world.directory.receipt_key_by_id()).consent
    assert (consent.scope, consent.recipient) == (Scope.SHARE, person.recipient)
    redeemed = person.redeem().outcome
    assert isinstance(redeemed, Redeemed)
    context = share_context(person.code)
    assert open_feedback(redeemed.sealed, COUNSELLOR_KEY, context) == person.feedback


def test_it_is_handed_out_once(any_world: World) -> None:
    """The same envelope gets the same sealed reply, another finds nothing."""
    person = opened(any_world)
    person.leave()
    redemption = person.redemption()
    first = any_world.exchange(redemption.envelope)
    assert any_world.exchange(redemption.envelope) == first
    assert refused(person.redeem()) == "SHARE_UNKNOWN"


def test_an_acknowledged_redemption_leaves_nothing(any_world: World) -> None:
    """The counsellor's tool has the sealed reply dropped, too."""
    person = opened(any_world)
    person.leave()
    redemption = person.redemption()
    any_world.reply_to(redemption)
    any_world.reply_to(person.laptop.acknowledge(redemption))
    found = any_world.store.find(redemption.report_id)
    assert found is not None
    assert found.sealed_reply is None


def test_what_was_fetched_is_in_no_file(world_of_files: World, tmp_path: Path) -> None:
    """Neither as it was left nor its secret; before, it was there."""
    world = world_of_files
    person = opened(world)
    share = person.share()
    person.leave(share)

    def files() -> bytes:
        return b"".join(each.read_bytes() for each in tmp_path.iterdir())

    assert share.sealed.ciphertext[:100] in files()
    assert person.code.redemption_secret not in files()
    person.redeem()
    assert share.sealed.ciphertext[:100] not in files()
    assert share.redemption_digest not in files()


def test_the_server_keeps_ciphertext_alone(world_of_files: World, tmp_path: Path) -> None:
    """No word of the feedback, no name and no nonce."""
    world = world_of_files
    person = opened(world)
    person.leave()
    data = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    clear = (person.feedback.headline, *person.feedback.paragraphs, NAME)
    assert not [words for words in clear if words.encode() in data]
    assert person.nonce not in data


def test_every_answer_has_the_one_size(world: World) -> None:
    """A share, a redemption and each refusal look like any other exchange."""
    person = opened(world)
    sent = person.laptop.send(person.share(), [person.keys[Scope.SCORE], person.keys[Scope.SHARE]])
    answers = [world.exchange(each.envelope) for each in (sent, person.redemption())]
    answers += [world.exchange(person.redemption().envelope)]
    assert len({each.to_message().ByteSize() for each in answers}) == 1
