"""What must not be there: libraries that the server, or a part of it, has no business with."""

import subprocess
import sys

IMAGES = {"cv2", "PIL", "mediapipe", "skimage", "av", "kizashi_agent"}
FITTING = {"onnx", "scipy", "sklearn", "statsmodels", "matplotlib", "pandas"}
"""What a site's own scorer is fitted with: an extra, which no server at work needs."""

WORLD = {"grpc", "sqlalchemy", "alembic", "onnxruntime"}


def loaded_by(modules: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after importing some."""
    code = f"import sys, {modules}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_server_loads_no_image_library_no_agent_and_nothing_that_fits() -> None:
    """The whole program, with everything it puts together."""
    loaded = loaded_by("kizashi_server.main")
    assert not loaded & (IMAGES | FITTING)
    assert loaded >= {"grpc", "sqlalchemy", "onnxruntime"}


def test_decisions_load_no_network_no_database_and_no_runtime() -> None:
    """They are functions of values."""
    decisions = ("consent_gate", "exchange.replay", "exchange.rate_limit", "exchange.self_check")
    loaded = loaded_by(", ".join(f"kizashi_server.{each}" for each in decisions))
    assert "kizashi_server" in loaded
    assert not loaded & (WORLD | IMAGES)
