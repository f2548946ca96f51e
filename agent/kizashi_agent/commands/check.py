"""A check: consent first, then the camera, then the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kizashi_models.feedback import compose
from kizashi_models.scorer import score
from kizashi_models.scorer_loading import load_scorer
from kizashi_protocol import Feedback, Invite, Programme, Terms

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import ServerRefused
from kizashi_agent.pipeline import Measured
from kizashi_agent.submit.checking import Submitted, submit_check
from kizashi_agent.submit.consents import Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.riding import Looked, look
from kizashi_agent.submit.standing import standing_consents

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
    """

    feedback: Feedback = field(repr=False)
    sent: Sent | None
    measured: Measured
    exchanger: Exchanger | None = field(default=None, repr=False)


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
    connection = surroundings.connect(invite)
    programme = connection.programme
    if extractor_id not in programme.extractor_ids:
        raise ServerRefused(
            f"the programme has no norms for {extractor_id}",
            "The server cannot compare what this version of Kizashi measures. Nothing was "
            "recorded or sent. Update Kizashi, or ask your site to update the server.",
            reason="EXTRACTOR_WITHOUT_NORMS",
        )
    given = standing_consents(surroundings.state).given_to(invite)
    looked = look(given, connection, surroundings.now())
    agreement = agree(programme, programme.terms(invite.root_fingerprint), looked)
    measured = measure()
    exchanger = surroundings.exchanger(connection)
    riding = tuple(each.consent.token for each in looked if each.rides)
    submitted = submit_check(measured.summary, agreement, exchanger, riding)
    return Checked(
        submitted.feedback,
        Sent(invite.address, programme, submitted, surroundings.account),
        measured,
        exchanger,
    )


def check_here(agree: Callable[[], None], measure: Measure, surroundings: Surroundings) -> Checked:
    """Asks, measures and scores on this laptop; sends and keeps nothing.

    Raises:
        AgentError, ModelError: whatever stopped it.
    """
    scorer = load_scorer(None, LOCAL_SCORER)
    agree()
    measured = measure()
    result = score(measured.summary, scorer)
    return Checked(compose(result, surroundings.locale, ()), None, measured)
