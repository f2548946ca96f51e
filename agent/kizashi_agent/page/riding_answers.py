"""What of a questionnaire the person added for research, as a line of what is about to be sent.

It is sealed to the research key inside the message, so its own fields do not show it.
"""

from typing import Any

from kizashi_protocol import Locale, ResearchAnswers, ResearchTotal

from kizashi_agent.page.keeping_words import page_say
from kizashi_agent.questionnaire.phq9 import phq9
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.research_answers import answers_for_research


def answers_lines(
    exchanger: Exchanger, riding: tuple[str, ...], locale: Locale
) -> list[dict[str, Any]]:
    """What rides of the questionnaire with a check that is sent now, in the form of its fields.

    Args:
        exchanger: of the check.
        riding: standing consents that ride along, as tokens.
        locale: the language spoken.
    """
    match answers_for_research(exchanger.state).riding(riding, exchanger.now()):
        case None:
            return []
        case ResearchAnswers() as answers:
            name, value = "answers", _answers(answers, locale)
        case ResearchTotal(total, days):
            name, value = "bdi_ii", page_say(locale, "bdi_ii_value", total=total, days=days)
    return [
        {
            "name": f"report.check.research.{name}",
            "label": page_say(locale, f"{name}_label"),
            "value": value,
            "group": page_say(locale, "answers_group"),
        }
    ]


def _answers(answers: ResearchAnswers, locale: Locale) -> str:
    form, given = phq9(), answers.difficulty
    return page_say(
        locale,
        "answers_value",
        items=", ".join(
            f"{number}: {form.options[each]}" for number, each in enumerate(answers.items, 1)
        ),
        difficulty="-" if given is None else form.difficulty_options[given],
        days=answers.days_before,
    )
