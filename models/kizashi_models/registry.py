"""Finds a model by its id and hands out its bytes only if they are the ones its card describes.

No onnxruntime here: `session.open_network` turns what this returns into something that runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from kizashi_models.card import Card, parse_card
from kizashi_models.errors import BadCard, MissingModel, WrongDigest

# Folders of this package that may hold models.
PACKAGED_FOLDERS = ("networks", "heads", "scorers")


@dataclass(frozen=True, slots=True)
class Model:
    """A card and the bytes of its file, whose digest was checked."""

    card: Card
    data: bytes = field(repr=False)


def packaged_folders() -> tuple[Traversable, ...]:
    """The folders of models inside the installed package."""
    root = files("kizashi_models")
    return tuple(folder for name in PACKAGED_FOLDERS if (folder := root / name).is_dir())


def find_card(model_id: str, directory: Path | None = None) -> Card:
    """The card of a model, packaged or in a directory of the caller's.

    Raises:
        MissingModel: no such card.
        BadCard: the card cannot be parsed, or carries another id.
    """
    card, _ = _find(model_id, directory)
    return card


def read_model(model_id: str, directory: Path | None = None) -> Model:
    """A model's card and verified bytes.

    Raises:
        MissingModel: no such card, or its file is not there.
        BadCard: the card cannot be parsed, or carries another id.
        WrongDigest: the file's SHA-256 is not the card's.
    """
    card, folder = _find(model_id, directory)
    try:
        data = (folder / card.file).read_bytes()
    except OSError as error:
        raise MissingModel(model_id, f"{folder}/{card.file}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise WrongDigest(model_id, card.sha256, found)
    return Model(card, data)


def all_cards(directory: Path | None = None) -> Iterator[Card]:
    """Every card there is, by folder and then by name.

    Raises:
        BadCard: one of them cannot be parsed.
    """
    for folder in _folders(directory):
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
        for name in names:
            yield find_card(name.removesuffix(".json"), directory)


def _folders(directory: Path | None) -> tuple[Traversable, ...]:
    return packaged_folders() if directory is None else (directory,)


def _find(model_id: str, directory: Path | None) -> tuple[Card, Traversable]:
    folders = _folders(directory)
    for folder in folders:
        entry = folder / f"{model_id}.json"
        if entry.is_file():
            card = parse_card(entry.read_bytes(), entry.name)
            if card.id != model_id:
                raise BadCard(entry.name, f"id is {card.id!r}, the file name says {model_id!r}")
            return card, folder
    raise MissingModel(model_id, ", ".join(str(folder) for folder in folders))
