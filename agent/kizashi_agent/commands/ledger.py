"""Reads and erases the ledger."""

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import ConsentRefused
from kizashi_agent.ledger.entry import Entry
from kizashi_agent.ledger.store import Contents
from kizashi_agent.words import say


def ledger_contents(surroundings: Surroundings) -> Contents:
    """Every message, and all that is wrong with the ledger; errors as `Ledger.read`."""
    return surroundings.ledger().read()


def ledger_entry(surroundings: Surroundings, number: int) -> Entry:
    """One message; errors as `Ledger.entry`."""
    return surroundings.ledger().entry(number)


def clear_ledger(surroundings: Surroundings) -> int:
    """Erases every message, and the seed where nothing else needs it; returns how many."""
    count = surroundings.ledger().clear()
    if count:
        surroundings.state.drop_unused_seed()
    return count


def ask_to_clear(surroundings: Surroundings) -> None:
    """Returns when the person says yes.

    Raises:
        ConsentRefused: they said no, or nobody can be asked.
    """
    question = say(surroundings.locale, "ledger_clear_question")
    if surroundings.confirm is not None and surroundings.confirm(question):
        return
    raise ConsentRefused(
        "erasing the ledger was not confirmed",
        "Nothing was erased. To erase the ledger without being asked, add --yes.",
        reason="NOT_CONFIRMED",
    )
