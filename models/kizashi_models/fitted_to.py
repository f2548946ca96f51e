"""Which recordings a scorer was fitted to, so that nobody takes them for proof of what it is worth.

A card's `provenance.fitted_to` has a short digest of each summary: of two summaries one has the
other's once in 2^64. Nobody can work a summary out from it, since it has far too many figures to be
guessed, but whoever holds a summary can tell from a card whether it is among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from kizashi_protocol.summary import Summary

from kizashi_models.card import Card
from kizashi_models.errors import BadCard

FITTED_TO = "fitted_to"

_DIGITS = 16


def digests_of(summaries: Iterable[Summary]) -> list[str]:
    """The first 16 hexadecimal digits of the SHA-256 of each, in ascending order."""
    return sorted({_digest_of(each) for each in summaries})


def fitted_to(card: Card) -> list[str]:
    """The digests that a card has; none where it says nothing of whom it was fitted to.

    Raises:
        BadCard: what stands there is no list of texts.
    """
    found = card.provenance.get(FITTED_TO, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise BadCard(card.id, f"provenance.{FITTED_TO} is not a list of digests")
    return found


def seen_among(card: Card, summaries: Iterable[Summary]) -> list[int]:
    """The places, from 0, of those summaries that a card's scorer was fitted to.

    Raises:
        BadCard: as `fitted_to`.
    """
    known = set(fitted_to(card))
    return [place for place, each in enumerate(summaries) if _digest_of(each) in known]


def _digest_of(summary: Summary) -> str:
    return hashlib.sha256(summary.serialise()).hexdigest()[:_DIGITS]
