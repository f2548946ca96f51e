"""Looks at everything a check needs and says what to do about each failure."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kizashi_models.errors import ModelError
from kizashi_models.registry import all_cards, read_model
from kizashi_protocol import Invite, ProtocolError

from kizashi_agent.capture import Camera
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.device.device_state import DeviceState
from kizashi_agent.device.seed_store import SeedPlace
from kizashi_agent.errors import AgentError, TrustBroken

_CAMERA_SECONDS = 1.0
_CLOCK_REASONS = frozenset({"CERTIFICATE_EXPIRED", "DIRECTORY_NOT_YET", "DIRECTORY_EXPIRED"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what.
        holds: True, False, or None where it could not be looked at.
        text: what was found, and for a failure what to do.
    """

    name: str
    holds: bool | None
    text: str


def examine(
    surroundings: Surroundings, camera: int | None, clock: Callable[[], float]
) -> Iterator[Finding]:
    """Looks at models, camera, seed, pin, server and clock, in that order.

    Args:
        surroundings: of the command.
        camera: which camera to open for a second, or None to leave it off.
        clock: seconds that never fall, for the camera.
    """
    yield _models()
    yield _camera(camera, clock)
    yield _seed(surroundings.state)
    try:
        invite = surroundings.invite(None)
    except AgentError as error:
        yield Finding("pin", None if error.reason == "NO_PIN" else False, error.person)
        return
    yield Finding("pin", True, f"root {invite.root_fingerprint.hex()[:16]}… of {invite.address}")
    yield from _server(invite, surroundings)


def _models() -> Finding:
    try:
        cards = list(all_cards())
        for card in cards:
            read_model(card.id)
    except ModelError as error:
        return Finding("models", False, error.person)
    return Finding("models", True, f"{len(cards)} files are what their cards say")


def _camera(number: int | None, clock: Callable[[], float]) -> Finding:
    if number is None:
        return Finding("camera", None, "left off; add --camera 0 to try it for a second")
    try:
        with Camera(number, duration=_CAMERA_SECONDS, clock=clock) as camera:
            frames = sum(1 for _ in itertools.islice(camera, 1000))
            width, height = camera.size
    except AgentError as error:
        return Finding("camera", False, error.person)
    return Finding("camera", True, f"{frames} frames of {width} x {height} in a second")


def _seed(state: DeviceState) -> Finding:
    try:
        seed = state.seeds.read()
    except AgentError as error:
        return Finding("seed", False, error.person)
    if seed is None:
        return Finding("seed", None, "not made yet: it is made when something is first sent")
    if state.seed_place() is SeedPlace.KEYRING:
        return Finding("seed", True, "in the keyring of this account")
    return Finding(
        "seed",
        True,
        f"in a file in {state.folder} and in no keyring: whoever can read the files of this "
        "account can read it, and with it the ledger",
    )


def _server(invite: Invite, surroundings: Surroundings) -> Iterator[Finding]:
    clock = "within the dates of certificate and directory"
    try:
        connection = surroundings.connect(invite)
    except TrustBroken as error:
        is_clock = error.reason in _CLOCK_REASONS
        yield Finding("server", None if is_clock else False, error.person)
        yield Finding("clock", False if is_clock else None, error.person)
        return
    except (AgentError, ProtocolError) as error:
        yield Finding("server", False, error.person)
        yield Finding("clock", None, "could not be compared: the server does not answer")
        return
    programme = connection.programme
    yield Finding("server", True, f"{invite.address} offers {programme.display_name}")
    yield Finding("clock", True, clock)
