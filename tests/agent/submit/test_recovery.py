"""The recovery code from the first consent to the day the laptop is lost, without a network."""

import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from kizashi_agent.command_line.recovery import typed_code
from kizashi_agent.commands.recovery import RECOVERED, recover
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.participant import recovery_code, recovery_secret
from kizashi_agent.device.recovery_code import (
    RecoveryCodeMistyped,
    code_to_show,
    parse_code,
    written_code,
)
from kizashi_agent.errors import AgentError, ServerUnreachable
from kizashi_agent.show.as_json import recovery_json
from kizashi_agent.show.recovery import show_recovery
from kizashi_agent.submit.checking import submit_check
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import (
    Envelope,
    ReceiptBundle,
    Scope,
    read_consent,
    read_erasure,
    recovery_tag,
)
from kizashi_server.store.replay_contract import ReportState

from tests.agent.submit.laptop import AGREEMENT, Laptop
from tests.agent.submit.standing.in_process import InProcess, Person, held
from tests.agent.submit.test_no_account import without
from tests.protocol.values import summary
from tests.server.world import make_world


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop."""
    return Person(tmp_path / "laptop", InProcess(make_world()))


@pytest.fixture
def borrowed(person: Person, tmp_path: Path) -> Person:
    """Somebody else's laptop, with keys and a check of its own."""
    other = Person(tmp_path / "borrowed", person.server)
    other.check()
    return other


def code_of(person: Person) -> str:
    """The person's code, as it is shown with the first consent."""
    code = code_to_show(person.world.state)
    assert code is not None
    return code


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and what is in it."""
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def states(person: Person) -> list[ReportState]:
    """Where the server has each of the person's checks."""
    found = [person.server.world.store.find(each.report_id) for each in person.world.state.checks()]
    return [each.state for each in found if each is not None]


# --- What goes along with a check


def test_a_check_carries_a_tag_that_only_the_code_can_make(laptop: Laptop) -> None:
    """In the consent to score alone, another in each check."""
    tags = set()
    for _ in range(2):
        submitted = laptop.submit()
        score, feedback = map(read_consent, submitted.consents)
        code, invite = recovery_code(laptop.state.seed()), laptop.sent().invite
        secret = recovery_secret(code, invite.root_fingerprint, invite.programme_id, Scope.SCORE)
        assert score.recovery_digest == recovery_tag(secret, submitted.report_id)
        assert feedback.recovery_digest is None
        tags.add(score.recovery_digest)
        laptop.state.forget_check(submitted.report_id)
    assert len(tags) == 2


def test_a_check_without_an_account_carries_none(laptop: Laptop) -> None:
    """Nobody has a code for it, and nobody is shown one."""
    world = without(laptop)
    done = submit_check(summary(), AGREEMENT, world.exchanger(laptop.exchanger.connection))
    assert [read_consent(each).recovery_digest for each in done.consents] == [None, None]
    assert code_to_show(world.state) is None


# --- When the code is shown


def test_the_code_is_shown_with_the_first_consent_of_any_kind(person: Person) -> None:
    """Once: neither with the next check nor with a consent that outlasts one."""
    person.check()
    code = code_of(person)
    assert parse_code(code) == recovery_code(person.world.state.seed())
    person.check()
    assert code_to_show(person.world.state) is None
    assert person.give(Scope.TREND).code is None


def test_the_code_is_shown_though_the_first_check_found_no_server(person: Person) -> None:
    """Consent was given, and the check waits to be sent."""
    with pytest.raises(ServerUnreachable):
        _cut_off_after_connecting(person).check()
    assert len(waiting_checks(person.world.state).paths()) == 1
    assert code_to_show(person.world.state) is not None


@dataclass
class CutOff(InProcess):
    """A server that shows its directory and takes so many reports, then none."""

    takes: int = 0

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply, while it takes any."""
        if not self.takes:
            raise ServerUnreachable("cut off", "The server is away.", reason="UNREACHABLE")
        self.takes -= 1
        return super().exchange(envelope)


def _cut_off_after_connecting(person: Person, takes: int = 0) -> Person:
    return Person(person.folder, CutOff(person.server.world, takes=takes))


def test_without_a_consent_nothing_is_shown_or_kept(person: Person) -> None:
    """No folder is made by asking."""
    assert code_to_show(person.world.state) is None
    assert not person.folder.exists()


def test_new_keys_have_a_new_code(person: Person) -> None:
    """Once everything is withdrawn, the seed is gone, and its code with it."""
    person.check()
    first = code_of(person)
    withdraw_all(person.world, ledger=True)
    assert tree(person.folder).keys().isdisjoint({str(person.folder / "recovery-code-shown")})
    person.check()
    assert code_of(person) != first


# --- Using it


def test_everything_is_taken_back_from_a_borrowed_laptop(
    person: Person, borrowed: Person, tmp_path: Path
) -> None:
    """Checks and standing consents; the laptop is as before, its owner's check included."""
    person.give(Scope.COHORT)
    person.check()
    person.check()
    code = written_code(recovery_code(person.world.state.seed()))
    before, folder = tree(borrowed.folder), tmp_path / "proofs" / "of mine"
    outcome = recover(code, borrowed.invite, borrowed.world, folder)
    assert outcome.fault is None
    assert [each.scope for each in outcome.erased] == [Scope.COHORT, Scope.SCORE]
    assert states(person) == [ReportState.ERASED] * 2
    assert held(person) == set()
    assert tree(borrowed.folder) == before
    assert states(borrowed) == [ReportState.ANSWERED]
    assert {Path(each) for each in tree(folder)} == {each.file for each in outcome.erased}
    keys = person.server.world.directory.receipt_key_by_id()
    for each in outcome.erased:
        assert each.file is not None
        bundle = ReceiptBundle.parse(each.file.read_bytes())
        assert read_erasure(bundle.token, keys).scope is each.scope


def test_without_a_folder_every_receipt_is_printed_whole(person: Person, tmp_path: Path) -> None:
    """On an empty laptop nothing is made, and the proof is on the screen, or in the JSON."""
    person.check()
    other = Person(tmp_path / "other", person.server)
    outcome = recover(code_of(person), other.invite, other.world)
    (erased,) = outcome.erased
    assert not other.folder.exists()
    show_recovery(other.world.console, "en", outcome)
    assert erased.receipt.to_text() in other.printed()
    described = recovery_json(outcome)["erased"][0]
    assert json.dumps(described["receipt"]) == json.dumps(json.loads(erased.receipt.to_text()))


def test_another_code_takes_nothing_back(person: Person, borrowed: Person) -> None:
    """Neither its own laptop's checks nor anybody else's."""
    person.check()
    outcome = recover(written_code(b"x" * 20), borrowed.invite, borrowed.world)
    assert (outcome.erased, outcome.fault) == ((), None)
    assert states(person) + states(borrowed) == [ReportState.ANSWERED] * 2


def test_a_line_that_breaks_keeps_the_receipts_that_came(
    person: Person, borrowed: Person, tmp_path: Path
) -> None:
    """What was erased is told with what stopped the rest; asked again, all of it is there."""
    person.give(Scope.TREND)
    person.check()
    code = written_code(recovery_code(person.world.state.seed()))
    cut = _cut_off_after_connecting(borrowed, takes=1)
    outcome = recover(code, cut.invite, cut.world, tmp_path / "proofs")
    assert [each.scope for each in outcome.erased] == [Scope.TREND]
    assert outcome.fault is not None
    assert len(tree(tmp_path / "proofs")) == 1
    again = recover(code, borrowed.invite, borrowed.world, tmp_path / "proofs")
    assert [each.scope for each in again.erased] == [Scope.TREND, Scope.SCORE]


def test_a_check_that_waited_on_the_lost_laptop_is_not_scored(
    person: Person, borrowed: Person
) -> None:
    """Whoever sends it later is told that its consent was taken back."""
    lost = _cut_off_after_connecting(person)
    with pytest.raises(ServerUnreachable):
        lost.check()
    recover(code_of(person), borrowed.invite, borrowed.world)
    calls = person.server.world.weigh.calls
    (path,) = waiting_checks(person.world.state).paths()
    waiting = waiting_checks(person.world.state).read(path)
    assert waiting.attempt is not None
    exchanger = person.world.exchanger(person.world.connect(person.invite))
    with pytest.raises(AgentError) as caught:
        exchanger.send(waiting.attempt)
    assert caught.value.reason == "CONSENT_WITHDRAWN"
    assert person.server.world.weigh.calls == calls


def test_secrets_of_one_code_are_not_alike() -> None:
    """Each scope, programme and root has its own, score too."""
    secrets = {
        recovery_secret(b"c" * 20, root, programme, scope)
        for root in (b"r" * 32, b"q" * 32)
        for programme in ("spring", "autumn")
        for scope in RECOVERED
    }
    assert len(secrets) == 16


# --- How it is typed


def test_without_a_terminal_the_code_is_a_line_of_standard_input(person: Person) -> None:
    """And no more than that line is read."""
    source = io.StringIO("ABCD-EFGH\nsomething else\n")
    assert typed_code(person.world, source).strip() == "ABCD-EFGH"
    assert source.readline() == "something else\n"


def test_what_is_no_text_is_no_code(person: Person) -> None:
    """It is told as a slip of the pen."""
    source = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), "utf-8")
    with pytest.raises(RecoveryCodeMistyped):
        typed_code(person.world, source)


def test_the_words_for_people_are_there_in_both_languages(person: Person, tmp_path: Path) -> None:
    """What was erased, where the receipts are, what broke, and that nothing was held."""
    person.check()
    other = Person(tmp_path / "other", person.server)
    outcome = recover(code_of(person), other.invite, other.world, tmp_path / "proofs")
    broken = replace(outcome, fault=AgentError("x", "Why it broke.", reason="X"))
    nothing = replace(outcome, erased=())
    for locale in ("en", "ja"):
        for each in (outcome, broken, nothing):
            show_recovery(other.world.console, locale, each)
    printed = other.printed()
    assert printed.count(hashlib.sha256(outcome.erased[0].receipt.token.encode()).hexdigest()[:16])
    assert printed.count("Why it broke.") == 2
