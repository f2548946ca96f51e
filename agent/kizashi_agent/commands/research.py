"""For researchers: opens a folder of what people gave for research."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kizashi_models.labelled_recordings import Instrument, recording_line
from kizashi_protocol import ProtocolError, ResearchAnswers, ResearchItem, ResearchTotal
from kizashi_protocol.open_research import open_exported
from kizashi_protocol.research import (
    EXPORTED_SUFFIX,
    LONGEST_MANIFEST,
    MANIFEST_NAME,
    ResearchManifest,
)
from kizashi_protocol.sealed_item import LARGEST_ITEM

from kizashi_agent.counsellor_key import CounsellorKey
from kizashi_agent.errors import InputError
from kizashi_agent.new_file import is_there, open_new

_LONGEST_FILE = LARGEST_ITEM + 1_024
"""Bytes of an item: its ciphertext, and what says whose key opens it."""


@dataclass(frozen=True, slots=True)
class ItemFault:
    """A file that gave nothing.

    Attributes:
        name: of the file.
        reason: machine-readable.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenedExport:
    """What became of an export.

    Attributes:
        opened: summaries written, each with the answers or the total that came with it.
        faults: the files that gave none.
        answered: how many of them came with either.
    """

    manifest: ResearchManifest
    opened: int
    faults: Sequence[ItemFault]
    answered: int = 0

    @property
    def missing(self) -> int:
        """Items that the manifest counts and the folder lacks; negative where it has too many."""
        return self.manifest.count - self.opened - len(self.faults)


def read_manifest(folder: Path) -> ResearchManifest:
    """What an export says it is.

    Raises:
        InputError: there is no manifest, or another thing in its place.
    """
    try:
        with (folder / MANIFEST_NAME).open("rb") as file:
            return ResearchManifest.parse(file.read(LONGEST_MANIFEST + 1))
    except (OSError, ProtocolError):
        raise InputError(
            "no manifest of a research export",
            f"{folder} holds no research export that can be read: its {MANIFEST_NAME} is missing "
            "or damaged. Name the folder as it was handed over.",
            reason="EXPORT_MALFORMED",
        ) from None


def open_export(folder: Path, key: CounsellorKey, out: Path) -> OpenedExport:
    """Writes what an export holds into a new file, mode 0600, one JSON object a line.

    They are labelled recordings as `kizashi_models.labelled_recordings` reads them, each with the
    single answers, or the total of a BDI-II, where the person added them. Where an export has one summary of each person,
    lines are numbered as persons; elsewhere nobody may know who is who.

    An item that does not open is noted, and the others are opened all the same. Lines are in the
    order of the files' random names.

    Raises:
        InputError: it is no export, it is for another key, or the file is there already.
        OSError: the file cannot be written.
    """
    manifest = read_manifest(folder)
    if manifest.recipient.fingerprint != key.request.fingerprint:
        raise InputError(
            "an export is for another key",
            f"This export was made for {manifest.recipient.name}, whose key is another than the "
            "one you named. Nothing was opened. Name that key with --key.",
            reason="EXPORT_FOR_ANOTHER",
        )
    faults: list[ItemFault] = []
    opened = answered = 0
    with _new_file(out) as file:
        for item in _items(folder, key, manifest.context, faults):
            opened += 1
            person = f"p{opened:06}" if manifest.one_each else None
            file.write(recording_line(person, item.summary, _questionnaire(item), {}) + "\n")
            answered += item.added is not None
    return OpenedExport(manifest, opened, tuple(faults), answered)


def _items(
    folder: Path, key: CounsellorKey, context: bytes, faults: list[ItemFault]
) -> Iterator[ResearchItem]:
    for path in sorted(folder.glob(f"*{EXPORTED_SUFFIX}")):
        try:
            with path.open("rb") as file:
                data = file.read(_LONGEST_FILE)
            item = open_exported(data, key.private, context)
        except ProtocolError as error:
            faults.append(ItemFault(path.name, error.reason))
        except OSError:
            faults.append(ItemFault(path.name, "FILE_SYSTEM"))
        else:
            yield item


def _questionnaire(item: ResearchItem) -> dict[str, Any] | None:
    match item.added:
        case ResearchAnswers(items) as answers:
            total = {"instrument": Instrument.PHQ_9, "total": sum(items)}
            return total | dataclasses.asdict(answers)
        case ResearchTotal() as entered:
            return {"instrument": Instrument.BDI_II, **dataclasses.asdict(entered)}
    return None


def _new_file(path: Path) -> IO[str]:
    try:
        handle = open_new(path)
    except FileExistsError:
        raise is_there(path) from None
    return os.fdopen(handle, "w", encoding="utf-8")
