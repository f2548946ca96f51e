"""The scripts of models/training as modules; they are no part of any package."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

TRAINING = Path(__file__).parents[2] / "models" / "training"


def training_module(name: str) -> ModuleType:
    """A script that stands on nothing but the project's packages and its neighbours."""
    # As when the script is run: its own folder comes first.
    sys.path.insert(0, str(TRAINING))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(TRAINING))
