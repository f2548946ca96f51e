"""What can stop the agent, told twice: to the log and to the person.

AgentError
├── InputError         3  the file or the camera gives nothing that can be used
├── RecordingRefused   4  the recording gate says no; holds each reason
├── ConsentRefused     5  a consent that is needed was not given
├── BrokenOff          5  a question or a command was ended by the person, as by Ctrl-C
├── ModelRefused       6  a model file is missing or is not the one its card names
├── ServerUnreachable  7  no answer from the server, and nothing was lost
├── TrustBroken        8  pin, directory, certificate or reply does not hold
├── ServerRefused      9  the server answered, and the answer was no
│   └── SealedRefusal  9  it said so inside the envelope, so it was the server and nobody between
└── StateError        10  what the agent keeps here (seed, records, ledger, a backup of them)
                          is missing, damaged or out of reach

The number is the exit code of every command. 0 is success; 1 is a fault of the program itself;
2 is a wrong command line.
"""

from collections.abc import Sequence
from typing import ClassVar


class AgentError(Exception):
    """Something that stops a command, and that the person can do something about.

    Attributes:
        exit_code: what the command exits with; stable.
        reason: stable, machine-readable, upper case.
        log: what happened, for a log; never holds a key, a summary or a score.
        person: what happened and what to do next, for a person; one line.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, log: str, person: str, *, reason: str) -> None:
        super().__init__(log)
        self.log = log
        self.person = person
        self.reason = reason


class InputError(AgentError):
    """The file or the camera gives no recording, or the file no key."""

    exit_code = 3


class BrokenOff(AgentError):
    """The person ended a question or a command, as by Ctrl-C."""

    exit_code = 5

    def __init__(self, person: str = "Broken off: nothing more was done.") -> None:
        super().__init__("broken off", person, reason="BROKEN_OFF")


class RecordingRefused(AgentError):
    """The recording is not fit to be measured.

    Attributes:
        reasons: every reason the gate found, machine-readable, the gravest first; `reason` is the
            first of them.
    """

    exit_code = 4

    def __init__(self, log: str, person: str, *, reasons: Sequence[str]) -> None:
        super().__init__(log, person, reason=reasons[0])
        self.reasons = tuple(reasons)


class ConsentRefused(AgentError):
    """A consent that is needed was not given, so nothing was sent."""

    exit_code = 5


class ModelRefused(AgentError):
    """A model file is missing or is not the one its card names."""

    exit_code = 6


class ServerUnreachable(AgentError):
    """No answer from the server."""

    exit_code = 7


class TrustBroken(AgentError):
    """Pin, directory, certificate or reply does not hold; nothing more is sent."""

    exit_code = 8


class ServerRefused(AgentError):
    """The server answered, and the answer was no."""

    exit_code = 9


class SealedRefusal(ServerRefused):
    """A no from inside the envelope: it came from the holder of the server's key.

    What stands outside an envelope anybody on the way could have written.
    """


class StateError(AgentError):
    """What the agent keeps on this laptop is missing, damaged or out of reach."""

    exit_code = 10
