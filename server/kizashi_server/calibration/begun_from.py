"""What is taken of the scorer that one of a site's own begins from: its weights."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from kizashi_models.card import Card
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.fitted_to import fitted_to
from kizashi_models.scorer import Scorer
from numpy.typing import NDArray

from kizashi_server.errors import CalibrationRefused


def require_study_figures(base: Scorer) -> None:
    """Returns where a scorer reads what is fitted, and weighs some of it.

    Raises:
        CalibrationRefused: SCORER_UNFIT; it reads other figures, or weighs none of them.
    """
    if base.figures != STUDY_FIGURES or not weights_of(base).any():
        raise CalibrationRefused(
            f"{base.id} reads other figures, or weighs nothing",
            f"The scorer {base.id} reads other figures than the study's six, or weighs none of "
            "them, and a scorer of your own begins from one that weighs those; name another with "
            "--scorer.",
            reason="SCORER_UNFIT",
        )


def require_unseen(base: Scorer, card: Card, digests: Collection[str]) -> None:
    """Returns where a scorer saw no total of these people.

    One that did is better on them than on others, and weights pulled towards its own would be too.

    Args:
        base: what is begun from.
        card: its card.
        digests: of the people's summaries; see `kizashi_models.fitted_to`.

    Raises:
        CalibrationRefused: FITTED_ON_THESE; it was fitted to totals of some.
        BadCard: the card does not say whom it was fitted to as cards do.
    """
    seen = set(digests) & set(fitted_to(card))
    if seen and "instrument" in card.provenance:
        raise CalibrationRefused(
            f"{base.id} was fitted to {len(seen)} of these people",
            f"The scorer {base.id} was itself fitted to {len(seen)} of these people, so nothing can "
            "be compared with it on them. Begin from the one before it (--scorer research-prior/1), "
            "or take people whom it has not seen.",
            reason="FITTED_ON_THESE",
        )


def weights_of(base: Scorer) -> NDArray[np.float64]:
    """(k,): what one standard deviation of each figure adds to a scorer's composite, 0 or more."""
    each = base.weigh(np.eye(len(base.figures), dtype=np.float32)).contributions
    none = base.weigh(np.zeros((1, len(base.figures)), np.float32)).contributions
    return np.maximum(np.diag(each - none), 0).astype(np.float64)
