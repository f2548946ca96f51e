"""The other commands' outcomes on a terminal: withdrawals, doctor's findings, tables."""

from kizashi_protocol import Locale
from kizashi_protocol.display_text import displayable
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kizashi_agent.commands.doctor import Finding
from kizashi_agent.commands.send import SendOutcome
from kizashi_agent.commands.withdraw import WithdrawalOutcome, Withdrawn
from kizashi_agent.extract import ExtractOutcome, Status
from kizashi_agent.show.showing import show_feedback
from kizashi_agent.words import minute, say

_MARKS = {True: Text("ok", "green"), False: Text("fails", "bold red"), None: Text("-", "dim")}


def show_withdrawal(console: Console, locale: Locale, outcome: WithdrawalOutcome) -> None:
    """Prints what was erased where, and what is still to be tried again."""
    if outcome.thrown_away:
        console.print(Text(say(locale, "thrown_away", count=outcome.thrown_away)))
    elif not (outcome.withdrawn or outcome.failed or outcome.damaged):
        console.print(Text(say(locale, "nothing_to_withdraw")))
    for each in outcome.withdrawn:
        console.print(Text(_withdrawn(locale, each)), soft_wrap=True)
    for check, error in outcome.failed:
        console.print(
            Text(
                say(
                    locale,
                    "not_withdrawn",
                    address=check.invite.address,
                    date=minute(check.sent_time),
                    why=error.person,
                )
            )
        )
    for damaged in outcome.damaged:
        console.print(Text(displayable(damaged.person)), soft_wrap=True)
    if outcome.cleared:
        console.print(Text(say(locale, "ledger_cleared", count=outcome.cleared)))
    if outcome.ledger:
        console.print(Text(say(locale, "ledger_stays"), style="dim"))


def show_late(console: Console, locale: Locale, outcome: SendOutcome) -> None:
    """Prints the feedback of each check that was sent late."""
    if not (outcome.sent or outcome.failed):
        console.print(Text(say(locale, "nothing_waits")))
    for each in outcome.sent:
        date = minute(each.agreed_time)
        console.print(Text(say(locale, "sent_late", address=each.address, date=date)))
        show_feedback(console, each.feedback)


def show_late_faults(console: Console, outcome: SendOutcome) -> None:
    """Prints why checks were not sent, or not shared."""
    for error in outcome.failed:
        console.print(Text(error.person), soft_wrap=True)


def show_extract(console: Console, outcome: ExtractOutcome) -> None:
    """Prints a line for each recording that failed, and how many did not."""
    for each in outcome.clips:
        if each.status is Status.FAILED:
            console.print(Text(displayable(f"{each.video}: {each.person}")), soft_wrap=True)
    counts = ", ".join(f"{outcome.count(status)} {status}" for status in Status)
    console.print(Text(f"{counts} ({outcome.extractor_id}, {outcome.mode})"))


def show_findings(console: Console, findings: list[Finding]) -> None:
    """Prints a line for each thing looked at."""
    table = Table.grid(padding=(0, 2))
    for each in findings:
        table.add_row(Text(each.name, "bold"), _MARKS[each.holds], Text(each.text))
    console.print(table)


def _withdrawn(locale: Locale, withdrawn: Withdrawn) -> str:
    check, key = withdrawn.check, "withdrawn" if withdrawn.receipt else "already_gone"
    return say(
        locale,
        key,
        address=check.invite.address,
        date=minute(check.sent_time),
        path=withdrawn.receipt,
    )
