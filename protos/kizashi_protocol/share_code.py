"""A share code: what a person hands over themselves, so that one counsellor can fetch a feedback.

It is an invite with a secret. Whoever has it can fetch what was left, once, and still cannot open
it without the counsellor's key. Fetching is a gRPC call, an HTTP POST by a program that knows the
code's form, so that no preview of a link, no mail filter and no browser can use it up.

Two values grow from the secret. One fetches, and is all that a server ever gets of the code. The
other is part of what the feedback is sealed under, so that nobody without the code can seal anything
that the counsellor's tool opens: a server can neither make a feedback up nor put another in its
place.
"""

import re
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kizashi_protocol.context import Label, framed
from kizashi_protocol.errors import MalformedInvite, MalformedShareCode
from kizashi_protocol.invite import Invite

SECRET_BYTES = 32

_SCHEME = "kizashi-share://"
_CODE = re.compile(
    rf"{_SCHEME}(?P<rest>[^&]{{1,400}})&secret=(?P<secret>[0-9a-f]{{{2 * SECRET_BYTES}}})"
)


@dataclass(frozen=True, slots=True)
class ShareCode:
    """What fetches a feedback that was left for a counsellor.

    Attributes:
        invite: where it was left: server, programme and root.
        secret: 32 random bytes; no server ever gets them.
    """

    invite: Invite
    secret: bytes = field(repr=False)

    @property
    def redemption_secret(self) -> bytes:
        """What fetches it (32 bytes); the server has its SHA-256 until then."""
        return self._grown(Label.SHARE_REDEMPTION)

    @property
    def context_secret(self) -> bytes:
        """What the feedback is sealed under (32 bytes), known to who has the code alone."""
        return self._grown(Label.SHARE_CONTEXT)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `kizashi-share://host:port/programme#root=<64 digits>&secret=<64 digits>`.

        Raises:
            MalformedShareCode: the text has another form.
        """
        match = _CODE.fullmatch(text.strip())
        if match is None:
            raise MalformedShareCode("the share code has another form")
        try:
            invite = Invite.parse(f"kizashi://{match['rest']}")
        except MalformedInvite:
            raise MalformedShareCode("the share code leads nowhere") from None
        if str(invite) != f"kizashi://{match['rest']}":
            raise MalformedShareCode("the share code has something besides")
        return cls(invite, bytes.fromhex(match["secret"]))

    def written(self) -> str:
        """The code as it is handed over; never logged, and not what `str` gives."""
        return f"{_SCHEME}{str(self.invite).removeprefix('kizashi://')}&secret={self.secret.hex()}"

    def _grown(self, label: Label) -> bytes:
        # HKDF-SHA256 (RFC 5869) without a salt, which random input does not need (section 3.1).
        info = framed(label.value)
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self.secret)
