"""The demonstration clip: a self-introduction that nobody gave, and what was commanded in it.

One photograph in the public domain, moved by models/training/make_demo_clip.py. The card beside
the clip names its source, its digest, and what of it cannot be true.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

_NAME = "self_introduction"


@dataclass(frozen=True, slots=True)
class CommandedAction:
    """One rise and fall of an action unit in the clip; seconds since its first frame.

    Attributes:
        unit: "AU12", "AU26" or "AU45".
        onset: the last moment at which the amount is 0.
        apex: from here on the amount is `amount`.
        decline: from here on it falls.
        offset: from here on it is 0 again.
        amount: 0-1, share of the largest movement that was drawn.
    """

    unit: str
    onset: float
    apex: float
    decline: float
    offset: float
    amount: float


@dataclass(frozen=True, slots=True)
class DemoCard:
    """What is known of the clip.

    Attributes:
        sha256: of the clip, hexadecimal.
        credit: whose portrait it is; to be shown wherever the clip is.
        cannot_be_true: what the clip does not show, a sentence each.
        frames: how many.
        frames_per_second: how many a second.
        neutral_seconds: how long the neutral face at its beginning lasts; amounts are relative
            to it.
        actions: all that was commanded, in order of onset.
        course: per unit the commanded amount of each frame, 0-1.
    """

    sha256: str
    credit: str
    cannot_be_true: tuple[str, ...]
    frames: int
    frames_per_second: int
    neutral_seconds: float
    actions: tuple[CommandedAction, ...]
    course: dict[str, tuple[float, ...]]


def demo_clip() -> AbstractContextManager[Path]:
    """The clip as a file, there only as long as the `with` block that the path is taken in."""
    return as_file(files(__name__) / f"{_NAME}.mp4")


def demo_card() -> DemoCard:
    """The clip's card."""
    card = json.loads((files(__name__) / f"{_NAME}.json").read_text(encoding="utf-8"))
    truth = card["truth"]
    return DemoCard(
        sha256=card["sha256"],
        credit=card["credit"],
        cannot_be_true=tuple(card["cannot_be_true"]),
        frames=card["frames"],
        frames_per_second=card["frames_per_second"],
        neutral_seconds=truth["neutral"][1],
        actions=tuple(CommandedAction(**action) for action in truth["actions"]),
        course={unit: tuple(amounts) for unit, amounts in truth["course"].items()},
    )
