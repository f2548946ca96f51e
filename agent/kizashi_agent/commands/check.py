"""A check: consent first, then the camera, then the answer."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from kizashi_models.feedback import compose
from kizashi_models.scorer import Scorer, score
from kizashi_models.scorer_loading import load_scorer
from kizashi_protocol import Feedback, Invite, Programme, Terms

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import BrokenOff, ServerRefused
from kizashi_agent.history.store import HistoryOutcome, keep_check
from kizashi_agent.pipeline import Measured
from kizashi_agent.submit.checking import Submitted, submit_check
from kizashi_agent.submit.consents import Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.riding import Looked, look, riding_tokens
from kizashi_agent.submit.standing import standing_consents
from kizashi_agent.submit.trust import Connection

LOCAL_SCORER = "research-prior/1"
"""The packaged scorer, the one a server uses unless its site has another."""

Measure = Callable[[], Measured]
"""Opens the file or camera, measures it and lets go of it; asked for only after consent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a check went.

    Attributes:
        address: host and port.
        programme: named in the consents.
        submitted: sizes and receipts.
        account: something of it is kept on the laptop, so that it can be withdrawn.
    """

    address: str
    programme: Programme
    submitted: Submitted
    account: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that was answered.

    Attributes:
        feedback: for the person.
        sent: where it went; None when it was scored on this laptop.
        measured: what was measured.
        exchanger: to the server that answered, for what the person may want of it next.
        history: whether it was kept in the person's own history.
    """

    feedback: Feedback = field(repr=False)
    sent: Sent | None
    measured: Measured
    exchanger: Exchanger | None = field(default=None, repr=False)
    history: HistoryOutcome = HistoryOutcome.OFF


@dataclass(frozen=True, slots=True)
class Opened:
    """A server that can score what this laptop measures, before anybody was asked anything.

    Attributes:
        connection: verified.
        looked: the standing consents given to its programme, and which of them ride along.
    """

    connection: Connection
    looked: tuple[Looked, ...]

    @property
    def terms(self) -> Terms:
        """Everybody that a consent names."""
        return self.connection.programme.terms(self.connection.invite.root_fingerprint)

    @property
    def riding(self) -> tuple[str, ...]:
        """Tokens of the standing consents that ride along."""
        return riding_tokens(self.looked)


def check_with_server(
    invite: Invite,
    agree: Callable[[Programme, Terms, Sequence[Looked]], Agreement],
    measure: Measure,
    extractor_id: str,
    surroundings: Surroundings,
) -> Checked:
    """Connects, asks, measures, submits; in this order, so that a no costs nothing.

    Args:
        invite: of the programme.
        agree: tells the person which standing consents go along and which not, then asks.
        measure: what the answer is about.
        extractor_id: of what measures.
        surroundings: of the command.

    Raises:
        AgentError: whatever stopped it; nothing was sent unless it came from sending.
    """
    with _nothing_sent_yet():
        opened = open_check(invite, extractor_id, surroundings)
        agreement = agree(opened.connection.programme, opened.terms, opened.looked)
        measured = measure()
    return submit(measured, agreement, opened, surroundings)


def open_check(invite: Invite, extractor_id: str, surroundings: Surroundings) -> Opened:
    """Connects to a server and looks whether it can score what is going to be measured.

    Raises:
        AgentError: it cannot be reached or trusted, or has no norms for this extractor.
    """
    connection = surroundings.connect(invite)
    if extractor_id not in connection.programme.extractor_ids:
        raise ServerRefused(
            f"the programme has no norms for {extractor_id}",
            "The server cannot compare what this version of Kizashi measures. Nothing was "
            "recorded or sent. Update Kizashi, or ask your site to update the server.",
            reason="EXTRACTOR_WITHOUT_NORMS",
        )
    given = standing_consents(surroundings.state).given_to(connection.invite)
    return Opened(connection, tuple(look(given, connection, surroundings.now())))


def submit(
    measured: Measured,
    agreement: Agreement,
    opened: Opened,
    surroundings: Surroundings,
    report_id: bytes | None = None,
) -> Checked:
    """Sends what was measured, under what was agreed to, to be answered in the language spoken now.

    `report_id` and errors as `submit_check`.
    """
    connection = opened.connection
    exchanger = surroundings.exchanger(connection)
    submitted = submit_check(
        measured.summary,
        agreement,
        exchanger,
        opened.riding,
        report_id,
        locale=surroundings.locale,
    )
    return Checked(
        submitted.feedback,
        Sent(connection.invite.address, connection.programme, submitted, surroundings.account),
        measured,
        exchanger,
        submitted.history,
    )


def check_here(agree: Callable[[], None], measure: Measure, surroundings: Surroundings) -> Checked:
    """Asks, measures and scores on this laptop; sends nothing.

    It goes into the history where the person has turned that on; nothing else is kept.

    Raises:
        AgentError, ModelError: whatever stopped it.
    """
    with _nothing_sent_yet():
        scorer = local_scorer()
        agree()
        return score_here(measure(), scorer, surroundings)


def local_scorer() -> Scorer:
    """The packaged scorer; `ModelError` where it is missing or damaged."""
    return load_scorer(None, LOCAL_SCORER)


def score_here(measured: Measured, scorer: Scorer, surroundings: Surroundings) -> Checked:
    """Scores on this laptop; sends nothing, and keeps it only in a history that is turned on."""
    feedback = compose(score(measured.summary, scorer), surroundings.locale, ())
    history = keep_check(surroundings.state, measured.summary, feedback, surroundings.now())
    return Checked(feedback, None, measured, history=history)


@contextmanager
def _nothing_sent_yet() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise BrokenOff("Broken off: nothing was sent.") from None
