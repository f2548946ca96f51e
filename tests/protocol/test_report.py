"""Reports: each signature covers the header and all that is asked for."""

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    PLAINTEXT_BYTES,
    STANDING,
    Acknowledgement,
    Check,
    Content,
    Header,
    InvalidSigner,
    Label,
    MalformedMessage,
    ProtocolError,
    Recovery,
    Redemption,
    Report,
    Scope,
    ScopeWithdrawal,
    SealedItem,
    Share,
    ShareWithdrawal,
    SigningKey,
    TrendRequest,
    Withdrawal,
    read_report,
    seal_item,
    verify,
    write_report,
)
from kizashi_protocol.consent import LOCALES
from kizashi_protocol.context import framed, info
from kizashi_protocol.keys import expand
from kizashi_protocol.v1 import exchange_pb2

from tests.protocol.strategies import HEADERS, IDENTIFIERS, REPORT_IDS, SUMMARIES
from tests.protocol.values import PARTICIPANT, REPORT_ID, consent_token, summary

OTHER = SigningKey.from_seed(b"o" * 32)
HEADER = Header(bytes(16), "spring-check", REPORT_ID)
REPLY_KEY = expand(b"k" * 32)[1]
CONSENTS = (consent_token(Scope.SCORE), consent_token(Scope.FEEDBACK, OTHER))
CHECK = Report(REPLY_KEY, "en", Check(CONSENTS, "research-prior/1", summary()))
PLAINTEXT = write_report(HEADER, CHECK, [PARTICIPANT, OTHER])

BYTES32 = st.binary(min_size=32, max_size=32)
ITEMS = st.builds(SealedItem, REPORT_IDS, st.binary(min_size=1137, max_size=1200))

CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.builds(
        Check,
        st.lists(st.text(max_size=30), max_size=6).map(tuple),
        IDENTIFIERS,
        SUMMARIES,
        st.none() | st.just(REPLY_KEY),
        st.none() | st.builds(SealedItem, REPORT_IDS, st.binary(min_size=1137, max_size=1200)),
    ),
    st.builds(Acknowledgement, REPORT_IDS),
    st.builds(Withdrawal, REPORT_IDS),
    st.builds(ShareWithdrawal, REPORT_IDS),
    st.builds(ScopeWithdrawal, st.sampled_from(STANDING)),
    st.builds(
        Recovery, st.binary(min_size=32, max_size=32), st.sampled_from((Scope.SCORE, *STANDING))
    ),
    st.just(TrendRequest()),
    st.builds(
        Share,
        REPORT_IDS,
        BYTES32,
        st.lists(st.text(max_size=30), max_size=6).map(tuple),
        ITEMS,
        BYTES32,
    ),
    st.builds(Redemption, BYTES32, st.binary(min_size=16, max_size=16)),
)
REPORTS = st.builds(
    Report,
    st.just(REPLY_KEY),
    st.sampled_from(LOCALES),
    CONTENTS,
    log_size=st.integers(0, 2**64 - 1),
)


def signed_report() -> exchange_pb2.SignedReport:
    """The sound report, to be taken apart."""
    return exchange_pb2.SignedReport.FromString(PLAINTEXT)


@given(header=HEADERS, report=REPORTS)
def test_a_report_survives_the_wire(header: Header, report: Report) -> None:
    """Written and read, a report is the same, with whoever signed it."""
    read = read_report(header, write_report(header, report, [PARTICIPANT, OTHER]))
    assert dataclasses.replace(read, signers=frozenset()) == report
    assert read.signers == {PARTICIPANT.public, OTHER.public}


@given(other=HEADERS.filter(lambda each: each != HEADER))
def test_a_report_cannot_be_moved_under_another_header(other: Header) -> None:
    """Another key, programme or report id voids every signature."""
    with pytest.raises(InvalidSigner):
        read_report(other, PLAINTEXT)


@pytest.mark.parametrize(
    "change",
    [{"key_id": b"\1" * 16}, {"programme_id": "autumn-check"}, {"report_id": bytes(16)}],
    ids=lambda each: next(iter(each)),
)
def test_each_part_of_the_header_is_covered(change: dict[str, bytes | str]) -> None:
    """One part alone is enough to void them."""
    with pytest.raises(InvalidSigner):
        read_report(dataclasses.replace(HEADER, **change), PLAINTEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["consent", "figure", "scorer", "reply key", "locale", "log size"])
def test_nothing_in_a_report_can_be_changed(what: str) -> None:
    """A consent less, another figure, another key for the reply: the signatures do not hold."""
    signed = signed_report()
    report = exchange_pb2.Report.FromString(signed.report)
    match what:
        case "consent":
            del report.check.consents[1]
        case "figure":
            report.check.summary.blink_rate += 1
        case "scorer":
            report.check.scorer_id = "research-prior/2"
        case "reply key":
            report.reply_public_key = expand(b"m" * 32)[1].raw
        case "locale":
            report.locale = "ja"
        case "log size":
            report.log_size += 1
    signed.report = report.SerializeToString()
    with pytest.raises(InvalidSigner):
        read_report(HEADER, signed.SerializeToString())


def test_one_bad_signature_voids_the_others() -> None:
    """Every signature must hold, and not one of them."""
    signed = signed_report()
    signed.signatures[1].signature = signed.signatures[0].signature
    with pytest.raises(InvalidSigner):
        read_report(HEADER, signed.SerializeToString())


def test_a_signature_less_is_a_signer_less() -> None:
    """Taking one away leaves a report that only the other has signed, and says so."""
    signed = signed_report()
    del signed.signatures[1]
    assert read_report(HEADER, signed.SerializeToString()).signers == {PARTICIPANT.public}


@pytest.mark.parametrize("count", [0, 7])
def test_a_report_has_one_to_six_signatures(count: int) -> None:
    """Nobody's report is refused, and so is one that would cost the server many checks."""
    with pytest.raises(MalformedMessage):
        read_report(HEADER, write_report(HEADER, CHECK, [PARTICIPANT] * count))


@pytest.mark.parametrize("name", ["public_key", "signature"])
@pytest.mark.parametrize("size", [0, 31, 63, 65])
def test_keys_and_signatures_have_their_lengths(name: str, size: int) -> None:
    """A key or signature of another length is an error of the protocol."""
    signed = signed_report()
    setattr(signed.signatures[0], name, bytes(size))
    with pytest.raises(ProtocolError):
        read_report(HEADER, signed.SerializeToString())


def sound_share() -> exchange_pb2.Share:
    """A share whose every part has its size."""
    share = exchange_pb2.Share(
        report_id=bytes(16), opening_nonce=bytes(32), redemption_digest=bytes(32)
    )
    share.sealed.key_id, share.sealed.ciphertext = bytes(16), bytes(12_000)
    return share


SPOILED_SHARES: dict[str, Callable[[exchange_pb2.Share], object]] = {
    "a short check": lambda share: setattr(share, "report_id", bytes(15)),
    "a short nonce": lambda share: setattr(share, "opening_nonce", bytes(31)),
    "a long digest": lambda share: setattr(share, "redemption_digest", bytes(33)),
    "nothing sealed": lambda share: share.ClearField("sealed"),
    "too much sealed": lambda share: setattr(share.sealed, "ciphertext", bytes(12_001)),
    "seven consents": lambda share: share.consents.extend(["x"] * 7),
}


def malformed() -> dict[str, exchange_pb2.Report]:
    """Reports that are signed as they should be, and still cannot be acted on."""
    found: dict[str, exchange_pb2.Report] = {}

    def case(name: str) -> exchange_pb2.Report:
        found[name] = exchange_pb2.Report.FromString(signed_report().report)
        return found[name]

    case("no content").ClearField("check")
    case("no summary").check.ClearField("summary")
    case("a figure out of its range").check.summary.blink_rate = 121
    case("seven consents").check.consents.extend(["x"] * 5)
    case("a language nobody knows").locale = "fr"
    case("no reply key").ClearField("reply_public_key")
    case("a reply key of low order").reply_public_key = REPLY_KEY.raw[:-32] + bytes(32)
    case("an acknowledgement of nothing").acknowledgement.report_id = b""
    case("a withdrawal of too much").withdrawal.report_id = bytes(17)
    case("a scope that is for one check").scope_withdrawal.scope = "score"
    case("a scope nobody knows").scope_withdrawal.scope = "TREND"
    case("a recovery without its secret").recovery.SetInParent()
    case("a recovery with too much").recovery.secret = bytes(33)
    case("a trend key that is none").check.trend_public_key = bytes(1216)[1:]
    case("nothing for research").check.research.SetInParent()
    for name, change in SPOILED_SHARES.items():
        case(f"a share with {name}").share.CopyFrom(sound_share())
        change(found[f"a share with {name}"].share)
    case("a redemption without its secret").redemption.SetInParent()
    case("a redemption with too much").redemption.secret = bytes(33)
    return found


MALFORMED = malformed()


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_report_is_refused_though_signed(name: str) -> None:
    """A value out of its form or range is refused whoever signed it."""
    content = MALFORMED[name].SerializeToString()
    bound = write_report(HEADER, CHECK, [PARTICIPANT])
    signed = exchange_pb2.SignedReport.FromString(bound)
    signed.report = content
    signed.signatures[0].signature = sign_report(content)
    with pytest.raises(MalformedMessage):
        read_report(HEADER, signed.SerializeToString())


@pytest.mark.parametrize("plaintext", [b"", b"\xff", b"\x0a\x01\xff"])
def test_bytes_that_are_no_report_are_refused(plaintext: bytes) -> None:
    """Bytes that do not parse are one error."""
    with pytest.raises(MalformedMessage):
        read_report(HEADER, plaintext)


def test_a_check_with_every_consent_fits() -> None:
    """A check with six consents of the usual size leaves room in an envelope."""
    tokens = tuple(consent_token(scope) for scope in Scope)
    research = seal_item(Label.RESEARCH_SUMMARY, b"", REPLY_KEY, b"")
    check = Check(tokens, "research-prior/1", summary(), REPLY_KEY, research)
    full = dataclasses.replace(CHECK, content=check)
    assert len(write_report(HEADER, full, [PARTICIPANT] * 6)) < PLAINTEXT_BYTES - 4


@given(message=st.binary(max_size=50), label=st.sampled_from(Label), other=st.sampled_from(Label))
def test_a_signature_is_for_one_purpose(message: bytes, label: Label, other: Label) -> None:
    """A signature under one label holds under no other."""
    signature = PARTICIPANT.sign(label, message)
    verify(PARTICIPANT.public, signature, label, message)
    if other is not label:
        with pytest.raises(InvalidSigner):
            verify(PARTICIPANT.public, signature, other, message)


def sign_report(content: bytes) -> bytes:
    """The participant's signature over any report under the header."""
    return PARTICIPANT.sign(
        Label.PARTICIPANT_SIGNATURE, framed(info(Label.REPORT, HEADER), content)
    )
