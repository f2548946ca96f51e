"""The recovery code and what it took back, on a terminal."""

from kizashi_protocol import Invite, Locale, Scope
from kizashi_protocol.display_text import displayable
from rich.console import Console
from rich.text import Text

from kizashi_agent.commands.recovery import RecoveryOutcome
from kizashi_agent.words import say


def show_code(console: Console, locale: Locale, code: str, invite: Invite) -> None:
    """Prints the recovery code, to be written down, and what it is for."""
    console.print(Text(say(locale, "recovery_code")))
    console.print(Text(f"  {code}", style="bold"), soft_wrap=True)
    console.print(Text(say(locale, "recovery_how", invite=str(invite))), soft_wrap=True)


def show_recovery(console: Console, locale: Locale, outcome: RecoveryOutcome) -> None:
    """Prints what was erased, each with its receipt: where it is kept, or all of it."""
    if not outcome.erased and outcome.fault is None:
        console.print(Text(say(locale, "recovery_nothing")))
    if any(each.file is None for each in outcome.erased):
        console.print(Text(say(locale, "recovery_receipts")))
    for each in outcome.erased:
        key = "recovery_checks" if each.scope is Scope.SCORE else "recovery_scope"
        named, address = say(locale, f"scope_{each.scope}"), outcome.invite.address
        console.print(Text(say(locale, key, scope=named, address=address)), soft_wrap=True)
        if each.file is None:
            console.print(Text(each.receipt.to_text()), soft_wrap=True)
        else:
            path = displayable(str(each.file))
            console.print(Text(say(locale, "recovery_receipt", path=path)), soft_wrap=True)
    if outcome.fault is not None:
        console.print(Text(say(locale, "recovery_broken", why=outcome.fault.person)))
