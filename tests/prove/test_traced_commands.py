"""No command of a person's laptop goes untraced without a reason."""

from tests.prove.commands import TRACED, UNTRACED, UNTRACED_OPTIONS, command_of, every_command

EVERY = dict(every_command())


def test_every_command_is_traced_or_says_why_not() -> None:
    """`make prove` runs each under a system-call trace; a new one has to be added here."""
    assert TRACED.keys() | UNTRACED.keys() == EVERY.keys()
    assert not TRACED.keys() & UNTRACED.keys()


def test_every_option_is_traced_or_says_why_not() -> None:
    """An option may send or write what its command otherwise would not."""
    left = {
        f"{command} {option}"
        for command, options in EVERY.items()
        if command not in UNTRACED
        for option in options - TRACED[command]
    }
    excused = {
        each
        for each in left
        if any(each == name or each.endswith(f" {name}") for name in UNTRACED_OPTIONS)
    }
    assert left == excused


def test_nothing_is_said_of_what_is_not_there() -> None:
    """A command or an option that went leaves no reason behind."""
    assert all(options <= EVERY[command] for command, options in TRACED.items())
    there = {f"{command} {option}" for command, options in EVERY.items() for option in options}
    assert all(any(f" {each}".endswith(f" {name}") for each in there) for name in UNTRACED_OPTIONS)


def test_words_are_known_for_their_command() -> None:
    """However many words a command has, and wherever its options stand."""
    scoped = command_of("kizashi", ["withdraw", "--scope", "trend"])
    assert scoped == ("kizashi withdraw", frozenset({"--scope"}))
    below = command_of("kizashi", ["ledger", "clear", "--yes"])
    assert below == ("kizashi ledger clear", frozenset({"--yes"}))
