"""Share codes: one form, with a pin and a secret, or none."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import Invite, MalformedShareCode, ShareCode

from tests.protocol.strategies import PROGRAMME_IDS
from tests.protocol.test_invite import HOSTS_OF_ANY_KIND

ROOT, SECRET = "ab" * 32, "cd" * 32
GOOD = f"kizashi-share://host:1/p#root={ROOT}&secret={SECRET}"


@given(
    host=HOSTS_OF_ANY_KIND,
    port=st.integers(1, 65_535),
    programme_id=PROGRAMME_IDS,
    root=st.binary(min_size=32, max_size=32),
    secret=st.binary(min_size=32, max_size=32),
)
def test_a_code_survives_being_written(
    host: str, port: int, programme_id: str, root: bytes, secret: bytes
) -> None:
    """Written and read, it is the same; spaces around it do not matter."""
    code = ShareCode(Invite(host, port, programme_id, root), secret)
    assert ShareCode.parse(code.written()) == code
    assert ShareCode.parse(f"  {code.written()}\r\n") == code


def test_a_code_has_the_form_that_people_are_told() -> None:
    """Address, programme, root, secret."""
    code = ShareCode.parse(GOOD)
    assert code == ShareCode(Invite("host", 1, "p", bytes.fromhex(ROOT)), bytes.fromhex(SECRET))
    assert code.written() == GOOD


def test_what_grows_from_the_secret_is_this() -> None:
    """HKDF-SHA256 (RFC 5869) worked out by hand gives the same bytes, so that no label drifts."""
    code = ShareCode.parse(GOOD)
    extracted = hmac.digest(bytes(32), bytes.fromhex(SECRET), hashlib.sha256)

    def grown(label: bytes) -> bytes:
        bound = len(label).to_bytes(4, "big") + label
        return hmac.digest(extracted, bound + b"\x01", hashlib.sha256)

    assert code.redemption_secret == grown(b"kizashi/v1 share redemption")
    assert code.context_secret == grown(b"kizashi/v1 share context")
    assert len({code.secret, code.redemption_secret, code.context_secret}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"kizashi://host:1/p#root={ROOT}",
        f"kizashi://host:1/p#root={ROOT}&secret={SECRET}",
        f"https://host:1/p#root={ROOT}&secret={SECRET}",
        f"KIZASHI-SHARE://host:1/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host:1/p#root={ROOT}",
        f"kizashi-share://host:1/p#secret={SECRET}",
        f"kizashi-share://host:1/p#secret={SECRET}&root={ROOT}",
        f"kizashi-share://host:1/p#root={ROOT}&secret={SECRET[:-1]}",
        f"kizashi-share://host:1/p#root={ROOT}&secret={SECRET}0",
        f"kizashi-share://host:1/p#root={ROOT}&secret={SECRET.upper()}",
        f"kizashi-share://host:1/p#root={ROOT}&secret={SECRET}&secret={SECRET}",
        f"kizashi-share://host:1/p#root={ROOT} &secret={SECRET}",
        f"kizashi-share:// host:1/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host:1/p#root={ROOT[:-1]}&secret={SECRET}",
        f"kizashi-share://host:1/p?x=1#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host:1/P#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host:0/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host:65536/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://-host:1/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://user@host:1/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host:1/p#root={ROOT}&secret={SECRET} and more",
        f"kizashi-share://host:１/p#root={ROOT}&secret={SECRET}",
        f"kizashi-share://host:00001/p#root={ROOT}&secret={SECRET}",
    ],
)
def test_a_code_of_another_form_is_refused(text: str) -> None:
    """No pin, no secret, no address, or anything besides: no code."""
    with pytest.raises(MalformedShareCode) as caught:
        ShareCode.parse(text)
    assert SECRET not in str(caught.value) + caught.value.person


@given(text=st.text())
def test_any_text_is_read_without_another_error(text: str) -> None:
    """What a counsellor pastes is a code or a malformed one."""
    with pytest.raises(MalformedShareCode):
        ShareCode.parse(text)
