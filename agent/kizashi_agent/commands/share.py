"""Sharing a feedback: offered once, right after it was shown; fetched by the counsellor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from kizashi_protocol import (
    ConsentRecipient,
    ConsentRecord,
    Feedback,
    MalformedMessage,
    Recipient,
    Scope,
    ShareCode,
    Terms,
    read_consent,
)

from kizashi_agent.commands.send import SendOutcome
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.counsellor_key import (
    LONGEST_FILE,
    CounsellorKey,
    LockedKey,
    make_key_file,
    read_key_file,
)
from kizashi_agent.errors import AgentError, InputError
from kizashi_agent.new_file import is_there, write_new
from kizashi_agent.submit.checking import Submitted
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.sharing import (
    LeftFeedback,
    counsellor_named,
    fetch_feedback,
    leave_feedback,
)
from kizashi_agent.words import say


class SharingShown(Protocol):
    """What a person is shown while a feedback is offered for sharing."""

    def offer(self, counsellors: Sequence[Recipient], agreed_time: int) -> None:
        """That the feedback of the check agreed to then can be shared, and with whom."""

    def counsellor(self, terms: Terms, recipient: ConsentRecipient) -> None:
        """The text that consent is asked with."""

    def left(self, left: LeftFeedback, counsellor: Recipient) -> None:
        """The code, and how to take the share back."""

    def declined(self) -> None:
        """That nothing was shared."""


def offer_sharing(
    submitted: Submitted, exchanger: Exchanger, shown: SharingShown, surroundings: Surroundings
) -> LeftFeedback | None:
    """Asks whether a feedback that was just shown is to be shared; None when it is not.

    It is asked only of somebody at a terminal who also agreed to the check there, only after a
    check by a server whose programme lists a counsellor, and only where something is kept that
    could take it back. The proof of opening is kept for this command alone (and, encrypted, in the
    ledger, which no command shares from), so a feedback cannot be shared later.

    Args:
        submitted: the check whose feedback was shown.
        exchanger: to the server that answered it.
        shown: tells the person what is asked, and what came of it.
        surroundings: of the command.

    Raises:
        AgentError: as `leave_feedback`.
    """
    confirm = surroundings.confirm
    if confirm is None or not surroundings.account:
        return None
    counsellors = sharing_offered(submitted, exchanger)
    if submitted.opening_nonce is None or not counsellors:
        return None
    shown.offer(counsellors, scoring_consent(submitted).given_time)
    if not confirm(say(surroundings.locale, "share_question")):
        return None
    connection = exchanger.connection
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    for counsellor in counsellors:
        shown.counsellor(terms, counsellor_named(counsellor))
        if confirm(say(surroundings.locale, "agree_question")):
            left = leave_feedback(submitted, submitted.opening_nonce, counsellor, exchanger)
            shown.left(left, counsellor)
            return left
    shown.declined()
    return None


def sharing_offered(submitted: Submitted, exchanger: Exchanger) -> tuple[Recipient, ...]:
    """Whom a feedback that was just shown can be shared with; nobody where it must not be.

    Only a check that somebody agreed to when asked in words is shared, and only where something is
    kept that could take it back.
    """
    connection = exchanger.connection
    asked = scoring_consent(submitted).method == "interactive"
    if submitted.opening_nonce is None or not (asked and exchanger.state.lasting):
        return ()
    return connection.directory.counsellors(connection.invite.programme_id, exchanger.now())


def scoring_consent(submitted: Submitted) -> ConsentRecord:
    """The consent to score that a check was sent under."""
    records = map(read_consent, submitted.consents)
    (scoring,) = (record for record in records if record.scope is Scope.SCORE)
    return scoring


def offer_sharing_late(
    outcome: SendOutcome, shown: SharingShown, surroundings: Surroundings
) -> SendOutcome:
    """The same for each check that was sent late, once every feedback was shown.

    What stops one of them does not stop the others.

    Returns:
        The outcome, with what stopped a sharing among the failures.
    """
    failed = list(outcome.failed)
    for each in outcome.sent:
        try:
            offer_sharing(each.submitted, each.exchanger, shown, surroundings)
        except AgentError as error:
            failed.append(error)
    return SendOutcome(outcome.sent, tuple(failed))


def open_shared(code: ShareCode, key: CounsellorKey, surroundings: Surroundings) -> Feedback:
    """Fetches and opens what was left under a code; nothing of it stays on this machine.

    It can be fetched only once. So the key is opened before, and everything is verified first, from
    the root in the code down.

    Raises:
        AgentError: as `trust.connect` and `fetch_feedback`.
    """
    # As for a check without an account: no ledger, no record, nothing of a client on this disk.
    world = surroundings.without_account(code.invite)
    exchanger = world.exchanger(world.connect(code.invite))
    return fetch_feedback(code, key.private, exchanger, world.locale)


def make_key(
    file: Path, request: Path, name: str, passphrase: str, surroundings: Surroundings
) -> CounsellorKey:
    """Writes a counsellor's key to a new file, mode 0600, and the request to be certified.

    Raises:
        InputError: a file is there already, or the name cannot be shown.
        StateError: the passphrase is too short.
        OSError: a file cannot be written.
    """
    try:
        key, data = make_key_file(name, passphrase, surroundings.random_bytes)
    except MalformedMessage as error:
        raise InputError(error.log, error.person, reason="NAME_UNFIT") from None
    _write(file, data, 0o600)
    _write(request, key.request.written(), 0o644)
    return key


def read_key(file: Path) -> LockedKey:
    """The key in a file, not yet opened; errors as `read_key_file`, or `OSError`."""
    with file.open("rb") as opened:
        return read_key_file(opened.read(LONGEST_FILE))


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        write_new(path, data, mode)
    except FileExistsError:
        raise is_there(path) from None
