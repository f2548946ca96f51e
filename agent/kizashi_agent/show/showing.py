"""Feedback on a terminal, and what was and was not sent."""

from kizashi_protocol import Feedback, HelpResource, Locale, Summary, read_consent
from kizashi_protocol.display_text import displayable
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from kizashi_agent.commands.check import Sent
from kizashi_agent.landmarks import LANDMARK_COUNT
from kizashi_agent.show.layout import WIDEST, print_padded
from kizashi_agent.words import say

_AROUND_TITLE = 6
"""Cells of a panel's top line that are not its title: corners, and a line and a space each side."""


def show_feedback(console: Console, feedback: Feedback) -> None:
    """Prints the words of a feedback; text is never read as markup."""
    locale = feedback.locale
    width = min(console.width, WIDEST)
    headline = Text(feedback.headline, style="bold")
    # A frame cuts a title that is too long for it, and the last words are "not a diagnosis".
    is_title = headline.cell_len <= width - _AROUND_TITLE
    parts: list[Text | Padding] = [] if is_title else [headline, Text("")]
    parts += [Text(paragraph + "\n") for paragraph in feedback.paragraphs]
    if feedback.contributions:
        parts.append(Text(say(locale, "contributions"), style="bold"))
        parts += [Text(f"  · {each}") for each in feedback.contributions] + [Text("")]
    parts.append(Text(say(locale, "help"), style="bold"))
    parts += [_help(each) for each in feedback.help]
    basis = say(locale, "basis", scorer_id=feedback.scorer_id, norms_id=feedback.norms_id)
    parts.append(Text("\n" + basis, style="dim"))
    console.print(
        Panel(
            Group(*parts),
            title=headline if is_title else None,
            padding=(1, 2),
            width=width,
        )
    )


def show_sent(
    console: Console, locale: Locale, sent: Sent | None, summary: Summary, frames: int
) -> None:
    """Prints what left the laptop and what did not; `sent` is None when scored on the device."""
    lines: list[tuple[str, str]] = []
    if sent is None:
        lines.append(("sent_title", say(locale, "nothing_sent")))
    else:
        lines.append(("sent_title", _sent(locale, sent, summary)))
    not_sent = say(locale, "not_sent", frames=f"{frames:,}", points=LANDMARK_COUNT)
    lines.append(("not_sent_title", not_sent))
    for title, text in lines:
        console.print(Text(say(locale, title), style="bold"))
        print_padded(console, text)
    kept = "kept_local" if sent is None else "kept" if sent.account else "kept_no_account"
    console.print(
        Text(say(locale, kept), style="dim" if kept != "kept_no_account" else ""),
        width=min(console.width, WIDEST),
    )
    if sent is not None and sent.account and sent.submitted.receipt_files:
        folder = displayable(str(sent.submitted.receipt_files[0].parent))
        console.print(Text(say(locale, "receipt_kept", folder=folder), style="dim"), soft_wrap=True)


def figure_names(summary: Summary) -> list[str]:
    """The name of each figure in a summary, such as "AU01.mean", in the order of its schema."""
    names = [
        f"AU{each.action_unit:02d}.{name}"
        for each in summary.action_units
        for name in type(each).__slots__
        if name != "action_unit" and getattr(each, name) is not None
    ]
    names += ["blink_rate", "mouth_open_fraction", "speaking_fraction"]
    for part in (summary.head_motion, summary.quality):
        names += list(type(part).__slots__)
    return names


def _sent(locale: Locale, sent: Sent, summary: Summary) -> str:
    text = say(
        locale,
        "sent",
        bytes=f"{sent.submitted.sent_bytes:,}",
        address=sent.address,
        scoring_operator=sent.programme.scoring_operator,
        figures=len(figure_names(summary)),
        units=len(summary.action_units),
        consents=len(sent.submitted.consents),
        scopes=", ".join(
            say(locale, f"scope_{read_consent(token).scope}") for token in sent.submitted.consents
        ),
    )
    received = say(locale, "received", bytes=f"{sent.submitted.received_bytes:,}")
    after = say(locale, "acknowledged" if sent.submitted.acknowledged else "not_acknowledged")
    return f"{text} {received} {after}"


def _help(resource: HelpResource) -> Padding:
    rest = [resource.description, resource.hours, resource.phone, resource.address]
    text = Text(f"· {resource.name}")
    for each in filter(None, rest):
        text.append(f"\n  {each}", style="dim")
    return Padding(text, (0, 2))
