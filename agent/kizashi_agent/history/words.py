"""Words about the history, by language."""

from kizashi_models.feedback.texts import texts_of
from kizashi_models.figures import Figure
from kizashi_protocol import Locale

from kizashi_agent.history.own_baseline import OwnTrend, Place, TooFew
from kizashi_agent.words import Words

say = Words("kizashi_agent.history", "words.toml").say


def about_trend(locale: Locale, trend: OwnTrend | TooFew) -> tuple[str, ...]:
    """What a comparison shows, and then what it is not; or how many checks are wanting."""
    left_out = [say(locale, "left_out", count=trend.left_out)] if trend.left_out else []
    if isinstance(trend, TooFew):
        return (say(locale, "needed", count=trend.needed), *left_out)
    shows = say(locale, f"shows_{trend.together.place}")
    not_that = (say(locale, each) for each in ("not_what", "chance", "talk"))
    return (shows, *not_that, *left_out)


def about_figure(locale: Locale, figure: Figure, place: Place) -> str:
    """Where the newest check lies for one movement."""
    return say(locale, f"unit_{place}", name=name_of(locale, figure))


def name_of(locale: Locale, figure: Figure) -> str:
    """The plain name of a figure's action unit."""
    return texts_of(locale).units[figure.action_unit]
