"""Sharing a feedback: offered once, right after it was shown; fetched by the counsellor."""

import os
from pathlib import Path

from kizashi_protocol import (
    ConsentRecord,
    Feedback,
    Recipient,
    Scope,
    ShareCode,
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
from kizashi_agent.show.asking import Confirm
from kizashi_agent.show.sharing import show_counsellor, show_left, show_offer
from kizashi_agent.submit.checking import Submitted
from kizashi_agent.submit.exchange import Exchanger
from kizashi_agent.submit.sharing import (
    LeftFeedback,
    counsellor_named,
    fetch_feedback,
    leave_feedback,
)
from kizashi_agent.words import say


def offer_sharing(
    submitted: Submitted, exchanger: Exchanger, surroundings: Surroundings
) -> LeftFeedback | None:
    """Asks whether a feedback that was just shown is to be shared; None when it is not.

    It is asked only of somebody at a terminal who also agreed to the check there, only after a
    check by a server whose programme lists a counsellor, and only where something is kept that
    could take it back. The proof of opening is kept for this command alone (and, encrypted, in the
    ledger, which no command shares from), so a feedback cannot be shared later.

    Args:
        submitted: the check whose feedback was shown.
        exchanger: to the server that answered it.
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
    agreed_time = scoring_consent(submitted).given_time
    show_offer(surroundings.console, surroundings.locale, counsellors, agreed_time)
    if not confirm(say(surroundings.locale, "share_question")):
        return None
    for counsellor in counsellors:
        if _agrees(counsellor, exchanger, surroundings, confirm):
            left = leave_feedback(submitted, submitted.opening_nonce, counsellor, exchanger)
            show_left(surroundings.console, surroundings.locale, left, counsellor)
            return left
    surroundings.console.print(say(surroundings.locale, "share_declined"), markup=False)
    return None


def sharing_offered(submitted: Submitted, exchanger: Exchanger) -> tuple[Recipient, ...]:
    """Whom a feedback that was just shown can be shared with; nobody where it must not be.

    Only what somebody agreed to who was asked in words is shared, and only where something is kept
    that could take it back.
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


def offer_sharing_late(outcome: SendOutcome, surroundings: Surroundings) -> SendOutcome:
    """The same for each check that was sent late, once every feedback was shown.

    What stops one of them keeps no other from being offered.

    Returns:
        The outcome, with what stopped a sharing among the failures.
    """
    failed = list(outcome.failed)
    for each in outcome.sent:
        try:
            offer_sharing(each.submitted, each.exchanger, surroundings)
        except AgentError as error:
            failed.append(error)
    return SendOutcome(outcome.sent, tuple(failed))


def _agrees(
    counsellor: Recipient, exchanger: Exchanger, surroundings: Surroundings, confirm: Confirm
) -> bool:
    connection, locale = exchanger.connection, surroundings.locale
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    show_counsellor(surroundings.console, locale, terms, counsellor_named(counsellor))
    return confirm(say(locale, "agree_question"))


def open_shared(code: ShareCode, key: CounsellorKey, surroundings: Surroundings) -> Feedback:
    """Fetches and opens what was left under a code; nothing of it stays on this machine.

    Everything from the root in the code down is verified first, and the key is open already: what
    is fetched is fetched once.

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
        InputError: a file is there already.
        StateError: the passphrase is too short.
        MalformedMessage: the name cannot be shown.
        OSError: a file cannot be written.
    """
    for path in (file, request):
        if path.exists():
            raise _is_there(path)
    key, data = make_key_file(name, passphrase, surroundings.random_bytes)
    _write_new(file, data, 0o600)
    _write_new(request, key.request.written(), 0o644)
    return key


def read_key(file: Path) -> LockedKey:
    """The key in a file, not yet opened; errors as `read_key_file`, or `OSError`."""
    with file.open("rb") as opened:
        return read_key_file(opened.read(LONGEST_FILE))


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise _is_there(path) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _is_there(path: Path) -> InputError:
    return InputError(
        f"{path.name} is there already",
        f"{path} is there already and was left as it is. Name another file.",
        reason="FILE_EXISTS",
    )
