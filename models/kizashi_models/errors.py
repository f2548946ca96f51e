"""The errors of kizashi_models.

ModelError
├── MissingModel     MODEL_MISSING           no card or no file for that id
├── BadCard          MODEL_CARD_INVALID      the card is not what card.py accepts
├── SimulatedScorer  SCORER_SIMULATED        it was made of simulated people, and scores nobody
├── BadNorms         NORMS_INVALID           norms are not what norms.py accepts
├── BadRecordings    RECORDINGS_INVALID      labelled recordings are not what is read, or do not fit
├── BadValidation    VALIDATION_INVALID      a validation report is not what validation.py accepts
├── WrongDigest      MODEL_DIGEST_MISMATCH   the file is not the one that its card describes
├── UnusableModel    MODEL_UNUSABLE          onnxruntime cannot open it, or it is not as its card says
└── ExtractorWithoutNorms  EXTRACTOR_WITHOUT_NORMS  nothing to compare this extractor's figures with
"""

from __future__ import annotations

from typing import ClassVar


class ModelError(Exception):
    """A model that cannot be used.

    Attributes:
        reason: stable name for scripts and exit codes.
        log: what happened, for the log.
        person: what happened and what to do next, for the person in front of it.
    """

    reason: ClassVar[str] = "MODEL_ERROR"

    def __init__(self, log: str, person: str) -> None:
        super().__init__(log)
        self.log = log
        self.person = person


_REINSTALL = "Install kizashi again; if you put your own model there, check its card."


class MissingModel(ModelError):
    """There is no card, or no file, for the id asked for."""

    reason = "MODEL_MISSING"

    def __init__(self, model_id: str, where: str) -> None:
        super().__init__(
            f"model {model_id!r} not found in {where}",
            f"The model '{model_id}' is missing. {_REINSTALL}",
        )


class BadCard(ModelError):
    """A card is not valid JSON, or has a key missing, unknown, or of the wrong type."""

    reason = "MODEL_CARD_INVALID"

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(
            f"card {where}: {fault}",
            f"The description of a model cannot be read ({where}: {fault}). {_REINSTALL}",
        )


class SimulatedScorer(ModelError):
    """A scorer was made of simulated people, so that nobody may be scored with it."""

    reason = "SCORER_SIMULATED"

    def __init__(self, scorer_id: str) -> None:
        super().__init__(
            f"scorer {scorer_id!r} was made of simulated people",
            f"The scorer {scorer_id} was made of simulated people, to try things out: nobody may be "
            "scored with it. Name one that was made of people's recordings, or research-prior/1.",
        )


class BadNorms(ModelError):
    """Norms are not valid JSON, or have a key missing or unknown, or a value that cannot be."""

    reason = "NORMS_INVALID"

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(
            f"norms {where}: {fault}",
            f"The norms that recordings are compared with cannot be read ({where}: {fault}). "
            f"{_REINSTALL}",
        )


class BadRecordings(ModelError):
    """Labelled recordings cannot be read, or do not fit together; `fault` says it in words."""

    reason = "RECORDINGS_INVALID"

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(
            f"recordings {where}: {fault}",
            f"The recordings cannot be used ({where}: {fault}). Nothing was worked out.",
        )


class BadValidation(ModelError):
    """A validation report is not valid JSON, or has a key missing, or a value that cannot be."""

    reason = "VALIDATION_INVALID"

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(
            f"validation {where}: {fault}",
            f"A validation report cannot be read ({where}: {fault}). Make it again with "
            "kizashi-server validate RECORDINGS --scorer ID --out FOLDER, or take it out of the "
            "folder.",
        )


class WrongDigest(ModelError):
    """A model file's SHA-256 is not the one in its card; it was not opened."""

    reason = "MODEL_DIGEST_MISMATCH"

    def __init__(self, model_id: str, expected: str, found: str) -> None:
        super().__init__(
            f"model {model_id!r}: SHA-256 is {found}, the card says {expected}",
            f"The file of model '{model_id}' is damaged or was replaced, and was not used. "
            f"{_REINSTALL}",
        )


class UnusableModel(ModelError):
    """A model's bytes are as its card says, but it cannot be run."""

    reason = "MODEL_UNUSABLE"

    def __init__(self, model_id: str, fault: str) -> None:
        super().__init__(
            f"model {model_id!r} cannot be used: {fault}",
            f"The model '{model_id}' does not work with this version of the program. {_REINSTALL}",
        )


class ExtractorWithoutNorms(ModelError):
    """A summary comes from an extractor, or in a mode, that the scorer's norms are not for."""

    reason = "EXTRACTOR_WITHOUT_NORMS"

    def __init__(self, extractor_id: str, mode: str, norms_id: str) -> None:
        super().__init__(
            f"norms {norms_id!r} are not for extractor {extractor_id!r} in mode {mode!r}",
            "This version of Kizashi measures faces in a way that there is nothing to compare "
            "with, so nothing was scored. Update Kizashi; if it happens again, tell your site's "
            "contact.",
        )
