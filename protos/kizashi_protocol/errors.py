"""What can be wrong with a message, told twice: to the log and to the person.

ProtocolError
├── MalformedMessage      bytes that do not parse, or a value out of its range
├── UnreadableEnvelope    the one answer to every failed opening
├── InvalidSigner        a signature that does not verify
├── UntrustedDirectory    the chain from the pinned root does not hold
├── MalformedInvite       an invite that cannot be read
├── MalformedShareCode    a share code that cannot be read
├── InvalidConsent        a consent record or receipt that does not hold
└── UntrustedLog          a log head, or a proof that leads to it, that does not hold
"""


class ProtocolError(Exception):
    """A fault in what two sides exchanged.

    Attributes:
        reason: stable, machine-readable, upper case.
        log: what happened, for a log; never holds a key, a summary or a score.
        person: what happened and what to do next, for a person.
    """

    reason = "PROTOCOL"
    default_person = "The message could not be understood. Update Kizashi and try again."

    def __init__(self, log: str, person: str | None = None, *, reason: str | None = None) -> None:
        super().__init__(log)
        self.log = log
        self.person = person or self.default_person
        if reason is not None:
            self.reason = reason


class MalformedMessage(ProtocolError):
    """Bytes that do not parse, or a value out of its stated range."""

    reason = "MALFORMED"


class UnreadableEnvelope(ProtocolError):
    """An envelope that does not open; deliberately without saying why."""

    reason = "ENVELOPE_UNREADABLE"
    default_person = (
        "The sealed message could not be opened: it was changed on the way or meant for another "
        "key. Nothing was read from it. Try again; if it happens again, tell your site's contact."
    )


class InvalidSigner(ProtocolError):
    """A signature that does not verify."""

    reason = "SIGNATURE_INVALID"
    default_person = "A signature could not be verified, so nothing was done. Please try again."


class UntrustedDirectory(ProtocolError):
    """A directory whose signatures, dates or version do not hold against the pinned root."""

    reason = "DIRECTORY_UNTRUSTED"
    default_person = (
        "The server could not prove that it is the one you were invited to. Nothing was sent. "
        "Ask your site for a new invite and compare it with what they publish."
    )


class MalformedInvite(ProtocolError):
    """An invite that cannot be read."""

    reason = "INVITE_MALFORMED"
    default_person = (
        "The invite could not be read. It looks like kizashi://host:port/programme#root=... ; "
        "copy it whole, from its first letter to its last."
    )


class MalformedShareCode(ProtocolError):
    """A share code that cannot be read."""

    reason = "SHARE_CODE_MALFORMED"
    default_person = (
        "The share code could not be read. It looks like "
        "kizashi-share://host:port/programme#root=...&secret=... ; copy it whole, from its first "
        "letter to its last."
    )


class InvalidConsent(ProtocolError):
    """A consent record or receipt that does not hold."""

    reason = "CONSENT_INVALID"
    default_person = "Your consent could not be verified, so nothing was scored. Please try again."


class UntrustedLog(ProtocolError):
    """A head of the log, or a proof of what stands in it, that does not hold.

    Reasons: LOG_HEAD, LOG_UNPROVEN, LOG_INCONSISTENT, LOG_SHRUNK, LOG_AHEAD (a head of a time still
    to come), LOG_FORKED (heads of two logs under one key).
    """

    reason = "LOG_UNPROVEN"
    default_person = (
        "The server's public log of consents and erasures does not hold together, so its answer "
        "was not accepted. Tell your site's contact."
    )
