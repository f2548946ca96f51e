"""A check in the person's own history: what was measured, and the words that came back."""

import base64
import json
from dataclasses import dataclass, field
from typing import Self

from kizashi_protocol import Feedback, ProtocolError, Summary
from kizashi_protocol.context import REPORT_ID_BYTES
from kizashi_protocol.reply import read_feedback, write_feedback


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A check as it is kept.

    Attributes:
        time: when the person agreed to it, in seconds since the epoch.
        summary: what was measured; with it extractor and mode.
        feedback: as it was shown; with it band, language, scorer and norms.
        report_id: 16 bytes, where it was sent; None where it was scored on the laptop.
    """

    time: int
    summary: Summary = field(repr=False)
    feedback: Feedback = field(repr=False)
    report_id: bytes | None = None

    def encode(self) -> bytes:
        """The entry as bytes; `decode` gives back an equal one."""
        content = {
            "time": self.time,
            "summary": base64.b64encode(self.summary.serialise()).decode("ascii"),
            "feedback": base64.b64encode(write_feedback(self.feedback)).decode("ascii"),
            "report_id": None if self.report_id is None else self.report_id.hex(),
        }
        return json.dumps(content).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reads what `encode` wrote.

        Raises:
            ValueError: it is anything else.
        """
        try:
            content = json.loads(data)
            given = content["report_id"]
            report_id = None if given is None else bytes.fromhex(given)
            if report_id is not None and len(report_id) != REPORT_ID_BYTES:
                raise ValueError("a report id of another length")
            return cls(
                int(content["time"]),
                Summary.parse(base64.b64decode(content["summary"], validate=True)),
                read_feedback(base64.b64decode(content["feedback"], validate=True)),
                report_id,
            )
        except (KeyError, TypeError, OverflowError, ProtocolError) as error:
            raise ValueError(f"a kept check does not parse: {type(error).__name__}") from None
