"""The person's own history and their answers, as the page shows and takes them."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from kizashi_models.feedback.help_resources import help_resources
from kizashi_models.figures import Figure
from kizashi_protocol import Locale, ResearchAnswers, Scope
from kizashi_protocol.moments import DAY
from kizashi_protocol.research_item import HIGHEST_BDI_II, OLDEST_ANSWERS
from kizashi_protocol.summary import INTENSITY_UNITS

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.sealed_files import KeptUnreadable
from kizashi_agent.errors import ConsentRefused
from kizashi_agent.history import words as history_words
from kizashi_agent.history.own_baseline import Course, OwnTrend, TooFew, own_trend
from kizashi_agent.history.store import KeptCheck, history_of
from kizashi_agent.loopback.given import Given
from kizashi_agent.loopback.page_errors import BadRequest
from kizashi_agent.questionnaire import words as questionnaire_words
from kizashi_agent.questionnaire.entered_total import read_total
from kizashi_agent.questionnaire.kept import KeptAnswers, kept_questionnaires
from kizashi_agent.questionnaire.phq9 import Answers, phq9
from kizashi_agent.submit.research_answers import AddedAnswers, answers_for_research, digest_of
from kizashi_agent.submit.standing import Life, StandingConsent, standing_consents

Answer = dict[str, Any]


def show_history(world: Surroundings) -> Answer:
    """Every check kept, and where the newest lies against the person's own others."""
    history = history_of(world.state)
    kept = history.read()
    found = own_trend(kept.entries)
    is_on = history.is_on()
    about = ("keeping",) if is_on else ("off", "keeping")
    return {
        "kept": is_on,
        "text": [history_words.say(world.locale, each) for each in about],
        "entries": [_entry(each) for each in kept.checks],
        "damaged": _damaged(kept.damaged),
        "needed": found.needed if isinstance(found, TooFew) else 0,
        "trend": None if isinstance(found, TooFew) else _trend(world.locale, found),
    }


def turn_history(world: Surroundings, given: Given) -> Answer:
    """Has checks be kept, or no longer; what is there stays."""
    history = history_of(world.state)
    history.turn(on=given.flag("on"))
    return {"kept": history.is_on()}


def remove_check(world: Surroundings, given: Given) -> Answer:
    """Erases one check of the history."""
    removed = history_of(world.state).remove(_name(given))
    world.state.drop_unused_seed()
    return {"removed": removed}


def clear_history(world: Surroundings, _: Given) -> Answer:
    """Erases every check of the history; whether checks are kept stays as it is."""
    removed = history_of(world.state).clear()
    world.state.drop_unused_seed()
    return {"removed": removed}


def show_questionnaire(world: Surroundings) -> Answer:
    """The questionnaire as published, the help there is, and the answers kept."""
    form, locale = phq9(), world.locale
    kept, damaged = kept_questionnaires(world.state).read()
    may_add = _research_consent(world) is not None
    added = answers_for_research(world.state).waiting()
    return {
        **asdict(form),
        "note": questionnaire_words.say(locale, "note") if locale != form.language else None,
        "help": _help(locale),
        "item_9": list(questionnaire_words.about_item_9(locale)),
        "research": may_add,
        "research_text": questionnaire_words.say(locale, "research" if may_add else "no_research"),
        "for_research": None if added is None else _waiting(added),
        "highest_bdi_ii": HIGHEST_BDI_II,
        "oldest_answers": OLDEST_ANSWERS,
        "kept": [_kept_answers(locale, each) for each in kept],
        "damaged": _damaged(damaged),
    }


def answer_questionnaire(world: Surroundings, given: Given) -> Answer:
    """Scores answers, and keeps or adds them for research only where the person chose that.

    Raises:
        AnswersRefused: they are incomplete.
        ConsentRefused: they were to be added for research, and no consent to it holds.
    """
    answers = Answers.parse(given.members.get("answers"), given.members.get("difficulty"))
    keep, research = given.flag("keep"), given.flag("research")
    consent = _given_to_research(world) if research else None
    if keep:
        kept_questionnaires(world.state).keep(answers, world.now())
    if consent is not None:
        # Last: where it is told as a fault, nothing rides.
        given_now = ResearchAnswers(answers.items, answers.difficulty, 0)
        added = AddedAnswers(given_now, world.now(), digest_of(consent.token))
        answers_for_research(world.state).add(added)
    return {**_scored(world.locale, answers), "kept": keep, "rides": research}


def add_total(world: Surroundings, given: Given) -> Answer:
    """Adds the total of a BDI-II for research, in place of what waited.

    Raises:
        TotalRefused: it is none, or the questionnaire was filled in too long ago.
        ConsentRefused: no consent to research holds.
    """
    entered = read_total(given.members.get("total"), given.members.get("days"))
    consent = _given_to_research(world)
    answered = world.now() - entered.days_before * DAY
    added = AddedAnswers(replace(entered, days_before=0), answered, digest_of(consent.token))
    answers_for_research(world.state).add(added)
    return {"rides": True}


def remove_answers(world: Surroundings, given: Given) -> Answer:
    """Erases one questionnaire that was kept."""
    removed = kept_questionnaires(world.state).remove(_name(given))
    world.state.drop_unused_seed()
    return {"removed": removed}


def clear_answers(world: Surroundings, _: Given) -> Answer:
    """Erases every questionnaire that was kept; what was added for research waits on."""
    removed = kept_questionnaires(world.state).clear()
    world.state.drop_unused_seed()
    return {"removed": removed}


def keep_back_answers(world: Surroundings, _: Given) -> Answer:
    """Has answers that were added for research ride with no check after all."""
    removed = answers_for_research(world.state).drop()
    world.state.drop_unused_seed()
    return {"removed": removed}


def _given_to_research(world: Surroundings) -> StandingConsent:
    consent = _research_consent(world)
    if consent is None:
        raise ConsentRefused(
            "answers were to be added without a consent to research",
            "You have not agreed to research, or no longer, so your answers were not added, kept "
            "or sent. Agree to it under standing consents first, or leave that choice off.",
            reason="NO_CONSENT_RESEARCH",
        )
    return consent


def _research_consent(world: Surroundings) -> StandingConsent | None:
    # As far as can be told without asking anybody; a check looks again before it sends.
    invite = world.state.invite()
    given = () if invite is None else standing_consents(world.state).readable()[0]
    return next((each for each in given if _is_for(each, invite, world.now())), None)


def _is_for(consent: StandingConsent, invite: object, now: int) -> bool:
    holds = consent.life(now) in (Life.HOLDS, Life.ENDS_SOON)
    return holds and consent.record.scope is Scope.RESEARCH and consent.invite == invite


def _entry(check: KeptCheck) -> Answer:
    entry = check.entry
    feedback, summary = entry.feedback, entry.summary
    return {
        "id": check.name,
        "time": entry.time,
        "band": feedback.band,
        "headline": feedback.headline,
        "locale": feedback.locale,
        "scorer_id": feedback.scorer_id,
        "norms_id": feedback.norms_id,
        "extractor_id": summary.extractor_id,
        "sent": entry.report_id is not None,
        "units": {
            str(each.action_unit): {
                "mean": each.mean if each.action_unit in INTENSITY_UNITS else None,
                "presence_rate": each.presence_rate,
            }
            for each in summary.action_units
        },
    }


def _trend(locale: Locale, trend: OwnTrend) -> Answer:
    return {
        "extractor_id": trend.extractor_id,
        "mode": trend.mode,
        "times": list(trend.times),
        "left_out": trend.left_out,
        "text": list(history_words.about_trend(locale, trend)),
        "units": [
            history_words.about_figure(locale, figure, course.place)
            for figure, course in trend.figures
        ],
        "together": _course(trend.together),
        "figures": [_figure(locale, *each) for each in trend.figures],
    }


def _figure(locale: Locale, figure: Figure, course: Course) -> Answer:
    return {
        "unit": figure.action_unit,
        "figure": figure.statistic,
        "name": history_words.name_of(locale, figure),
        **_course(course),
    }


def _course(course: Course) -> Answer:
    return {**asdict(course), "values": list(course.values), "place": course.place}


def _scored(locale: Locale, answers: Answers) -> Answer:
    return {
        "total": answers.total,
        "severity": answers.severity,
        "positive_item_9": answers.positive_item_9,
        "item_9": list(questionnaire_words.about_item_9(locale) if answers.positive_item_9 else ()),
        "text": list(questionnaire_words.about_answers(locale, answers)),
        "help": _help(locale),
    }


def _waiting(added: AddedAnswers) -> Answer:
    kind = "answers" if isinstance(added.answers, ResearchAnswers) else "bdi_ii"
    return {"kind": kind, "answered": added.answered_time}


def _kept_answers(locale: Locale, kept: KeptAnswers) -> Answer:
    return {"id": kept.name, "time": kept.time, **_scored(locale, kept.answers)}


def _help(locale: Locale) -> list[dict[str, Any]]:
    return [asdict(each) for each in help_resources(locale)]


def _damaged(errors: Iterable[KeptUnreadable]) -> list[dict[str, str]]:
    return [
        {
            "id": each.path.stem,
            "file": str(each.path),
            "reason": each.reason,
            "message": each.person,
        }
        for each in errors
    ]


def _name(given: Given) -> str:
    name = given.text("id")
    if name is None:
        raise BadRequest("nothing is named")
    return name
