"""The words a person gets for a score or an abstention, in English and Japanese."""

from kizashi_models.feedback.compose import compose

__all__ = ["compose"]
