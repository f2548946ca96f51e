"""What is fuzzed, and what becomes of one input."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, Protocol, TypeVar

from kizashi_protocol import ProtocolError

Input = TypeVar("Input")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One input and what it came to.

    Attributes:
        how: what was done to a good input.
        reason: the refusal's, or what was given instead of one.
        malformed: it was refused, or should have been.
        fault: what the product did that it must not do.
    """

    how: str
    reason: str
    malformed: bool
    fault: str | None = None


class Surface(Protocol):
    """A way in.

    Attributes:
        name: for tables and `--surface`.
        share: so many of all inputs, in hundredths.
    """

    @property
    def name(self) -> str:
        """See above."""
        ...

    @property
    def share(self) -> int:
        """See above."""
        ...

    def control(self) -> Sequence[str]:
        """Sends good inputs; what each came to. Raises `AssertionError` if one was refused."""
        ...

    def attempt(self, draw: Random) -> Attempt:
        """Sends one input that was spoilt."""
        ...

    def finish(self) -> Sequence[str]:
        """Faults that show only at the end."""
        ...


@dataclass(frozen=True)
class ReadingSurface(Generic[Input]):
    """A function that reads what strangers write: it gives a value or raises a documented error.

    Attributes:
        make: a spoilt input, and how it was spoilt.
        read: the function.
        refusals: the errors it documents.
        proper: whether an input that was taken deserved it.
        good: inputs it must take.
    """

    name: str
    share: int
    make: Callable[[Random], tuple[str, Input]]
    read: Callable[[Input], object]
    refusals: tuple[type[ProtocolError], ...]
    proper: Callable[[Input, object], bool]
    good: Sequence[Input]

    def control(self) -> Sequence[str]:
        """See `Surface`."""
        values = [(each, self.read(each)) for each in self.good]
        assert values, self.name
        assert all(self.proper(each, value) for each, value in values), self.name
        return ["taken"] * len(values)

    def attempt(self, draw: Random) -> Attempt:
        """See `Surface`."""
        how, given = self.make(draw)
        try:
            value = self.read(given)
        except self.refusals as error:
            return Attempt(how, error.reason, malformed=True)
        except Exception as error:  # noqa: BLE001 - any other is what is looked for
            return Attempt(how, "CRASH", malformed=True, fault=told(error))
        if self._is_proper(given, value):
            return Attempt(how, "(as good as before)", malformed=False)
        return Attempt(how, "TAKEN", malformed=True, fault="a malformed input was taken")

    def finish(self) -> Sequence[str]:
        """See `Surface`."""
        return ()

    def _is_proper(self, given: Input, value: object) -> bool:
        try:
            return self.proper(given, value)
        except Exception:  # noqa: BLE001 - a value that breaks whoever looks at it is not proper
            return False


def seeded(seed: str | int | bytes) -> Random:
    """Randomness that is the same for the same seed."""
    return Random(seed)  # noqa: S311 - repeatable is what it has to be


def told(error: BaseException) -> str:
    """An exception that should not have come, and where it came from."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})"
