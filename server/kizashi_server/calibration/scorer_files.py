"""Writes a scorer's files into a folder of models: tried first, whole or not at all, over nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kizashi_models.scorer_loading import is_packaged_name, load_scorer, stem_of

from kizashi_server.errors import CalibrationRefused

_NORMS = Path("norms")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a scorer is to be written, and as what.

    Attributes:
        folder: of models.
        scorer_id: name and version.
        simulated: whether it says that it was made of simulated people.
    """

    folder: Path
    scorer_id: str
    simulated: bool = False

    @property
    def graph(self) -> Path:
        """Of the ONNX file, inside the folder."""
        return Path(f"{stem_of(self.scorer_id)}.onnx")

    @property
    def card(self) -> Path:
        """Of the card."""
        return self.graph.with_suffix(".json")


def norms_path(norms_id: str) -> Path:
    """Of norms, inside a folder of models."""
    return _NORMS / f"{stem_of(norms_id)}.json"


def require_new(target: Target, norms_id: str, norms: bytes | None = None) -> None:
    """Returns where a scorer can be written with its norms.

    Args:
        target: of the scorer.
        norms_id: of its norms.
        norms: their bytes where they are of the scorer that it begins from, which may lie there
            already and come with this program; None where they are to be new too.

    Raises:
        CalibrationRefused: ALREADY_THERE; there is such a scorer, or such norms of another content,
            in the folder or under a name of this program's own. OUT_UNUSABLE; it is no folder.
    """
    folder = target.folder
    if folder.exists() and not folder.is_dir():
        raise _unusable(folder, "it is no folder")
    for path in (folder / target.graph, folder / target.card):
        if path.exists():
            raise _there(path)
    path = folder / norms_path(norms_id)
    if path.exists() and not _holds(path, norms):
        raise _there(path)
    if is_packaged_name(target.scorer_id, "scorers"):
        raise _packaged(target.scorer_id, "a scorer")
    if norms is None and is_packaged_name(norms_id, "norms"):
        raise _packaged(norms_id, "norms")


def write_scorer(target: Target, files: Mapping[Path, bytes]) -> list[Path]:
    """Writes graph, card and norms, once the server's own loader has taken them.

    Args:
        target: of the scorer.
        files: by their path inside the folder, the card last: with it there is a scorer.

    Returns:
        What was written; norms that were there already are not among it.

    Raises:
        CalibrationRefused: ALREADY_THERE; a file has come up meanwhile. OUT_UNUSABLE; one cannot be
            written. Then none is left.
        ModelError: the loader does not take them.
    """
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder)
        _write_new({trial / path: data for path, data in files.items()})
        load_scorer(trial, target.scorer_id, simulated=target.simulated)
    missing = {
        target.folder / path: data
        for path, data in files.items()
        if path.parent != _NORMS or not _holds(target.folder / path, data)
    }
    try:
        return _write_new(missing)
    except OSError as error:
        raise _unusable(target.folder, str(error.strerror)) from None


def _write_new(files: Mapping[Path, bytes]) -> list[Path]:
    """Writes them in order, and takes them back where one of them cannot be written."""
    written: list[Path] = []
    for path, data in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                written.append(path)
                file.write(data)
        except OSError:
            for each in written:
                each.unlink()
            if path not in written and path.exists():
                raise _there(path) from None
            raise
    return written


def _holds(path: Path, data: bytes | None) -> bool:
    return path.is_file() and path.read_bytes() == data


def _there(path: Path) -> CalibrationRefused:
    return CalibrationRefused(
        f"{path.name} is there",
        f"{path} is there already and is not overwritten; give yours another version, or name "
        "another folder with --out.",
        reason="ALREADY_THERE",
    )


def _packaged(name: str, what: str) -> CalibrationRefused:
    return CalibrationRefused(
        f"{name} is a packaged name",
        f"{name} has the name of {what} of this program, which yours would be taken for; choose "
        "another name.",
        reason="ALREADY_THERE",
    )


def _unusable(folder: Path, fault: str) -> CalibrationRefused:
    return CalibrationRefused(
        f"{folder.name}: {fault}",
        f"Nothing can be written into {folder} ({fault}); name another folder with --out.",
        reason="OUT_UNUSABLE",
    )
