"""The server's configuration: one TOML file, read once, every key known.

`deploy/kizashi-server.toml` shows each key with its meaning. `load` parses, fills in what depends
on other keys and applies the rules that a programme may not break.
"""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from kizashi_protocol.consent import REPLY_RETENTION_HOURS, SHARE_RETENTION_DAYS, Locale
from kizashi_protocol.directory import Setting, same_party

from kizashi_server.errors import ConfigurationFault
from kizashi_server.release_budget import CONSENT_MONTHS
from kizashi_server.strict_toml import (
    BadValue,
    matching,
    one_of,
    read_table,
    table,
    tables,
    text,
    whole,
    words,
)

EU_MEMBER_STATES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
"""ISO 3166-1 alpha-2 codes of the 27 member states of the European Union."""

EU_OTHER_CODES = frozenset(["EU", "EL", "AX", "GF", "GP", "MF", "MQ", "RE", "YT"])
"""The union itself; Greece as the union writes it; and parts of Finland and France with ISO codes of
their own in which the treaties apply (Articles 349 and 355 TFEU)."""

TLS_CERTIFICATE_NAME = "tls.crt"
TLS_KEY_NAME = "tls.key"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def listen_address(raw: object) -> ListenAddress:
    """A reader for "host:port"; an IPv6 address stands in brackets.

    Raises:
        BadValue: the text has another form.
    """
    host, _, port = raw.rpartition(":") if isinstance(raw, str) else ("", "", "")
    bracketed = host.startswith("[") and host.endswith("]")
    bad_host = not host or host != host.strip() or (":" in host and not bracketed)
    if bad_host or not port.isdecimal() or int(port) > 65_535:
        raise BadValue('must be "host:port", such as "127.0.0.1:8443"')
    return ListenAddress(host, int(port))


def _path(raw: object) -> Path:
    if not isinstance(raw, str) or not raw:
        raise BadValue("must be a path in quotes")
    return Path(raw)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """[server]. Relative paths start at the folder of the configuration file.

    Attributes:
        listen: "host:port" to listen on; port 0 lets the system choose.
        state_directory: folder of keys, directory and database; mode 0700.
        tls_certificate: PEM chain; `tls.crt` of the state directory unless given.
        tls_key: PEM private key, mode 0600; `tls.key` of the state directory unless given.
        models_directory: folder of a site's own scorers; the packaged ones unless given.
        concurrent_exchanges: 1 to 256 worked on at once; more wait, then are turned away.
        deadline_seconds: 1 to 60; the longest an exchange may take, whatever the caller allows.
    """

    listen: Annotated[ListenAddress, listen_address]
    state_directory: Annotated[Path, _path]
    tls_certificate: Annotated[Path | None, _path] = None
    tls_key: Annotated[Path | None, _path] = None
    models_directory: Annotated[Path | None, _path] = None
    concurrent_exchanges: Annotated[int, whole(1, 256)] = 8
    deadline_seconds: Annotated[int, whole(1, 60)] = 10

    @property
    def certificate_path(self) -> Path:
        """Where the TLS certificate is."""
        return self.tls_certificate or self.state_directory / TLS_CERTIFICATE_NAME

    @property
    def certificate_key_path(self) -> Path:
        """Where the private key of the TLS certificate is."""
        return self.tls_key or self.state_directory / TLS_KEY_NAME


@dataclass(frozen=True, slots=True)
class ProgrammeSettings:
    """One [[programme]]: who offers the check, to whom, who scores it.

    Attributes:
        id: 1 to 64 characters of a-z, 0-9 and "-"; never changes.
        display_name: what a person is shown.
        owner: who offers the programme.
        scoring_operator: who runs this process and could read a summary in its memory; somebody
            other than the owner unless the setting is personal.
        setting: personal, education, workplace, healthcare or research.
        jurisdiction: ISO 3166-1 alpha-2 code of the law that applies, or "EU".
        legal_basis: the provision the programme rests on; required in the EU for workplace and
            education.
        scorer: identifier and version, such as "research-prior/1".
        exchanges_per_minute: 1 to 100,000; also the largest burst.
        reply_retention_hours: 1 to 24; how long a sealed reply waits for its laptop.
        backup_days: 0 to 90; the longest that a backup of the database lives; 0 means that none is
            made. Erasure receipts name it, and 1 at least.
        share_retention_days: 1 to 7; how long what is left for a counsellor waits to be fetched.
        release_budget: 1 to 13; how many releases of group figures may be about any 13 months in a
            row, in epsilon of differential privacy, of which each spends 1.
    """

    id: Annotated[str, matching(r"[a-z0-9-]{1,64}", 'of 1 to 64 characters of a-z, 0-9 and "-"')]
    display_name: Annotated[str, text(80)]
    owner: Annotated[str, text(80)]
    scoring_operator: Annotated[str, text(80)]
    setting: Annotated[Setting, one_of(Setting)]
    jurisdiction: Annotated[str, matching(r"[A-Z]{2}", 'two capital letters, such as "JP" or "EU"')]
    legal_basis: Annotated[str | None, text(300)] = None
    scorer: Annotated[str, text(64)] = "research-prior/1"
    exchanges_per_minute: Annotated[int, whole(1, 100_000)] = 600
    reply_retention_hours: Annotated[int, whole(1, REPLY_RETENTION_HOURS)] = REPLY_RETENTION_HOURS
    backup_days: Annotated[int, whole(0, 90)] = 0
    share_retention_days: Annotated[int, whole(1, SHARE_RETENTION_DAYS)] = SHARE_RETENTION_DAYS
    release_budget: Annotated[int, whole(1, CONSENT_MONTHS)] = 6

    @property
    def residual_days(self) -> int:
        """What an erasure receipt states: days that pages or backups may hold what was erased.

        1 at least: pages stay in the database's log while somebody reads it, and go with the first
        sweep after that.
        """
        return max(1, self.backup_days)


@dataclass(frozen=True, slots=True)
class HelpContact:
    """The site's own contact, shown first to everybody; every line but the name may be left out."""

    name: Annotated[str, text(120)]
    hours: Annotated[str, text(120)] = ""
    phone: Annotated[str, text(40)] = ""
    address: Annotated[str, text(200)] = ""
    description: Annotated[str, text(300)] = ""


@dataclass(frozen=True, slots=True)
class HelpSettings(HelpContact):
    """[help]: the contact, and with [help.en] or [help.ja] another one for that language."""

    en: Annotated[HelpContact | None, table(HelpContact)] = None
    ja: Annotated[HelpContact | None, table(HelpContact)] = None

    def contact(self, locale: Locale) -> HelpContact:
        """The contact for a language."""
        return (self.en if locale == "en" else self.ja) or self


@dataclass(frozen=True, slots=True)
class KeySettings:
    """[keys]: what the seeds of the state directory are encrypted with; one of the three.

    Attributes:
        passphrase_file: a file with mode 0600 that holds a passphrase.
        passphrase_credential: a systemd credential that holds a passphrase.
        key_command: a program and its arguments, run without a shell, that prints 32 bytes in
            Base64.
    """

    passphrase_file: Annotated[Path | None, _path] = None
    passphrase_credential: Annotated[
        str | None, matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "the name of a credential")
    ] = None
    key_command: Annotated[tuple[str, ...] | None, words(16)] = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole file."""

    server: Annotated[ServerSettings, table(ServerSettings)]
    programme: Annotated[tuple[ProgrammeSettings, ...], tables(ProgrammeSettings)]
    help: Annotated[HelpSettings | None, table(HelpSettings)] = None
    keys: Annotated[KeySettings, table(KeySettings)] = KeySettings()


def load(path: Path) -> Configuration:
    """Reads a configuration file.

    Raises:
        ConfigurationFault: it cannot be read, has an unknown or bad key, or breaks a rule.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationFault(
            f"cannot read {path}: {error.strerror}",
            f"The configuration {path} cannot be read ({error.strerror}). "
            "Name another with --config, or make one: kizashi-server init --help tells how.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _fault(path, f"is not TOML: {error}") from None
    return parse(raw, path)


def parse(raw: dict[str, Any], path: Path) -> Configuration:
    """As `load`, from parsed TOML; `path` names the file in errors and anchors relative paths."""
    try:
        configuration: Configuration = read_table(Configuration, raw)
        _apply_rules(configuration.programme)
        _apply_key_rule(configuration.keys)
    except BadValue as error:
        raise _fault(path, str(error)) from None
    return replace(
        configuration,
        server=_anchored(configuration.server, path.parent),
        keys=_anchored_keys(configuration.keys, path.parent),
    )


def _fault(path: Path, text: str) -> ConfigurationFault:
    return ConfigurationFault(f"{path}: {text}", f"{path}: {text}. Correct it and start again.")


def _anchored(server: ServerSettings, folder: Path) -> ServerSettings:
    def anchor(path: Path | None) -> Path | None:
        return None if path is None else folder / path

    return replace(
        server,
        state_directory=folder / server.state_directory,
        tls_certificate=anchor(server.tls_certificate),
        tls_key=anchor(server.tls_key),
        models_directory=anchor(server.models_directory),
    )


def _anchored_keys(keys: KeySettings, folder: Path) -> KeySettings:
    if keys.passphrase_file is None:
        return keys
    return replace(keys, passphrase_file=folder / keys.passphrase_file)


def _apply_key_rule(keys: KeySettings) -> None:
    given = (keys.passphrase_file, keys.passphrase_credential, keys.key_command)
    if sum(each is not None for each in given) > 1:
        raise BadValue(
            "keys: give only one of passphrase_file, passphrase_credential and key_command"
        )


def _apply_rules(programmes: tuple[ProgrammeSettings, ...]) -> None:
    ids = [each.id for each in programmes]
    for each in programmes:
        if ids.count(each.id) > 1:
            raise BadValue(f"programme {each.id}: this id is given twice")
        fault = rule_broken(each)
        if fault is not None:
            raise BadValue(f"programme {each.id}: {fault}")


def rule_broken(programme: ProgrammeSettings) -> str | None:
    """Why a programme may not be carried, or None when it may.

    - An owner who also scores could read results; only a person's own server may be both.
    - The EU's AI Act, Art. 5(1)(f), bans inferring emotions at work and in education; there a
      programme needs a named legal basis. The rule is wide on purpose: whether it applies to
      screening is for the programme's own counsel.
    """
    same = same_party(programme.owner, programme.scoring_operator)
    if same and programme.setting is not Setting.PERSONAL:
        return (
            "owner and scoring_operator are the same; name an operator who is somebody else, "
            'or set setting = "personal" if you are the only person who uses it'
        )
    in_union = programme.jurisdiction in EU_MEMBER_STATES | EU_OTHER_CODES
    restricted = programme.setting in (Setting.WORKPLACE, Setting.EDUCATION)
    if in_union and restricted and programme.legal_basis is None:
        return (
            f'setting = "{programme.setting}" in the European Union needs legal_basis, the '
            "provision that allows it despite Article 5(1)(f) of the AI Act; ask your counsel"
        )
    return None
