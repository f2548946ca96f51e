"""What calls are answered with while keys change under them.

One frozen value holds the directory and the keys. A call reads it once and works with it to its
end; a change swaps it for another, between calls. So a report that was opened with a key is
answered with the keys of the same moment. Neither a change of keys nor one of recipients needs a
restart.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from kizashi_protocol.moments import DAY
from kizashi_protocol.v1 import directory_pb2

from kizashi_server import diagnostics
from kizashi_server.directory.key_rotation import refresh
from kizashi_server.directory.published import Published
from kizashi_server.errors import ServerError
from kizashi_server.exchange.intake import Intake
from kizashi_server.exchange.keeping import researchers_in
from kizashi_server.keys.ring import Keyring, load_keyring
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.serving.lapse import (
    destinations_now,
    erase_decertified,
    erase_void_shares,
    researchers_listed,
)

WATCH_SECONDS = 2
WARN_DAYS = 14
"""Days before a directory expires from which the log says so, once a day: time enough to carry a
request to the machine of the root and back."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What one call is answered with, from its beginning to its end.

    Attributes:
        directory: as it travels.
        intake: with the keys that the directory lists.
    """

    directory: directory_pb2.SignedDirectory
    intake: Intake = field(repr=False)


class Live:
    """The one `Serving` of the moment; safe to share between threads."""

    def __init__(self, serving: Serving) -> None:
        """Starts with this value."""
        self._serving = serving
        self._lock = threading.Lock()

    def read(self) -> Serving:
        """The value of the moment."""
        with self._lock:
            return self._serving

    def swap(self, serving: Serving) -> None:
        """Puts a value in the place of the one before."""
        with self._lock:
            self._serving = serving


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a running server's keys come from.

    Attributes:
        state: the state directory.
        cipher: what its seeds are encrypted with.
        clock: seconds since the epoch.
    """

    state: Path
    cipher: SeedCipher | None
    clock: Callable[[], int]


class KeyWatch:
    """Takes up what `kizashi-server keys` and `recipients` changed and what falls due, in a thread."""

    def __init__(self, source: KeySource, live: Live, expire_time: int) -> None:
        """`expire_time` is the directory's, in seconds since the epoch."""
        self._source = source
        self._live = live
        self._expire_time = expire_time
        self._listing_changed = False
        self._said: dict[str, object] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="key watch", daemon=True)

    def start(self) -> None:
        """Looks at once, and then every few seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Swaps directory and keys if they have changed, and warns of what an operator must do.

        A change that cannot be taken up leaves what is in use, and is tried again.
        """
        source, now = self._source, self._source.clock()
        self._forget_gone(now)
        try:
            published = refresh(source.state, now, source.cipher)
            self._take_up(published, now)
            self._erase_decertified(published)
            self._said.pop("keys_not_reloaded", None)
        except ServerError as error:
            self._say("keys_not_reloaded", error.log)
        except Exception as error:  # noqa: BLE001 - the keys in use must not go with one bad look
            self._say("keys_not_reloaded", diagnostics.origin(error))
        self._warn_of_expiry(now)

    def _take_up(self, published: Published, now: int) -> None:
        serving = self._live.read()
        if published.signed == serving.directory:
            return
        keyring = load_keyring(self._source.state, published.directory, now, self._source.cipher)
        before, directory = serving.intake, published.directory
        intake = replace(
            before,
            keyring=keyring,
            keeping=replace(before.keeping, researchers=researchers_in(directory)),
            sharing=replace(before.sharing, counsellors=directory.counsellors),
        )
        self._live.swap(Serving(published.signed, intake))
        self._listing_changed = True
        self._expire_time = published.directory.expire_time
        diagnostics.info("keys_reloaded", version=published.directory.version)

    def _erase_decertified(self, published: Published) -> None:
        # After the swap, so that nothing more is kept for them; tried again if a database resists.
        if self._listing_changed:
            intake, directory = self._live.read().intake, published.directory
            erase_decertified(intake.keeping.store, researchers_listed(directory))
            erase_void_shares(intake.sharing.store, destinations_now(directory, intake.programmes))
            self._listing_changed = False

    def _forget_gone(self, now: int) -> None:
        serving = self._live.read()
        keyring = without_gone(serving.intake.keyring, now)
        if keyring != serving.intake.keyring:
            self._live.swap(replace(serving, intake=replace(serving.intake, keyring=keyring)))

    def _warn_of_expiry(self, now: int) -> None:
        days = days_to_warn_of(self._expire_time, now)
        if days is not None:
            self._say("directory_expires", days)

    def _say(self, event: str, text: str | int) -> None:
        """Logs a warning, unless it was the last of its kind."""
        if self._said.get(event) != text:
            self._said[event] = text
            name = "days_left" if isinstance(text, int) else "error"
            diagnostics.warn(event, **{name: text})

    def _run(self) -> None:
        while True:
            self.look()
            if self._stop.wait(WATCH_SECONDS):
                return


def without_gone(keyring: Keyring, now: int) -> Keyring:
    """The keyring without sealing keys whose day has come."""
    kept = {key_id: key for key_id, key in keyring.sealing.items() if now < key.delete_time}
    return keyring if len(kept) == len(keyring.sealing) else replace(keyring, sealing=kept)


def days_to_warn_of(expire_time: int, now: int) -> int | None:
    """Whole days left until a directory expires, 0 or less once it has; None while it is early."""
    days = (expire_time - now) // DAY
    return days if days < WARN_DAYS else None
