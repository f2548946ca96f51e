"""The steps of a check: each does what a command does, and then turns the visit."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import version

from kizashi_protocol import LOCALES, Locale, Scope, consent_text
from starlette.routing import Route

from kizashi_agent.commands.check import Checked, local_scorer, open_check, score_here, submit
from kizashi_agent.device.recovery_code import has_unseen_code
from kizashi_agent.device.state_errors import StateUnreadable
from kizashi_agent.edge import described
from kizashi_agent.history.store import HistoryOutcome
from kizashi_agent.loopback.given import Given
from kizashi_agent.loopback.page_errors import BadRequest, OutOfTurn
from kizashi_agent.page import visit as visits
from kizashi_agent.page.answering import Answer, looking, of_any_tab, stepping, visit_json
from kizashi_agent.page.review import sending
from kizashi_agent.page.visit import Answered, AtServer, Here, Stage, Visit
from kizashi_agent.page.world import PageWorld
from kizashi_agent.show.asking import refused, under_age
from kizashi_agent.submit.consents import NEEDED, Agreement
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_agent.words import say


def step_routes(world: PageWorld) -> list[Route]:
    """The calls of a check, from the welcome to the sending."""
    return [
        of_any_tab("/api/visit", world, "GET", partial(show_visit, world)),
        of_any_tab("/api/tab/claim", world, "POST", partial(claim, world)),
        stepping("/api/locale", world, set_locale),
        stepping("/api/start", world, start),
        stepping("/api/consents", world, consents),
        looking("/api/measured", world, measured),
        stepping("/api/send", world, send),
        looking("/api/waiting", world, show_waiting),
        stepping("/api/throw-away", world, throw_away),
        stepping("/api/again", world, again),
    ]


def show_visit(world: PageWorld, tab: str, _: Given) -> Answer:
    """Where the visit is, whose tab it is in, and what this laptop knows."""
    state = world.base.state
    waiting = len(waiting_checks(state).paths())
    if waiting == 0:
        world.visit.turn(visits.nothing_waits)
    visit = world.visit.now
    whose = "this" if world.tab.drives(tab) else "another" if world.tab.is_claimed else "none"
    return {
        "visit": visit_json(visit) | {"tab": whose},
        "locale": visit.locale,
        "joined": (world.invite or state.invite()) is not None,
        "account": state.has_given(),
        "waiting": waiting,
        "recovery": has_unseen_code(state),
        "version": version("kizashi"),
    }


def claim(world: PageWorld, tab: str, given: Given) -> Answer:
    """Has a tab drive; from another one only when told to."""
    world.tab.claim(tab, take_over=given.flag("take_over"))
    return {"visit": visit_json(world.visit.now) | {"tab": "this"}}


def set_locale(world: PageWorld, given: Given) -> Answer:
    """Changes the language."""
    named = given.text("locale")
    if named not in LOCALES:
        raise BadRequest("a language that is not spoken")
    locale: Locale = LOCALES[LOCALES.index(named)]
    world.visit.turn(lambda visit: replace(visit, locale=locale))
    return {"locale": locale}


def start(world: PageWorld, given: Given) -> Answer:
    """Settles who is to score, and returns what is asked before anything is measured."""
    visit = world.visit.now
    visit.require("start", Stage.WELCOME, Stage.CONSENTS)
    where = _where(world, given)
    visit = world.visit.turn(lambda visit: visits.started(visit, where))
    return _asked(where, visit.asked_in)


def _where(world: PageWorld, given: Given) -> AtServer | Here:
    no_account = given.flag("no_account")
    if given.flag("local"):
        return Here(local_scorer())
    surroundings = world.surroundings
    typed = given.text("invite")
    invite = world.invite if world.invite and typed is None else surroundings.invite(typed)
    if no_account:
        surroundings = surroundings.without_account(invite)
    return AtServer(open_check(invite, world.measurer.extractor_id, surroundings), surroundings)


def _asked(where: AtServer | Here, locale: Locale) -> Answer:
    asked: Answer = {"age_question": say(locale, "age_question"), "locale": locale}
    if isinstance(where, Here):
        text = {"scope": Scope.SCORE, "name": say(locale, "scope_score"), "version": 1}
        here: Answer = {"local": True, "programme": None, "address": None, "riding": []}
        return asked | here | {"consents": [text | {"text": say(locale, "local_text")}]}
    opened = where.opened
    programme = opened.connection.programme
    texts = {scope: consent_text(scope, locale, opened.terms) for scope in NEEDED}
    return asked | {
        "local": False,
        "programme": {
            "display_name": programme.display_name,
            "owner": programme.owner,
            "scoring_operator": programme.scoring_operator,
            "setting": programme.setting,
        },
        "address": opened.connection.invite.address,
        "account": where.surroundings.account,
        "consents": [
            {
                "scope": scope,
                "name": say(locale, f"scope_{scope}"),
                "text": text.text,
                "version": text.version,
                "digest": text.digest.hex(),
            }
            for scope, text in texts.items()
        ],
        "riding": [
            {
                "scope": each.consent.record.scope,
                "name": say(locale, f"scope_{each.consent.record.scope}"),
                "rides": each.rides,
                "until": each.consent.record.expire_time,
            }
            for each in opened.looked
        ],
    }


def consents(world: PageWorld, given: Given) -> Answer:
    """Takes the answers to what was asked; a no ends the visit, and costs nothing.

    Raises:
        ConsentRefused: somebody said no.
    """
    visit = world.visit.now
    visit.require("consents", Stage.CONSENTS)
    needed = (Scope.SCORE,) if isinstance(visit.where, Here) else NEEDED
    answers = given.part("scopes")
    no = None if given.flag("adult") else under_age()
    no = no or next((refused(each) for each in needed if not answers.flag(each)), None)
    if no is not None:
        world.visit.turn(visits.again)
        raise no
    agreement = None
    if isinstance(visit.where, AtServer):
        agreement = Agreement(NEEDED, visit.asked_in, "interactive", adult=True)
    world.visit.turn(lambda visit: visits.agreed(visit, agreement))
    return {}


def measured(world: PageWorld) -> Answer:
    """What was measured, and field by field what would be sent."""
    visit = world.visit.now
    visit.require("measured", Stage.MEASURED, Stage.FEEDBACK)
    if visit.recorded is None:  # feedback on a check that had waited
        raise OutOfTurn("measured", visit.stage)
    found = visit.recorded
    return {
        "profile": found.profile(visit.locale),
        "warnings": list(found.measured.cautions),
        "frames": found.measured.frames,
        "dropped": found.dropped,
        "sending": sending(visit),
    }


def send(world: PageWorld, _: Given) -> Answer:
    """Sends what was measured, or has it scored here, as was agreed to.

    A check that was not answered waits on this laptop where it is worth another try, whatever went
    wrong: sent from there it is the same report, and here it would be another.
    """
    visit = world.visit.now
    visit.require("send", Stage.MEASURED)
    if isinstance(visit.where, Here):
        return _came(world, _scored(visit, world))
    recorded = visit.recorded
    try:
        checked = _submitted(visit)
    except Exception as error:
        waiting = waiting_checks(world.base.state)
        if recorded is None or not waiting.is_kept(recorded.report_id):
            raise
        world.visit.turn(visits.kept_waiting)
        reason, message = described(error)[:2]
        return {"reason": reason, "message": message}
    return _came(world, checked)


def notice(history: HistoryOutcome, locale: Locale) -> Answer:
    """What is said beside a feedback where the history that was chosen has not got it."""
    if history is not HistoryOutcome.FAILED:
        return {}
    message = say(locale, "history_failed")
    return {"notice": {"reason": "HISTORY_NOT_KEPT", "message": message}}


def _came(world: PageWorld, checked: Checked) -> Answer:
    answered = Answered(checked.feedback, checked.sent, checked.exchanger)
    visit = world.visit.turn(lambda visit: visits.feedback_came(visit, answered))
    return notice(checked.history, visit.locale)


def show_waiting(world: PageWorld) -> Answer:
    """When the first of the checks that wait can no longer be sent; None where none can be read."""
    waiting = waiting_checks(world.base.state)
    ends = []
    for path in waiting.paths():
        with suppress(StateUnreadable):
            ends.append(waiting.read(path).expire_time)
    return {"until": min(ends, default=None)}


def throw_away(world: PageWorld, _: Given) -> Answer:
    """Forgets what was measured, or erases the checks that wait unsent on this laptop."""
    visit = world.visit.now
    visit.require("throw away", Stage.MEASURED, Stage.WAITING, Stage.WELCOME)
    thrown_away = 0
    if visit.stage is not Stage.MEASURED:
        thrown_away = waiting_checks(world.base.state).drop_all()
    world.visit.turn(visits.again)
    return {"thrown_away": thrown_away}


def again(world: PageWorld, _: Given) -> Answer:
    """Back to the beginning; nothing of the visit is held any more."""
    world.visit.turn(visits.again)
    return {}


def _scored(visit: Visit, world: PageWorld) -> Checked:
    if not isinstance(visit.where, Here) or visit.recorded is None:
        raise OutOfTurn("score", visit.stage)
    return score_here(visit.recorded.measured, visit.where.scorer, world.surroundings)


def _submitted(visit: Visit) -> Checked:
    where, agreement, recorded = visit.where, visit.agreement, visit.recorded
    if not isinstance(where, AtServer) or agreement is None or recorded is None:
        raise OutOfTurn("send", visit.stage)
    spoken = replace(where.surroundings, locale=visit.locale)
    return submit(recorded.measured, agreement, where.opened, spoken, recorded.report_id)
