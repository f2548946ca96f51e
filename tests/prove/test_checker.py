"""The checker itself: what it must find, and what it must leave alone."""

import base64
import gzip
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.prove.pictures import find, fingerprints
from tests.prove.system_calls import read_trace

PICTURE = np.random.default_rng(7).integers(0, 256, (40, 40, 3), np.uint8)
SMOOTH = cv2.GaussianBlur(PICTURE, (0, 0), 3)
KNOWN = fingerprints(PICTURE.tobytes())


def _coded(kind: str) -> bytes:
    return cv2.imencode(kind, SMOOTH)[1].tobytes()


RAW = PICTURE.tobytes()
_SENT_OVER_IPV6 = (
    '1 sendto(6, "", 0, 0, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), '
    'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 0'
)
HIDDEN = {
    "raw": RAW,
    "part of raw": RAW[1000:2500],
    "jpeg": _coded(".jpg"),
    "png": _coded(".png"),
    "webp": _coded(".webp"),
    "base64 of raw": base64.b64encode(RAW),
    "base64 from the middle": base64.b64encode(RAW)[1:],
    "url-safe base64 of raw": base64.urlsafe_b64encode(RAW),
    "hex of raw": RAW.hex().encode(),
    "gzip of raw": gzip.compress(RAW),
    "base64 of png": base64.b64encode(_coded(".png")),
    "hex of gzip of raw": gzip.compress(RAW).hex().encode(),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_a_picture_is_found_however_it_is_wrapped(how: str) -> None:
    """A picture between other bytes is found, raw or encoded, as text or compressed."""
    around = np.random.default_rng(3).bytes(500)
    assert list(find(around + b" " + HIDDEN[how] + b" " + around, KNOWN))


def test_random_bytes_and_prose_hold_no_picture() -> None:
    """Neither noise nor text is taken for a picture."""
    assert not list(find(np.random.default_rng(5).bytes(200_000), KNOWN))
    assert not list(find(Path(__file__).read_bytes(), KNOWN))


def test_a_trace_is_read_for_files_and_addresses() -> None:
    """Writes and calls are read from a trace, also when a call is interrupted by another thread."""
    lines = [
        '1 openat(AT_FDCWD, "/a", O_RDONLY) = 3',
        '1 openat(AT_FDCWD, "/b", O_WRONLY|O_CREAT, 0600) = 4',
        '1 openat(AT_FDCWD, "/refused", O_WRONLY) = -1 EACCES (Permission denied)',
        '1 rename("/b", "/c") = 0',
        "2 connect(5, {sa_family=AF_INET, sin_port=htons(443), <unfinished ...>",
        '1 openat(AT_FDCWD, "/d", O_RDWR <unfinished ...>',
        '2 <... connect resumed>sin_addr=inet_addr("192.0.2.7")}, 16) = -1 EINPROGRESS (x)',
        "1 <... openat resumed>) = 9",
        _SENT_OVER_IPV6,
        '1 memfd_create("x", 0) = 10',
        '1 connect(7, {sa_family=AF_UNIX, sun_path="/dev/log"}, 110) = 0',
    ]
    trace = read_trace(lines)
    assert trace.written == {"/b", "/c", "/d"}
    assert trace.called == {("192.0.2.7", 443), ("2001:db8::1", 53)}
    assert trace.local == {"/dev/log"}
    assert trace.anonymous == 1
