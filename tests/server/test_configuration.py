"""The configuration: strict, and unable to carry a programme that the rules refuse."""

from pathlib import Path
from typing import Any

import pytest
from kizashi_protocol.directory import Setting
from kizashi_server.config import (
    EU_MEMBER_STATES,
    EU_OTHER_CODES,
    Configuration,
    HelpContact,
    HelpSettings,
    ListenAddress,
    load,
    parse,
)
from kizashi_server.errors import ConfigurationFault

PATH = Path("/etc/kizashi/kizashi-server.toml")


def raw() -> dict[str, Any]:
    """A whole configuration that holds."""
    return {
        "server": {"listen": "127.0.0.1:8443", "state_directory": "/var/lib/kizashi"},
        "programme": [
            {
                "id": "self-check",
                "display_name": "Self-check",
                "owner": "Example University",
                "scoring_operator": "Example Lab",
                "setting": "education",
                "jurisdiction": "JP",
            }
        ],
    }


def refused(configuration: dict[str, Any]) -> str:
    """What a person is told of a configuration that is refused, always on one line."""
    with pytest.raises(ConfigurationFault) as caught:
        parse(configuration, PATH)
    assert "\n" not in caught.value.person
    return caught.value.person


def with_programme(**changes: Any) -> dict[str, Any]:
    """The configuration with keys of its programme changed."""
    changed = raw()
    changed["programme"][0] |= changes
    return changed


def test_defaults_are_filled_in() -> None:
    """A short configuration gets every default, and paths inside the state directory."""
    configuration = parse(raw(), PATH)
    server, (programme,) = configuration.server, configuration.programme
    assert server.listen == ListenAddress("127.0.0.1", 8443)
    assert server.certificate_path == Path("/var/lib/kizashi/tls.crt")
    assert server.certificate_key_path == Path("/var/lib/kizashi/tls.key")
    assert (programme.setting, programme.scorer) == (Setting.EDUCATION, "research-prior/1")
    assert (programme.reply_retention_hours, programme.backup_days) == (24, 0)


def test_relative_paths_start_at_the_file() -> None:
    """Wherever the server is started from."""
    changed = raw()
    changed["server"] |= {"state_directory": "state", "tls_key": "own.key", "models_directory": "m"}
    server = parse(changed, PATH).server
    assert server.state_directory == Path("/etc/kizashi/state")
    assert server.certificate_key_path == Path("/etc/kizashi/own.key")
    assert server.models_directory == Path("/etc/kizashi/m")


@pytest.mark.parametrize(
    ("table", "key", "expected"),
    [
        ("server", "state_dir", "did you mean state_directory?"),
        ("server", "listn", "did you mean listen?"),
        ("programme", "jurisdicton", "did you mean jurisdiction?"),
        ("programme", "zzz", "known are id, display_name"),
        ("help", "phon", "did you mean phone?"),
        (None, "programmes", "did you mean programme?"),
    ],
)
def test_unknown_key_is_named_with_its_neighbour(
    table: str | None, key: str, expected: str
) -> None:
    """A misspelt key is an error that names it and what may have been meant."""
    changed = raw()
    changed["help"] = {"name": "Somebody"}
    where: Any = changed if table is None else changed[table]
    (where[0] if table == "programme" else where)[key] = "x"
    message = refused(changed)
    assert f"unknown key '{key}'" in message
    assert expected in message


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("server", "listen"),
        ("server", "state_directory"),
        *(("programme", key) for key in raw()["programme"][0]),
    ],
)
def test_missing_key_is_named(table: str, key: str) -> None:
    """Each required key is missed."""
    changed = raw()
    where = changed[table][0] if table == "programme" else changed[table]
    del where[key]
    assert f"{key} is missing" in refused(changed)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("id", "Self Check", 'a-z, 0-9 and "-"'),
        ("setting", "office", "personal, education, workplace, healthcare, research"),
        ("jurisdiction", "Japan", "two capital letters"),
        ("reply_retention_hours", 25, "a whole number from 1 to 24"),
        ("reply_retention_hours", 0, "a whole number from 1 to 24"),
        ("exchanges_per_minute", True, "a whole number"),
        ("exchanges_per_minute", 1.5, "a whole number"),
        ("display_name", "", "1 to 80 characters"),
        ("display_name", "two\nlines", "one line"),
        ("owner", "turned \u202e round", "one line"),
        ("owner", 5, "text in quotes"),
    ],
)
def test_bad_value_is_named_with_what_is_expected(key: str, value: object, expected: str) -> None:
    """A value out of its range or of another type is refused."""
    message = refused(with_programme(**{key: value}))
    assert key in message
    assert expected in message


@pytest.mark.parametrize(
    "listen", ["8443", "host", "host:port", "::1:8443", "a:70000", " a:1", 8443]
)
def test_bad_address_is_refused(listen: object) -> None:
    """An address without a host or port, or with a bare IPv6 address."""
    changed = raw()
    changed["server"]["listen"] = listen
    assert 'must be "host:port"' in refused(changed)


def test_full_width_space_is_a_space() -> None:
    """Japanese names are taken as they are written."""
    configuration = parse(with_programme(owner="国立\u3000例示大学"), PATH)
    assert configuration.programme[0].owner == "国立\u3000例示大学"


@pytest.mark.parametrize("same", ["Example University", " example  UNIVERSITY".strip()])
@pytest.mark.parametrize("setting", [each for each in Setting if each is not Setting.PERSONAL])
def test_owner_who_scores_is_refused(same: str, setting: Setting) -> None:
    """Whoever offers a programme may not hold its results, however the name is written."""
    message = refused(with_programme(scoring_operator=same, setting=str(setting)))
    assert "owner and scoring_operator are the same" in message


def test_person_may_be_their_own_operator() -> None:
    """Setting personal says: you are the operator."""
    changed = with_programme(scoring_operator="Example University", setting="personal")
    assert isinstance(parse(changed, PATH), Configuration)


@pytest.mark.parametrize("jurisdiction", sorted(EU_MEMBER_STATES | EU_OTHER_CODES))
@pytest.mark.parametrize("setting", ["workplace", "education"])
def test_union_needs_a_legal_basis_at_work_and_in_education(
    jurisdiction: str, setting: str
) -> None:
    """In the Union and each of its member states; with a named basis it is carried."""
    keys = {"jurisdiction": jurisdiction, "setting": setting}
    assert "legal_basis" in refused(with_programme(**keys))
    assert isinstance(
        parse(with_programme(**keys, legal_basis="Act 1, section 2"), PATH), Configuration
    )


@pytest.mark.parametrize(
    ("jurisdiction", "setting"),
    [("JP", "workplace"), ("US", "education"), ("EU", "research"), ("DE", "healthcare")],
)
def test_elsewhere_no_legal_basis_is_asked_for(jurisdiction: str, setting: str) -> None:
    """The rule ends with the Union, and with work and education."""
    changed = with_programme(jurisdiction=jurisdiction, setting=setting)
    assert isinstance(parse(changed, PATH), Configuration)


def test_there_are_27_member_states() -> None:
    """As of 2020-02-01."""
    assert len(EU_MEMBER_STATES) == 27


def test_programme_given_twice_is_refused() -> None:
    """An id names one programme."""
    changed = raw()
    changed["programme"] *= 2
    assert "given twice" in refused(changed)


@pytest.mark.parametrize("programme", [[], {}, "x"])
def test_configuration_without_a_programme_is_refused(programme: object) -> None:
    """There is nothing to serve."""
    assert "programme" in refused(raw() | {"programme": programme})


def test_help_is_per_language_where_given() -> None:
    """A contact for a language stands in for the common one in that language alone."""
    table = {"name": "Counselling", "phone": "1", "ja": {"name": "相談室"}}
    settings = parse(raw() | {"help": table}, PATH).help
    assert isinstance(settings, HelpSettings)
    assert settings.contact("ja") == HelpContact("相談室")
    assert settings.contact("en").name == "Counselling"


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    """The error names the file and the command that makes one."""
    with pytest.raises(ConfigurationFault) as caught:
        load(tmp_path / "none.toml")
    assert "none.toml" in caught.value.person
    assert "kizashi-server init" in caught.value.person


@pytest.mark.parametrize("content", [b"[server", b"\xff\xfe", b"a = 1\na = 2"])
def test_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    """As one line, with the file's name."""
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationFault, match=r"bad\.toml: is not TOML") as caught:
        load(path)
    assert "\n" not in caught.value.person
