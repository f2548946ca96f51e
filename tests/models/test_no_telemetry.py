"""The library that runs networks tells its maker nothing."""

import os
import subprocess
import sys
from pathlib import Path

import onnxruntime

OPENS_A_NETWORK = "from kizashi_models.session import open_network; open_network('face_detector')"
COLLECTOR = b"OneCollector"
"""Part of the address that later wheels of onnxruntime report to."""


def test_the_installed_library_has_no_uploader() -> None:
    """No file of onnxruntime names the address that its later versions report usage to."""
    libraries = list(Path(onnxruntime.__file__).parent.rglob("*.so*"))
    assert libraries
    assert [path.name for path in libraries if COLLECTOR in path.read_bytes()] == []


def test_opening_a_network_leaves_no_file(tmp_path: Path) -> None:
    """A process that opens a network writes nothing to its home or temporary folder."""
    # Without CI and the like in its environment, where the library would hold back by itself.
    environment = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    subprocess.run([sys.executable, "-c", OPENS_A_NETWORK], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
