"""Standing consents from the laptop to a real server's code and back, without a network."""

import dataclasses
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kizashi_agent.commands.check import check_with_server
from kizashi_agent.commands.consent import (
    GivenConsent,
    give_consent,
    list_consents,
    show_own_trend,
    withdraw_scopes,
)
from kizashi_agent.commands.recovery import recover
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import AgentError, ConsentRefused, ServerUnreachable, TrustBroken
from kizashi_agent.pipeline import Measured
from kizashi_agent.show.asking import Asker
from kizashi_agent.show.standing import show_consents, show_given, show_trend
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.device_state import DeviceState, SeedMissing, StateUnreadable
from kizashi_agent.submit.participant import recovery_code, recovery_secret
from kizashi_agent.submit.recorder import NotRecorded
from kizashi_agent.submit.recovery_code import parse_code
from kizashi_agent.submit.riding import research_context
from kizashi_agent.submit.standing import EXPIRES_SOON, Life
from kizashi_agent.submit.transport import Published
from kizashi_agent.submit.trust import Connection, fetch_directory
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import (
    DIRECTORY_KEY_VALIDITY,
    STANDING,
    Band,
    Envelope,
    Invite,
    Label,
    Recipient,
    RecipientRole,
    Scope,
    SealedItem,
    SigningKey,
    certify_directory_key,
    certify_recipient,
    read_receipt,
    read_recipient,
    sign_directory,
)
from kizashi_protocol.consent import LONGEST_VALIDITY
from kizashi_protocol.open_item import open_item
from kizashi_protocol.v1 import directory_pb2, exchange_pb2, summary_pb2
from kizashi_server.lapse import erase_void
from kizashi_server.programmes import carry
from kizashi_server.published import listed
from rich.console import Console

from tests.models.scoring import EXTRACTOR_ID, summary_at
from tests.server.laptop import RESEARCH_KEY, RESEARCHER
from tests.server.world import PROGRAMME, START, World, make_world

DAY = 24 * 3600


@dataclass
class InProcess:
    """A server's intake as the agent's transport sees it; may be cut off."""

    world: World
    down: bool = False

    def get_directory(self, log_size: int) -> Published:
        """The directory, signed from the root down, and the log."""
        return Published(self._signed(), *self.world.intake.shown_log(log_size))

    def _signed(self) -> directory_pb2.SignedDirectory:
        # Renewed at every look, so that a test may last for years.
        keys, now = self.world.keys, self.world.clock.wall()
        until = now + DIRECTORY_KEY_VALIDITY
        certificate = certify_directory_key(
            keys.root, keys.directory.public, start=now, expire=until
        )
        renewed = dataclasses.replace(self.world.directory, issue_time=now, expire_time=until)
        return sign_directory(renewed, keys.directory, certificate)

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply."""
        if self.down:
            raise ServerUnreachable("cut off", "The server is away.", reason="UNREACHABLE")
        return self.world.exchange(envelope)


@dataclass(frozen=True, slots=True)
class OneServer(Surroundings):
    """Surroundings whose every invite leads to one server."""

    server: InProcess

    def connect(self, invite: Invite) -> Connection:
        """The server, with the directory it publishes now."""
        fetched = fetch_directory(self.server, invite, self.state, self.now, self.recorder)
        return Connection(self.server, invite, *fetched)


@dataclass
class Person:
    """Somebody at a laptop, who reads what is printed and says yes or no."""

    folder: Path
    server: InProcess
    says: Callable[[str], bool] = lambda _: True
    out: io.StringIO = field(default_factory=io.StringIO)

    @property
    def invite(self) -> Invite:
        """To the server."""
        root = self.server.world.directory.root_fingerprint
        return Invite("localhost", 8443, PROGRAMME.id, root)

    @property
    def world(self) -> Surroundings:
        """What their commands may touch."""
        return OneServer(
            state=DeviceState(self.folder, os.urandom),
            now=self.server.world.clock.wall,
            random_bytes=os.urandom,
            console=Console(file=self.out, width=200, highlight=False),
            confirm=self.says,
            locale="en",
            recorder=NotRecorded(),
            account=True,
            server=self.server,
        )

    def give(self, scope: Scope) -> GivenConsent:
        """`kizashi consent give`."""
        world = self.world
        asker = Asker(world.console, world.confirm, "en")
        given = give_consent(scope, self.invite, asker.for_standing, world)
        show_given(world.console, "en", given)
        return given

    def check(self, z: float = 2.0) -> tuple[str, ...]:
        """`kizashi check`; gives the receipts."""
        checked = check_with_server(
            self.invite,
            lambda *_: Agreement(NEEDED, "en", "interactive", adult=True),
            lambda: Measured(summary_at(z), 300, ()),
            EXTRACTOR_ID,
            self.world,
        )
        assert checked.sent is not None
        return checked.sent.submitted.receipts

    def printed(self) -> str:
        """Everything printed since this was last asked."""
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text


def researcher(root: SigningKey) -> Recipient:
    """The programme's research key, certified for thirty days."""
    signed = certify_recipient(
        root,
        role=RecipientRole.RESEARCH,
        public=RESEARCH_KEY.public,
        name=RESEARCHER.name,
        programme_id=PROGRAMME.id,
        start=START,
        expire=START + 30 * DAY,
    )
    return read_recipient(signed, root.public)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop and a server that has a research key."""
    return Person(tmp_path / "laptop", InProcess(make_world(certify=lambda r: [researcher(r)])))


def held(person: Person) -> set[Scope]:
    """The scopes under which the server holds anything."""
    return {each.scope for each in person.server.world.holdings.subjects()}


def scopes_of(person: Person, receipts: tuple[str, ...]) -> list[Scope]:
    """What was consented to in a check, by its receipts."""
    keys = person.server.world.directory.receipt_key_by_id()
    return [read_receipt(each, keys).consent.scope for each in receipts]


# --- Giving


def test_without_standing_consents_nothing_is_kept(person: Person) -> None:
    """They are off until they are given, and a check works without them."""
    assert scopes_of(person, person.check()) == list(NEEDED)
    assert held(person) == set()
    assert list_consents(person.world) == []


def test_given_consents_ride_along_with_each_check(person: Person) -> None:
    """Each is countersigned, the server keeps what it allows, and the person is told before."""
    for scope in STANDING:
        person.give(scope)
    person.printed()
    assert scopes_of(person, person.check()) == [*NEEDED, Scope.TREND, Scope.COHORT, Scope.RESEARCH]
    printed = person.printed()
    for scope in STANDING:
        assert f"{scope}, given to {PROGRAMME.display_name}: goes along" in printed
    assert held(person) == set(STANDING)


def test_a_no_costs_nothing_and_keeps_nothing(person: Person) -> None:
    """Neither seed nor record is made, and the next check works the same."""
    person.says = lambda question: "18" in question
    with pytest.raises(ConsentRefused, match="no consent for trend"):
        person.give(Scope.TREND)
    assert not person.folder.exists()
    person.check()
    assert held(person) == set()


def test_the_words_are_shown_before_the_question(person: Person) -> None:
    """Who receives is named, with the fingerprint of the key."""
    seen = []

    def says(_: str) -> bool:
        seen.append(person.out.getvalue())
        return True

    person.says = says
    person.give(Scope.RESEARCH)
    assert RESEARCHER.name in seen[-1]
    assert RESEARCHER.fingerprint.hex(" ", -4)[:17] in seen[-1]


def test_nobody_is_asked_for_research_without_a_research_key(tmp_path: Path) -> None:
    """There would be nobody to receive anything."""
    person = Person(tmp_path / "laptop", InProcess(make_world()))
    with pytest.raises(AgentError) as caught:
        person.give(Scope.RESEARCH)
    assert caught.value.reason == "NO_RESEARCHER"


def test_the_code_is_printed_with_the_first_consent_alone(person: Person) -> None:
    """It is never stored, and no later command shows it."""
    first = person.give(Scope.TREND)
    assert first.code is not None
    assert first.code in person.printed()
    assert first.code not in repr(first)
    assert person.give(Scope.COHORT).code is None
    show_consents(person.world.console, "en", list_consents(person.world))
    assert first.code not in person.printed()
    stored = b"".join(each.read_bytes() for each in person.folder.rglob("*") if each.is_file())
    assert first.code.encode() not in stored
    assert parse_code(first.code) not in stored


def test_a_consent_lasts_twelve_months_and_is_renewed_by_giving_it_again(person: Person) -> None:
    """Thirty days before its end the person is told; afterwards it is not sent any more."""
    consent = person.give(Scope.TREND).consent
    end = START + LONGEST_VALIDITY
    assert consent.record.expire_time == end
    lives = [consent.life(each) for each in (START, end - EXPIRES_SOON - 1, end - EXPIRES_SOON)]
    assert lives == [Life.HOLDS, Life.HOLDS, Life.ENDS_SOON]
    assert [consent.life(each) for each in (end - 1, end)] == [Life.ENDS_SOON, Life.EXPIRED]
    person.server.world.clock.seconds += 100
    assert person.give(Scope.TREND).consent.record.expire_time == end + 100
    assert len(list_consents(person.world)) == 1


def test_an_expired_consent_is_not_sent(person: Person) -> None:
    """The check works without it, and the person is told how to renew."""
    clock = person.server.world.clock
    clock.seconds -= LONGEST_VALIDITY
    person.give(Scope.TREND)
    clock.seconds += LONGEST_VALIDITY
    person.printed()
    assert scopes_of(person, person.check()) == list(NEEDED)
    assert "kizashi consent give trend" in person.printed()


@pytest.mark.parametrize("what", ["scoring_operator", "owner", "display_name"])
def test_a_change_of_terms_voids_a_consent(person: Person, what: str) -> None:
    """It is not sent to the new ones, the person is told why, and the server erases what it held.

    Read and given anew, it counts again.
    """
    person.give(Scope.TREND)
    person.check()
    world = person.server.world
    settings = dataclasses.replace(PROGRAMME, **{what: "Somebody else"})  # type: ignore[arg-type]
    scorer = world.intake.programmes[PROGRAMME.id].scorer
    root = world.directory.root_fingerprint
    programmes = carry([settings], {PROGRAMME.id: scorer}, root, None)
    world.intake = dataclasses.replace(world.intake, programmes=programmes)
    world.directory = dataclasses.replace(
        world.directory, programmes=(listed(settings, (EXTRACTOR_ID,)),)
    )
    erase_void(world.holdings, programmes, START)
    assert held(person) == set()
    person.printed()
    assert scopes_of(person, person.check()) == list(NEEDED)
    assert "no longer counts" in person.printed()
    person.give(Scope.TREND)
    assert Scope.TREND in scopes_of(person, person.check())


def test_another_root_is_another_programme(person: Person, tmp_path: Path) -> None:
    """What was given under one root does not ride to a server of another."""
    person.give(Scope.TREND)
    other = Person(person.folder, InProcess(make_world()))
    assert scopes_of(other, other.check()) == list(NEEDED)
    assert held(other) == set()


def test_a_research_key_that_is_no_longer_certified_receives_nothing(person: Person) -> None:
    """The consent was to somebody else, and is not sent."""
    person.give(Scope.RESEARCH)
    world = person.server.world
    world.directory = dataclasses.replace(world.directory, recipients=())
    assert scopes_of(person, person.check()) == list(NEEDED)


def test_research_receives_the_summary_that_was_scored(person: Person) -> None:
    """Sealed on the laptop, bound to root and programme, opened by the research key."""
    person.give(Scope.RESEARCH)
    person.check(z=1.5)
    (subject,) = person.server.world.holdings.subjects()
    kept = person.server.world.holdings.held(subject.digest)
    assert kept is not None
    item = SealedItem.parse(exchange_pb2.SealedItem.FromString(kept.contents[0]))
    place = research_context(person.invite.root_fingerprint, PROGRAMME.id)
    plaintext = open_item(Label.RESEARCH_SUMMARY, item, RESEARCH_KEY, place)
    assert summary_pb2.Summary.FromString(plaintext) == summary_at(1.5).to_message()


# --- The trend


def test_a_trend_is_shown_in_words(person: Person) -> None:
    """A line a check, the oldest first, with its day; nothing stays with the server's replies."""
    person.give(Scope.TREND)
    person.check(z=2.0)
    person.server.world.clock.seconds += DAY
    person.check(z=-2.0)
    entries = show_own_trend(person.invite, person.world)
    assert [each.band for each in entries] == [Band.MORE, Band.FEWER]
    person.printed()
    show_trend(person.world.console, "en", entries)
    lines = person.printed().splitlines()
    assert lines[1:3] == [
        "2027-01-15  more of these movements than the norm",
        "2027-01-16  fewer of these movements than the norm",
    ]


def test_another_laptop_has_another_trend(person: Person, tmp_path: Path) -> None:
    """A seed of its own opens nothing of somebody else's."""
    person.give(Scope.TREND)
    person.check()
    other = Person(tmp_path / "other", person.server)
    assert show_own_trend(other.invite, other.world) == ()


# --- Taking back


@pytest.mark.parametrize("scope", STANDING)
def test_a_scope_is_taken_back_alone(person: Person, scope: Scope) -> None:
    """It is erased, forgotten here, and rides along no more; the others go on."""
    for each in STANDING:
        person.give(each)
    person.check()
    outcome = withdraw_scopes((scope,), person.world)
    assert [each.scope for each in outcome.erased] == [scope]
    assert all(each.receipt.is_file() for each in outcome.erased)
    assert held(person) == set(STANDING) - {scope}
    person.server.world.clock.seconds += 1
    assert scope not in scopes_of(person, person.check())
    assert held(person) == set(STANDING) - {scope}


def test_what_was_taken_back_can_be_given_again(person: Person) -> None:
    """From then on, and of what was before nothing comes back."""
    person.give(Scope.TREND)
    person.check()
    withdraw_scopes((Scope.TREND,), person.world)
    person.server.world.clock.seconds += 1
    person.give(Scope.TREND)
    person.check()
    assert len(show_own_trend(person.invite, person.world)) == 1


def test_a_server_that_is_away_keeps_a_consent_from_nobody(person: Person) -> None:
    """It rides along no more at once, and is asked for again next time."""
    person.give(Scope.TREND)
    person.check()
    person.server.down = True
    outcome = withdraw_scopes((Scope.TREND,), person.world)
    assert [(scope, error.reason) for scope, _, error in outcome.failed] == [
        (Scope.TREND, "UNREACHABLE")
    ]
    assert [life for _, life in list_consents(person.world)] == [Life.TAKEN_BACK]
    person.server.down = False
    assert Scope.TREND not in scopes_of(person, person.check())
    withdraw_scopes((Scope.TREND,), person.world)
    assert (list_consents(person.world), held(person)) == ([], set())


def test_a_check_that_waits_with_the_consent_is_thrown_away(person: Person) -> None:
    """It would have brought what is no longer wanted."""
    person.give(Scope.TREND)
    person.server.down = True
    with pytest.raises(ServerUnreachable):
        person.check()
    waiting = waiting_checks(person.world.state)
    assert len(list(waiting)) == 1
    withdraw_scopes((Scope.COHORT,), person.world)
    assert len(list(waiting)) == 1
    withdraw_scopes((Scope.TREND,), person.world)
    assert list(waiting) == []


def test_the_code_takes_everything_back_from_another_laptop(person: Person, tmp_path: Path) -> None:
    """With the invite and nothing else; asked again, receipts are given again."""
    code = person.give(Scope.TREND).code
    assert code is not None
    person.give(Scope.COHORT)
    person.check()
    other = Person(tmp_path / "other", person.server)
    for _ in range(2):
        outcome = recover(code, other.invite, other.world)
        scopes = [each.scope for each in outcome.erased]
        assert scopes == [Scope.SCORE, Scope.TREND, Scope.COHORT]
        assert held(person) == set()
    with pytest.raises(AgentError) as caught:
        person.check()
    assert caught.value.reason == "CONSENT_WITHDRAWN"


def test_another_code_takes_nothing_back(person: Person, tmp_path: Path) -> None:
    """Nobody guesses a code, and who tries learns only that nothing is held under it."""
    person.give(Scope.TREND)
    person.check()
    other = Person(tmp_path / "other", person.server)
    another = other.give(Scope.COHORT).code
    assert another is not None
    assert recover(another, other.invite, other.world).erased == ()
    assert held(person) == {Scope.TREND}


def test_secrets_of_one_code_are_not_alike() -> None:
    """Scope, programme and root each make another, and none tells the code."""
    code = recovery_code(b"s" * 32)
    secrets = {
        recovery_secret(code, root, programme, scope)
        for root in (b"r" * 32, b"q" * 32)
        for programme in ("spring", "autumn")
        for scope in STANDING
    }
    assert len(secrets) == 12
    assert not any(code in each for each in secrets)


# --- What the laptop keeps


def test_a_damaged_record_is_told(person: Person) -> None:
    """Nothing is sent in its place."""
    person.give(Scope.TREND)
    (path,) = (person.folder / "standing").iterdir()
    path.write_bytes(b"{}")
    with pytest.raises(StateUnreadable):
        person.check()


def test_damaged_records_stop_no_withdrawal(person: Person) -> None:
    """What else was given is erased; the damage is told, and what waits unreadable is thrown away."""
    person.give(Scope.TREND)
    person.check()
    (path,) = (person.folder / "standing").iterdir()
    (person.folder / "standing" / f"{'0' * 64}.json").write_bytes(b"{}")
    (person.folder / "waiting").mkdir(exist_ok=True)
    waiting = person.folder / "waiting" / f"{'0' * 32}.sealed"
    waiting.write_bytes(b"damaged")
    outcome = withdraw_scopes((Scope.TREND,), person.world)
    assert [each.scope for each in outcome.erased] == [Scope.TREND]
    assert [each.reason for each in outcome.damaged] == ["STATE_UNREADABLE"]
    assert outcome.fault is outcome.damaged[0]
    assert not path.exists()
    assert not waiting.exists()


def test_consents_without_their_seed_are_told(person: Person) -> None:
    """Another seed would sign with keys that no server knows."""
    person.give(Scope.TREND)
    (person.folder / "seed").unlink()
    with pytest.raises(SeedMissing):
        person.check()


def test_the_seed_goes_with_the_last_consent(person: Person) -> None:
    """As it does with the last check."""
    person.give(Scope.TREND)
    assert (person.folder / "seed").exists()
    withdraw_scopes((Scope.TREND,), person.world)
    assert not (person.folder / "seed").exists()


def test_nothing_is_trusted_that_does_not_hold(person: Person) -> None:
    """A receipt by a key that is not listed ends in an error, and the record stays."""
    person.give(Scope.TREND)
    world = person.server.world
    forged = dataclasses.replace(world.intake.keyring, receipt=SigningKey.from_seed(b"x" * 32))
    world.intake = dataclasses.replace(world.intake, keyring=forged)
    outcome = withdraw_scopes((Scope.TREND,), person.world)
    assert [type(error) for *_, error in outcome.failed] == [TrustBroken]
    assert [life for _, life in list_consents(person.world)] == [Life.TAKEN_BACK]
