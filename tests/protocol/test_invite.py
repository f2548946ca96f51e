"""Invites: one form, with a pin, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import Invite, MalformedInvite

from tests.protocol.strategies import PROGRAMME_IDS

ROOT = "ab" * 32
LABELS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join) | st.ip_addresses(v=4).map(str)
HOSTS_OF_ANY_KIND = HOSTS | st.ip_addresses(v=6).map(lambda each: f"[{each}]")


@given(
    invite=st.builds(
        Invite,
        host=HOSTS_OF_ANY_KIND,
        port=st.integers(1, 65_535),
        programme_id=PROGRAMME_IDS,
        root_fingerprint=st.binary(min_size=32, max_size=32),
    )
)
def test_an_invite_survives_being_written(invite: Invite) -> None:
    """Written and read, it is the same; spaces around it do not matter."""
    assert Invite.parse(str(invite)) == invite
    assert Invite.parse(f"  {invite}\r\n") == invite


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"kizashi://host:1/p#root={ROOT[:-1]}",
        f"kizashi://host:1/p#root={ROOT}0",
        f"kizashi://host:1/p#root={ROOT.upper()}",
        "kizashi://host:1/p",
        "kizashi://host:1/p#",
        f"kizashi://host/p#root={ROOT}",
        f"kizashi://host:0/p#root={ROOT}",
        f"kizashi://host:65536/p#root={ROOT}",
        f"kizashi://host:1#root={ROOT}",
        f"kizashi://host:1/#root={ROOT}",
        f"kizashi://host:1/P#root={ROOT}",
        f"kizashi://host:1/{'p' * 65}#root={ROOT}",
        f"https://host:1/p#root={ROOT}",
        f"KIZASHI://host:1/p#root={ROOT}",
        f"kizashi://user@host:1/p#root={ROOT}",
        f"kizashi://host:1/p?x=1#root={ROOT}",
        f"kizashi://host:1/p#root={ROOT} and more",
        f"kizashi://ho st:1/p#root={ROOT}",
        f"kizashi://:1/p#root={ROOT}",
        f"kizashi://.:1/p#root={ROOT}",
        f"kizashi://..:1/p#root={ROOT}",
        f"kizashi://.host:1/p#root={ROOT}",
        f"kizashi://host..org:1/p#root={ROOT}",
        f"kizashi://-host:1/p#root={ROOT}",
        f"kizashi://{'a' * 64}:1/p#root={ROOT}",
        f"kizashi://{'a.' * 130}a:1/p#root={ROOT}",
        f"kizashi://[:::]:1/p#root={ROOT}",
        f"kizashi://[]:1/p#root={ROOT}",
        f"kizashi://::1:1/p#root={ROOT}",
        f"kizashi://ホスト:1/p#root={ROOT}",
        f"kizashi://host:１/p#root={ROOT}",
    ],
)
def test_an_invite_of_another_form_is_refused(text: str) -> None:
    """No pin, no host name, no port, no programme, or anything besides: no invite."""
    with pytest.raises(MalformedInvite):
        Invite.parse(text)


@given(text=st.text())
def test_any_text_is_read_without_another_error(text: str) -> None:
    """What a person pastes is an invite or a malformed one."""
    with pytest.raises(MalformedInvite):
        Invite.parse(text)


def test_an_address_is_as_grpc_takes_it() -> None:
    """An IPv6 address keeps its brackets."""
    assert Invite("[::1]", 8443, "p", bytes(32)).address == "[::1]:8443"
