"""Answers that the person added for research, as a line of what is about to be sent.

They are sealed to the research key inside the message, so its own fields do not show them.
"""

from typing import Any

from kizashi_protocol import Locale

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
    answers = answers_for_research(exchanger.state).riding(riding, exchanger.now())
    if answers is None:
        return []
    form = phq9()
    named = None if answers.difficulty is None else form.difficulty_options[answers.difficulty]
    items = ", ".join(
        f"{number}: {form.options[each]}" for number, each in enumerate(answers.items, 1)
    )
    value = page_say(
        locale, "answers_value", items=items, difficulty=named or "-", days=answers.days_before
    )
    return [
        {
            "name": "report.check.research.answers",
            "label": page_say(locale, "answers_label"),
            "value": value,
            "group": page_say(locale, "answers_group"),
        }
    ]
