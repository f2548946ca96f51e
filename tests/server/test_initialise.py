"""What `init` makes: keys in closed files, a directory that holds from its root, an invite."""

import dataclasses
import os
import stat
from pathlib import Path

import pytest
from kizashi_protocol import DIRECTORY_KEY_VALIDITY, Invite, SigningKey, fingerprint
from kizashi_server.command_line.options import ProgrammeFlags, configuration_of
from kizashi_server.config import load
from kizashi_server.errors import ConfigurationFault, KeyFault
from kizashi_server.initialise import initialise
from kizashi_server.keys.certificate import read_certificate
from kizashi_server.keys.files import make_private_directory, write_private
from kizashi_server.keys.states import SEALING_KEY_GRACE

from tests.server.initialised import EXTRACTORS, FLAGS, NOW, Made, make, modes


def test_everything_is_closed_to_other_accounts(made: Made) -> None:
    """Files 0600, directories 0700, and the root key alone in its own."""
    for folder in (made.state, made.folder / "root"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert modes(folder) == {0o600}
    assert [path.name for path in (made.folder / "root").iterdir()] == ["root.seed"]


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """Not even with an open one."""
    before = os.umask(0)
    try:
        make(tmp_path)
    finally:
        os.umask(before)
    assert modes(tmp_path / "state") == {0o600}


def test_directory_holds_from_the_root_in_the_invite(made: Made) -> None:
    """One active key of each kind, the programme, the certificate, for ninety days."""
    directory = made.published().directory
    (invite,) = made.result.invites
    root = SigningKey.from_seed((made.folder / "root" / "root.seed").read_bytes())
    assert invite == Invite("check.example.org", 8443, "self-check", fingerprint(root.public))
    assert directory.root_fingerprint == invite.root_fingerprint
    assert directory.expire_time == NOW + DIRECTORY_KEY_VALIDITY
    (sealing,) = directory.sealing_keys
    assert sealing.delete_time == directory.expire_time + SEALING_KEY_GRACE
    assert directory.active_sealing_key() == sealing.public
    assert directory.programme("self-check").extractor_ids == EXTRACTORS["self-check"]
    certificate = read_certificate(made.state / "tls.crt")
    assert directory.tls_certificate_digests == (certificate.digest,)


def test_invite_file_holds_the_invite(made: Made) -> None:
    """One line, as people are handed it."""
    text = (made.state / "invite.txt").read_text()
    assert Invite.parse(text) == made.result.invites[0]


def test_no_invite_while_the_port_is_not_known(tmp_path: Path) -> None:
    """With port 0 the invites are told by `serve`."""
    made = make(tmp_path, dataclasses.replace(FLAGS, listen="127.0.0.1:0"))
    assert made.result.invites == ()
    assert not (made.state / "invite.txt").exists()


def test_written_configuration_is_the_one_used(made: Made) -> None:
    """The file in the state directory reads back as what was checked."""
    assert load(made.state / "kizashi-server.toml") == made.configuration


def test_nothing_is_overwritten(made: Made) -> None:
    """A second run is refused and changes no byte."""
    before = {path: path.read_bytes() for path in made.state.iterdir()}
    with pytest.raises(KeyFault, match="is there already"):
        make(made.folder)
    assert {path: path.read_bytes() for path in made.state.iterdir()} == before


def test_root_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """Even when the state directory is new; and then nothing is written there."""
    make_private_directory(tmp_path / "root")
    write_private(tmp_path / "root" / "root.seed", bytes(32))
    with pytest.raises(KeyFault, match="is there already"):
        make(tmp_path)
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize("inner", ["state", "state/root", "."])
def test_root_key_is_kept_apart(tmp_path: Path, inner: str) -> None:
    """Not in the state directory, not in it somewhere, not around it."""
    configuration, text = configuration_of(None, tmp_path / "state", FLAGS)
    with pytest.raises(KeyFault, match="overlap"):
        initialise(
            configuration, text, EXTRACTORS, ["a"], tmp_path / inner, now=NOW, random=os.urandom
        )


def test_open_directory_is_refused_with_its_remedy(tmp_path: Path) -> None:
    """The error names the command that closes it."""
    (tmp_path / "state").mkdir(mode=0o755)
    with pytest.raises(KeyFault) as caught:
        make(tmp_path)
    assert f"chmod 700 {tmp_path / 'state'}" in caught.value.person


@pytest.mark.parametrize("host", ["a b", "", "ex\u00e4mple", "a/b"])
def test_bad_host_is_refused(tmp_path: Path, host: str) -> None:
    """Before anything is written."""
    configuration, text = configuration_of(None, tmp_path / "state", FLAGS)
    with pytest.raises(KeyFault):
        initialise(
            configuration, text, EXTRACTORS, [host], tmp_path / "r", now=NOW, random=os.urandom
        )
    assert list(tmp_path.iterdir()) == []


def test_options_and_file_exclude_each_other(tmp_path: Path) -> None:
    """And one of them is needed."""
    for path, state, flags in [
        (tmp_path / "c.toml", tmp_path, ProgrammeFlags()),
        (tmp_path / "c.toml", None, FLAGS),
        (None, tmp_path, ProgrammeFlags()),
        (None, None, FLAGS),
    ]:
        with pytest.raises(ConfigurationFault, match="--config"):
            configuration_of(path, state, flags)
