"""A directory key under a root that is elsewhere: asked for, and put in place when certified.

The directory in use goes on until the certificate is installed. With the new directory key comes a
new sealing key, because the one before it may not outlive the day that was announced for it.
"""

import re
from dataclasses import replace
from pathlib import Path

from google.protobuf.message import DecodeError
from kizashi_protocol.context import Label
from kizashi_protocol.directory import Directory, KeyState
from kizashi_protocol.directory_chain import DIRECTORY_KEY_VALIDITY, SignedCertificate
from kizashi_protocol.errors import ProtocolError
from kizashi_protocol.keys import fingerprint
from kizashi_protocol.moments import CLOCK_TOLERANCE
from kizashi_protocol.signing import SigningKey, verify
from kizashi_protocol.v1 import directory_pb2

from kizashi_server.directory.key_rotation import with_successor
from kizashi_server.directory.published import (
    DIRECTORY_NAME,
    REQUEST_NAME,
    Published,
    bare_directory,
    read_issued,
    sign_next,
)
from kizashi_server.directory.request import KeyRequest
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import erase, locked, replace_file, write_seed
from kizashi_server.keys.ring import Random, directory_seed_name
from kizashi_server.keys.schedule_file import read_schedule, write_schedule
from kizashi_server.keys.seed_cipher import SEED_BYTES, SeedCipher
from kizashi_server.keys.states import KeyKind, Schedule, with_keys

_DIRECTORY_SEED = re.compile(r"directory-[0-9a-f]{32}\.seed")


def request_key(state: Path, *, random: Random, cipher: SeedCipher | None) -> KeyRequest:
    """The request for a new directory key; asked again, the same one until it is installed.

    Raises:
        KeyFault: a file is missing or damaged, or the disk refuses.
    """
    with locked(state):
        path = state / REQUEST_NAME
        if path.exists():
            return KeyRequest.read(path)
        root = read_issued(state).directory.root_fingerprint
        request, seed = fresh_request(root, random)
        write_seed(state / directory_seed_name(request.directory_public), seed, cipher)
        replace_file(path, request.to_json())
        return request


def fresh_request(root_fingerprint: bytes, random: Random) -> tuple[KeyRequest, bytes]:
    """A request for a key nobody has used yet, and the key's seed."""
    seed = random(SEED_BYTES)
    return KeyRequest(root_fingerprint, SigningKey.from_seed(seed).public), seed


def install(  # noqa: PLR0913 - a certificate, and the world
    state: Path,
    certificate: SignedCertificate,
    *,
    now: int,
    announce_seconds: int,
    random: Random,
    cipher: SeedCipher | None,
) -> Published:
    """Puts a certified directory key to use and erases the one before.

    Args:
        state: the state directory, with the request the certificate answers.
        certificate: from the machine of the root.
        now: seconds since the epoch.
        announce_seconds: how long the new sealing key is pending; it is active at once where no
            directory is in force.
        random: gives that many unpredictable bytes.
        cipher: what seeds are encrypted with.

    Raises:
        KeyFault: nothing was requested, or the certificate does not fit.
    """
    with locked(state):
        request = _waiting(state)
        expire_time = check_certificate(certificate, request, now)
        before = _before(state, request, now)
        pause = announce_seconds if now < before.expire_time else 0
        schedule = _with_new_keys(
            state,
            read_schedule(state),
            now=now,
            active_time=now + pause,
            seal_until=expire_time,
            random=random,
            cipher=cipher,
        )
        write_schedule(state, schedule)
        wanted = with_keys(replace(before, expire_time=expire_time), schedule, now)
        published = sign_next(state, before, wanted, certificate, now, cipher)
        _clear_away(state, directory_seed_name(request.directory_public))
        return published


def check_certificate(certificate: SignedCertificate, request: KeyRequest, now: int) -> int:
    """When a certificate expires, in seconds since the epoch, if it answers a request.

    Raises:
        KeyFault: another root signed it, its signature does not hold, it is for another key, or it
            does not hold at `now`.
    """
    if fingerprint(certificate.root_public) != request.root_fingerprint:
        raise _unfit("it is another root's than the one people have pinned")
    try:
        verify(
            certificate.root_public,
            certificate.signature,
            Label.DIRECTORY_KEY,
            certificate.certificate,
        )
        content = directory_pb2.DirectoryKeyCertificate.FromString(certificate.certificate)
    except (ProtocolError, DecodeError):
        raise _unfit("its signature does not hold") from None
    if content.directory_public_key != request.directory_public:
        raise _unfit("it is for another key than the one requested")
    if content.expire_time - content.start_time > DIRECTORY_KEY_VALIDITY:
        raise _unfit("it holds for more than 90 days")
    if not content.start_time - CLOCK_TOLERANCE <= now < content.expire_time:
        raise _unfit("it does not hold today; compare the clocks of both machines")
    return content.expire_time


def _waiting(state: Path) -> KeyRequest:
    path = state / REQUEST_NAME
    if not path.exists():
        raise KeyFault(
            "no directory key was requested",
            "No directory key was requested here. First run: kizashi-server keys request --config FILE",
        )
    return KeyRequest.read(path)


def _before(state: Path, request: KeyRequest, now: int) -> Directory:
    """The directory in use, or what the first one is made from.

    Versions then start at the clock's seconds: a server made anew under the same root goes on above
    every version of the one that was lost, so that no laptop takes it for a step back.
    """
    if (state / DIRECTORY_NAME).exists():
        return read_issued(state).directory
    return bare_directory(request.root_fingerprint, now=now, expire_time=now, version=now)


def _with_new_keys(  # noqa: PLR0913 - as `with_successor`
    state: Path,
    schedule: Schedule,
    *,
    now: int,
    active_time: int,
    seal_until: int,
    random: Random,
    cipher: SeedCipher | None,
) -> Schedule:
    """The schedule with a new sealing key, and with others where none is in use."""
    for kind in KeyKind:
        in_use = schedule.in_state(kind, KeyState.ACTIVE, now)
        if kind is KeyKind.SEALING or in_use is None:
            schedule = with_successor(
                state,
                schedule,
                kind,
                now=now,
                active_time=active_time,
                seal_until=seal_until,
                random=random,
                cipher=cipher,
            )
    return schedule


def _clear_away(state: Path, seed_in_use: str) -> None:
    for path in sorted(state.iterdir()):
        if _DIRECTORY_SEED.fullmatch(path.name) and path.name != seed_in_use:
            erase(path)
    (state / REQUEST_NAME).unlink()


def _unfit(text: str) -> KeyFault:
    return KeyFault(
        f"the certificate does not fit: {text}",
        f"The certificate was not installed: {text}. The directory in use is as it was.",
    )
