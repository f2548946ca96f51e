"""An invite: where a server is, which programme, and the root to pin."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Self

from kizashi_protocol.errors import MalformedInvite

_INVITE = re.compile(
    r"kizashi://(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]{1,253}):(?P<port>[0-9]{1,5})"
    r"/(?P<programme>[a-z0-9-]{1,64})#root=(?P<root>[0-9a-f]{64})"
)

_HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
"""One part of a host name (RFC 1123, 2.1)."""


@dataclass(frozen=True, slots=True)
class Invite:
    """What a person is handed to join a programme.

    Attributes:
        host: name or address of the server; an IPv6 address in brackets.
        port: 1 to 65535.
        programme_id: 1 to 64 characters of a-z, 0-9 and "-".
        root_fingerprint: SHA-256 of the root public key, 32 bytes; the pin.
    """

    host: str
    port: int
    programme_id: str
    root_fingerprint: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `kizashi://host:port/programme#root=<64 hexadecimal digits>`.

        Raises:
            MalformedInvite: the text has another form, or no pin.
        """
        match = _INVITE.fullmatch(text.strip())
        if match is None or not _is_host(match["host"]):
            raise MalformedInvite("the invite has another form")
        port = int(match["port"])
        if not 0 < port < 65_536:
            raise MalformedInvite("the invite's port is out of range")
        return cls(match["host"], port, match["programme"], bytes.fromhex(match["root"]))

    @property
    def address(self) -> str:
        """Host and port as gRPC takes them."""
        return f"{self.host}:{self.port}"

    def __str__(self) -> str:
        root = self.root_fingerprint.hex()
        return f"kizashi://{self.host}:{self.port}/{self.programme_id}#root={root}"


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return all(map(_HOST_LABEL.fullmatch, host.split(".")))
    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return False
    return True
