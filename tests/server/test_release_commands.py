"""`kizashi-server cohort` and `research` as they are typed, beside a server at work."""

import json
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kizashi_agent.counsellor_key import make_key_file
from kizashi_protocol import Band
from kizashi_protocol.keys import expand
from kizashi_protocol.recipient_request import RecipientRequest
from kizashi_server.store.holdings_database import open_holdings_to_read

from tests.agent.command_line import kizashi
from tests.models.scoring import summary_at
from tests.server.conftest import Running, command, make_server, served
from tests.server.laptop import RESEARCH_KEY, Laptop, Person
from tests.server.standing_people import contribute, give_to_research

pytestmark = pytest.mark.proof

GROUP = "Example Research Group"
WORDS = "seven quiet herons"
SEED = b"research key of the programme..."
"""Of `RESEARCH_KEY`."""


def month(back: int) -> str:
    """The month so many months before this one."""
    day = datetime.now(UTC).replace(day=1)
    for _ in range(back):
        day = (day - timedelta(days=1)).replace(day=1)
    return day.strftime("%Y-%m")


@dataclass(frozen=True)
class Site:
    """A server at work, with people who contribute."""

    running: Running

    @property
    def folder(self) -> Path:
        """Of the server."""
        return self.running.folder

    def release(
        self, *words: str, config: str = "site.toml", programme: str = "self-check"
    ) -> subprocess.CompletedProcess[str]:
        """A finished `cohort release`."""
        options = ("--config", config, "--programme", programme)
        return command(self.folder, "cohort", "release", *options, *words)

    def export(
        self, *words: str, programme: str = "self-check"
    ) -> subprocess.CompletedProcess[str]:
        """A finished `research export`."""
        options = ("--config", "site.toml", "--programme", programme)
        return command(self.folder, "research", "export", *options, *words)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Forty people had more last month, three the month before; two gave to research."""
    folder = tmp_path_factory.mktemp("site")
    make_server(folder)
    certify(folder)
    with served(folder) as running:
        laptop = Laptop(running.directory(), "self-check", int(time.time()))
        holdings = open_holdings_to_read(folder / "state")
        for number in range(40):
            person = Person(bytes([number]) * 3)
            contribute(holdings, laptop, person, month(1), Band.MORE)
            if number < 3:
                contribute(holdings, laptop, person, month(2), Band.FEWER)
            if number < 2:
                item = laptop.for_research(summary_at(number / 10)).to_message()
                give_to_research(holdings, laptop, person, b"1", item.SerializeToString())
        holdings.close()
        yield Site(running)


def certify(folder: Path) -> None:
    """The root certifies the research key, and the server is to list it."""
    request, asked = folder / "research.request", RecipientRequest(GROUP, expand(SEED)[1])
    request.write_bytes(asked.written())
    for words in (
        ("root-certify-recipient", "--root-dir", "root", "--request", str(request), "--role",
         "research", "--programme", "self-check", "--out", "research.certificate", "--expect",
             asked.fingerprint.hex(), "--name", GROUP),
        ("recipients", "add", "research.certificate", "--config", "site.toml"),
    ):  # fmt: skip
        done = command(folder, *words)
        assert done.returncode == 0, done.stderr


def test_a_month_is_released_and_told_the_same_again(site: Site) -> None:
    """As text with its meaning, as JSON, and in a file."""
    first = site.release("--month", month(1))
    assert first.returncode == 0, first.stderr
    more = re.search(r"^more +(\d+)$", first.stdout, re.MULTILINE)
    assert more is not None
    assert int(more[1]) in range(20, 65, 5)
    assert "epsilon 1" in first.stdout
    assert "rounded to the nearest 5" in first.stdout
    assert site.release("--month", month(1)).stdout == first.stdout
    told = json.loads(site.release("--month", month(1), "--json").stdout)
    assert told["figures"]["more"] == int(more[1])
    assert (told["epsilon"], told["rounded_to"], told["too_few"]) == (1, 5, False)
    written = site.release("--month", month(1), "--out", "figures.txt")
    assert (written.returncode, written.stdout) == (0, "")
    assert (site.folder / "figures.txt").read_text() == first.stdout


def test_too_few_is_all_that_is_told_of_three(site: Site) -> None:
    """Three people with their noise add up to 25 about once in 75 million runs."""
    done = site.release("--month", month(2))
    assert done.returncode == 0, done.stderr
    assert "too few" in done.stdout
    told = json.loads(site.release("--month", month(2), "--json").stdout)
    assert (told["too_few"], told["figures"]) == (True, None)


def test_a_spent_budget_is_refused_with_what_to_do(site: Site) -> None:
    """The same command with a smaller budget; what was released is told all the same."""
    site.release("--month", month(1))
    text = (site.folder / "site.toml").read_text()
    small = text.replace('scorer = "even/1"\n', 'scorer = "even/1"\nrelease_budget = 1\n')
    (site.folder / "small.toml").write_text(small)
    done = site.release("--month", month(3), config="small.toml")
    assert done.returncode == 9
    assert "release_budget" in done.stderr
    assert done.stdout == ""
    assert site.release("--month", month(1), config="small.toml").returncode == 0


@pytest.mark.parametrize(
    ("words", "programme", "exit_code", "said"),
    [
        (("--month", "2026-13"), "self-check", 2, "YYYY-MM"),
        ((), "self-check", 2, "--month"),
        (("--month", month(1)), "other", 3, 'no programme "other"'),
        (("--month", month(0)), "self-check", 9, "is not over"),
        (("--month", month(1), "--out", "site.toml"), "self-check", 4, "is there already"),
        (("--month", month(1), "--out", "no/such/file"), "self-check", 4, "cannot be written"),
    ],
)
def test_a_wrong_command_is_one_clear_error(
    site: Site, words: tuple[str, ...], programme: str, exit_code: int, said: str
) -> None:
    """And nothing is printed."""
    done = site.release(*words, programme=programme)
    assert (done.returncode, done.stdout) == (exit_code, ""), done.stderr
    assert said in " ".join(done.stderr.split())


def test_a_programme_that_was_changed_is_served_first(site: Site) -> None:
    """By terms nobody was told no consent holds, and the month would be spent on nobody."""
    text = (site.folder / "site.toml").read_text()
    (site.folder / "changed.toml").write_text(text.replace("Example Lab", "Another Lab"))
    done = site.release("--month", month(1), config="changed.toml")
    assert done.returncode == 9
    assert "Start the server" in done.stderr


def test_a_server_that_never_ran_has_nothing(tmp_path: Path) -> None:
    """There is no database, and none is made."""
    make_server(tmp_path)
    for words in (("cohort", "release", "--month", month(1)), ("research", "export", "--out", "e")):
        done = command(tmp_path, *words, "--config", "site.toml", "--programme", "self-check")
        assert done.returncode in (7, 9)
        assert len(done.stderr.splitlines()) == 1
    assert not list((tmp_path / "state").glob("*.sqlite"))


def test_an_export_is_opened_by_the_researcher(site: Site, tmp_path: Path) -> None:
    """From the server's folder to lines of figures on the researcher's machine."""
    done = site.export("--out", str(tmp_path / "export"))
    assert done.returncode == 0, done.stderr
    assert "2 sealed summaries" in done.stdout
    assert GROUP in done.stdout
    key, words = tmp_path / "key", tmp_path / "words"
    words.write_text(WORDS)
    _, data = make_key_file(GROUP, WORDS, lambda size: SEED[:size])
    key.write_bytes(data)
    opened = kizashi(
        tmp_path / "home", "research", "open", str(tmp_path / "export"), "--key", str(key),
        "--out", str(tmp_path / "lines"), "--passphrase-file", str(words),
    )  # fmt: skip
    assert opened.code == 0, opened.output
    lines = [json.loads(each) for each in (tmp_path / "lines").read_text().splitlines()]
    assert len(lines) == 2
    assert {each["summary"]["extractor_id"] for each in lines} == {summary_at(0.0).extractor_id}
    assert stat.S_IMODE((tmp_path / "lines").stat().st_mode) == 0o600
    again = site.export("--out", str(tmp_path / "export"))
    assert (again.returncode, "is there already" in again.stderr) == (4, True)
    shutil.rmtree(tmp_path / "export")


@pytest.mark.parametrize(
    ("words", "programme", "exit_code", "said"),
    [
        (("--out", "e", "--recipient", "00"), "self-check", 2, "64 hexadecimal"),
        (("--out", "e", "--recipient", "00" * 32), "self-check", 9, GROUP),
        (("--out", "e"), "other", 3, 'no programme "other"'),
        ((), "self-check", 2, "--out"),
    ],
)
def test_a_wrong_export_is_one_clear_error(
    site: Site, words: tuple[str, ...], programme: str, exit_code: int, said: str
) -> None:
    """And nothing is written."""
    done = site.export(*words, programme=programme)
    assert done.returncode == exit_code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert not (site.folder / "e").exists()


def test_the_key_that_people_seal_to_is_the_certified_one() -> None:
    """The key in the test is the one whose request was certified."""
    assert expand(SEED)[1] == RESEARCH_KEY.public
