"""The platform's own keyring is chosen by name, and every wait for it ends."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kizashi_agent.device.keyring_backend import LimitedKeeper, within
from kizashi_agent.device.state_errors import KeyringUnusable

from tests.agent.device.keyrings import Failing, Keyring

FINDS = """
import sys
from kizashi_agent.device.keyring_backend import platform_keyring
from kizashi_agent.device.state_errors import KeyringUnusable
try:
    found = type(platform_keyring().keeper).__module__
except KeyringUnusable as error:
    found = "none: " + error.why
print(found)
print("planted" in sys.modules)
"""

PLANTED = """
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 99

    def get_password(self, service, username):
        return "00" * 32

    def set_password(self, service, username, password):
        open("taken", "w").write(password)

    def delete_password(self, service, username):
        pass
"""


def test_a_call_that_hangs_ends() -> None:
    """It is an error after its time, and the program goes on."""
    with pytest.raises(KeyringUnusable, match="no answer within 0"):
        within(0.1, threading.Event().wait)


def test_an_answer_in_time_is_returned() -> None:
    """What the call gives, None among it."""
    assert within(10, lambda: 7) == 7
    assert within(10, lambda: None) is None


def test_a_keyrings_own_words_are_not_passed_on() -> None:
    """They could hold the secret; only the kind of the error is told."""
    with pytest.raises(KeyringUnusable) as caught:
        LimitedKeeper(Failing()).set_password("service", "account", "secret")
    assert caught.value.why == "RuntimeError"
    assert "secret" not in str(caught.value)


def test_an_own_error_is_passed_on() -> None:
    """Its reason is more than its kind."""

    def call() -> None:
        raise KeyringUnusable("none here")

    with pytest.raises(KeyringUnusable, match="none here"):
        within(10, call)


def test_a_limited_keyring_is_the_keyring() -> None:
    """All three calls arrive."""
    inner = Keyring()
    limited = LimitedKeeper(inner)
    limited.set_password("service", "account", "secret")
    assert limited.get_password("service", "account") == "secret"
    limited.delete_password("service", "account")
    assert limited.get_password("service", "account") is None


@pytest.mark.skipif(sys.platform != "linux", reason="asks the keyring of whoever runs the tests")
def test_no_plug_in_is_taken(tmp_path: Path) -> None:
    """Neither the environment nor an installed package can put another backend in place."""
    (tmp_path / "planted.py").write_text(PLANTED)
    metadata = tmp_path / "planted-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[keyring.backends]\nplanted = planted\n")
    environment = {"PYTHON_KEYRING_BACKEND": "planted.Keyring", "HOME": str(tmp_path)}
    environment["PYTHONPATH"] = ":".join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", FINDS],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found, planted = done.stdout.splitlines()
    assert found.startswith("none: "), "this environment has no session bus"
    assert planted == "False"
    # The control: the library's own choice would have taken it.
    control = "import keyring; print(keyring.get_keyring().__module__)"
    chosen = subprocess.run(
        [sys.executable, "-c", control],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert chosen.stdout.strip() == "planted"
