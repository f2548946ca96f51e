"""A check: consent first, then the camera, then the answer."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kizashi_models.feedback import compose
from kizashi_models.scorer import score
from kizashi_models.scorer_loading import load_scorer
from kizashi_protocol import Feedback, Invite, Programme, Terms
from rich.text import Text

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import ServerRefused
from kizashi_agent.history.store import keep_check
from kizashi_agent.pipeline import Measured
from kizashi_agent.show.showing import Sent
from kizashi_agent.show.standing import show_riding
from kizashi_agent.show.words import say
from kizashi_agent.submit.checking import submit_check
from kizashi_agent.submit.consents import Agreement
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.research_answers import answers_for_research
from kizashi_agent.submit.riding import look
from kizashi_agent.submit.standing import standing_consents
from kizashi_agent.submit.trust import Connection

LOCAL_SCORER = "research-prior/1"
"""The packaged scorer, the one a server uses unless its site has another."""

Measure = Callable[[], Measured]
"""Opens the file or camera, measures it and lets go of it; asked for only after consent."""


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
    agree: Callable[[Programme, Terms], Agreement],
    measure: Measure,
    extractor_id: str,
    surroundings: Surroundings,
) -> Checked:
    """Connects, asks, measures, submits; in this order, so that a no costs nothing.

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
    riding = _riding(connection, surroundings)
    show_answers_riding(riding, surroundings)
    agreement = agree(programme, programme.terms(invite.root_fingerprint))
    measured = measure()
    exchanger = surroundings.exchanger(connection)
    submitted = submit_check(measured.summary, agreement, exchanger, riding)
    return Checked(
        submitted.feedback,
        Sent(invite.address, programme, submitted, surroundings.account),
        measured,
        exchanger,
    )


def _riding(connection: Connection, surroundings: Surroundings) -> tuple[str, ...]:
    """The standing consents that go along with a check; the person is told which, and why not."""
    given = standing_consents(surroundings.state).given_to(connection.invite)
    looked = look(given, connection, surroundings.now())
    show_riding(
        surroundings.console, surroundings.locale, [(each.consent, each.life) for each in looked]
    )
    return tuple(each.consent.token for each in looked if each.rides)


def show_answers_riding(riding: tuple[str, ...], surroundings: Surroundings) -> None:
    """Says, before a check, that answers the person added for research go along with it."""
    answers = answers_for_research(surroundings.state).riding(riding, surroundings.now())
    if answers is not None:
        surroundings.console.print(Text(say(surroundings.locale, "answers_ride"), style="dim"))


def check_here(agree: Callable[[], None], measure: Measure, surroundings: Surroundings) -> Checked:
    """Asks, measures and scores on this laptop; sends nothing.

    It goes into the history where the person has turned that on; nothing else is kept.

    Raises:
        AgentError, ModelError: whatever stopped it.
    """
    scorer = load_scorer(None, LOCAL_SCORER)
    agree()
    measured = measure()
    result = score(measured.summary, scorer)
    feedback = compose(result, surroundings.locale, ())
    keep_check(surroundings.state, measured.summary, feedback, surroundings.now())
    return Checked(feedback, None, measured)
