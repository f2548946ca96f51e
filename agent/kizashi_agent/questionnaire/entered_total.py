"""The total of a BDI-II, which a site hands out itself, as a person enters it."""

from kizashi_protocol import MalformedMessage, ResearchTotal
from kizashi_protocol.research_item import HIGHEST_BDI_II, OLDEST_ANSWERS

from kizashi_agent.errors import InputError


class TotalRefused(InputError):
    """What was entered is no total of a BDI-II of the last two weeks."""

    def __init__(self) -> None:
        super().__init__(
            "what was entered is no total of a BDI-II of the last two weeks",
            f"A total of the BDI-II is a whole number from 0 to {HIGHEST_BDI_II}, and it goes along "
            f"only up to {OLDEST_ANSWERS} days after it was filled in. Correct the two numbers; "
            "nothing was added or sent.",
            reason="TOTAL_MALFORMED",
        )


def read_total(total: object, days_before: object) -> ResearchTotal:
    """A total and how many days ago the questionnaire was filled in, as they come from a page.

    Raises:
        TotalRefused: they are anything else than whole numbers in their ranges.
    """
    # True equals 1 to Python.
    if type(total) is not int or type(days_before) is not int:
        raise TotalRefused
    try:
        return ResearchTotal(total, days_before)
    except MalformedMessage:
        raise TotalRefused from None
