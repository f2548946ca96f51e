"""Words about answers to the questionnaire, by language."""

from kizashi_protocol import Locale

from kizashi_agent.questionnaire.phq9 import Answers, Severity, range_of
from kizashi_agent.words import Words

say = Words("kizashi_agent.questionnaire", "words.toml").say


def about_answers(locale: Locale, answers: Answers) -> tuple[str, ...]:
    """What is said of complete answers, in order; what the last item calls for goes first."""
    low, high = range_of(answers.severity)
    name = say(locale, answers.severity)
    counted = say(locale, "counted", total=answers.total, low=low, high=high, name=name)
    few = [say(locale, "low")] if answers.severity is Severity.MINIMAL else []
    urgent = about_item_9(locale) if answers.positive_item_9 else ()
    return (*urgent, counted, say(locale, "about"), *few, say(locale, "further"))


def about_item_9(locale: Locale) -> tuple[str, ...]:
    """What is said at once when the last item is answered above "not at all"."""
    return say(locale, "item_9"), say(locale, "item_9_nothing_sent")
