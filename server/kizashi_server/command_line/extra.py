"""What commands that stand on the extra `calibration` have in common."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kizashi_models.errors import BadRecordings, ModelError

from kizashi_server.errors import ModelRefused, WorkRefused


def require_extra(refusal: type[WorkRefused], *libraries: str) -> None:
    """Returns where these libraries of the extra are there.

    Raises:
        WorkRefused: one is not (EXTRA_MISSING); of the class given.
    """
    for name in libraries:
        try:
            importlib.import_module(name)
        except ImportError:
            raise refusal(
                f"{name} is not installed",
                f"Nothing was worked out: the library {name} is not installed. Install all that is "
                "needed in the project's folder with: pip install '.[calibration]'",
                reason="EXTRA_MISSING",
            ) from None


@contextmanager
def models_refused(refusal: type[WorkRefused]) -> Iterator[None]:
    """Turns what a model or a file of recordings lacks into what an operator is told."""
    try:
        yield
    except BadRecordings as error:
        raise refusal(error.log, error.person, reason=error.reason) from None
    except ModelError as error:
        raise ModelRefused(error.log, error.person) from None


def require_folder(models: Path | None) -> None:
    """Returns where a folder of models was not named, or is one.

    Raises:
        ModelRefused: it is none, and without it a packaged scorer would be taken in silence.
    """
    if models is not None and not models.is_dir():
        raise ModelRefused(f"{models} is no folder", f"{models} is no folder. Name another.")
