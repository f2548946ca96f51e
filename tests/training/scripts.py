"""The scripts of models/training as modules; they are no part of any package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

TRAINING = Path(__file__).parents[2] / "models" / "training"


def training_module(name: str) -> ModuleType:
    """A script that stands on nothing but the project's packages."""
    spec = importlib.util.spec_from_file_location(f"training_{name}", TRAINING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their own module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
