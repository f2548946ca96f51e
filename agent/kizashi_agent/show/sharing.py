"""Sharing on a terminal: the offer, whom to, the code, and what a counsellor reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from kizashi_protocol import (
    ConsentRecipient,
    Feedback,
    Invite,
    Locale,
    Recipient,
    Scope,
    Terms,
    consent_text,
)
from kizashi_protocol.consent import readable_fingerprint
from kizashi_protocol.display_text import displayable
from rich.console import Console
from rich.text import Text

from kizashi_agent.commands.cancel_shares import CancelOutcome
from kizashi_agent.counsellor_key import CounsellorKey
from kizashi_agent.show.layout import print_padded
from kizashi_agent.show.showing import show_feedback
from kizashi_agent.submit.sharing import LeftFeedback
from kizashi_agent.words import minute, say


@dataclass(frozen=True, slots=True)
class SharingOnTerminal:
    """What a person reads while a feedback is offered for sharing.

    Attributes:
        console: where it is printed.
        locale: the language spoken.
    """

    console: Console
    locale: Locale

    def offer(self, counsellors: Sequence[Recipient], agreed_time: int) -> None:
        """Says that the feedback of the check agreed to then can be shared, and with whom."""
        names = "; ".join(each.name for each in counsellors)
        self._title(say(self.locale, "share_title", date=minute(agreed_time)))
        print_padded(self.console, say(self.locale, "share_offer", names=names))

    def counsellor(self, terms: Terms, recipient: ConsentRecipient) -> None:
        """Prints the text that consent is asked with: name and fingerprint are in it."""
        self._title(say(self.locale, "share_consent_title", name=recipient.name))
        print_padded(self.console, consent_text(Scope.SHARE, self.locale, terms, recipient).text)

    def left(self, left: LeftFeedback, counsellor: Recipient) -> None:
        """Prints the code, whole and on a line of its own, and how to take the share back."""
        console, name = self.console, counsellor.name
        until = minute(left.expire_time)
        print_padded(console, say(self.locale, "share_left", name=name, until=until))
        console.print(Text(left.code.written()), soft_wrap=True)
        print_padded(console, say(self.locale, "share_hand_over", name=name))

    def declined(self) -> None:
        """Says that nothing was shared."""
        self.console.print(Text(say(self.locale, "share_declined")))

    def _title(self, title: str) -> None:
        self.console.print(Text("\n" + title, style="bold"))


def show_cancelled(console: Console, locale: Locale, outcome: CancelOutcome) -> None:
    """Prints what was taken back where, what is still to be tried again, and what is past recall."""
    for each in outcome.taken_back:
        key = "share_taken_back" if each.receipt else "share_gone"
        date, address = minute(each.check.sent_time), each.check.invite.address
        words = say(locale, key, address=address, date=date, path=each.receipt)
        console.print(Text(words), soft_wrap=True)
    for check, error in outcome.failed:
        date, address = minute(check.sent_time), check.invite.address
        words = say(locale, "share_not_taken_back", address=address, date=date, why=error.person)
        console.print(Text(words), soft_wrap=True)
    for damaged in outcome.damaged:
        console.print(Text(displayable(damaged.person)), soft_wrap=True)
    told = outcome.taken_back or outcome.failed or outcome.damaged
    console.print(Text(say(locale, "share_past_recall" if told else "share_nothing_left")))


def show_origin(console: Console, locale: Locale, invite: Invite) -> None:
    """Prints where a share code leads: programme, address, and all 64 digits of the root."""
    words = say(
        locale,
        "share_origin",
        programme=invite.programme_id,
        address=invite.address,
        root=invite.root_fingerprint.hex(),
    )
    console.print(Text(words), soft_wrap=True)


def show_fetched(console: Console, locale: Locale, feedback: Feedback) -> None:
    """Prints a shared feedback as the person read it, and what a counsellor must know of it."""
    show_feedback(console, feedback)
    print_padded(console, say(locale, "share_fetched"))


def show_key(console: Console, locale: Locale, key: CounsellorKey, request: str) -> None:
    """Prints the fingerprint of a new key, and where its request has to go."""
    shown = readable_fingerprint(key.request.fingerprint)
    console.print(Text(say(locale, "share_key_made", fingerprint=shown)), soft_wrap=True)
    console.print(Text(say(locale, "share_key_next", request=request)), soft_wrap=True)
