"""`kizashi research open`: what opens is written, what does not is named."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_agent.commands.research import ItemFault, open_export, read_manifest
from kizashi_agent.counsellor_key import CounsellorKey, make_key_file
from kizashi_agent.errors import InputError
from kizashi_models.labelled_recordings import Instrument, QuestionnaireTotal, read_recordings
from kizashi_protocol import (
    AddedForResearch,
    ConsentRecipient,
    ResearchAnswers,
    ResearchItem,
    ResearchTotal,
    research_context,
    seal_for_research,
)
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.research import EXPORTED_SUFFIX, MANIFEST_NAME, ResearchManifest

from tests.agent.command_line import Done, kizashi
from tests.models.scoring import summary_at

NAME, WORDS = "Example Research Group", "seven quiet herons"
SEED = b"seed of a research key of 32 by."
KEY = CounsellorKey(NAME, ItemPrivateKey.from_seed(SEED))
OTHER_KEY = CounsellorKey(NAME, ItemPrivateKey.from_seed(b"o" * 32))
ROOT = b"r" * 32
SUMMARIES = [summary_at(z) for z in (-1.0, 0.5, 2.0)]


def item(number: int, root: bytes = ROOT, added: AddedForResearch | None = None) -> bytes:
    """A summary as it is handed over."""
    place = research_context(root, "self-check")
    item = ResearchItem(SUMMARIES[number], added)
    sealed = seal_for_research(item, KEY.private.public, place)
    return sealed.to_message().SerializeToString()


def export(folder: Path, count: int = 3) -> Path:
    """An export of three summaries, that says it has so many."""
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}{EXPORTED_SUFFIX}").write_bytes(item(number))
    recipient = ConsentRecipient(NAME, KEY.request.fingerprint)
    manifest = ResearchManifest("self-check", ROOT, recipient, count, "2026-11-23")
    (folder / MANIFEST_NAME).write_bytes(manifest.written())
    return folder


def lines(path: Path) -> list[object]:
    """What was written."""
    return [json.loads(each) for each in path.read_text().splitlines()]


def test_what_was_added_becomes_the_total_of_its_questionnaire(tmp_path: Path) -> None:
    """Of the PHQ-9 the answers are summed; of the BDI-II the total is the one that was entered."""
    folder = export(tmp_path / "export")
    added: tuple[AddedForResearch, ...] = (
        ResearchAnswers((1, 2) * 4 + (0,), 1, 3),
        ResearchTotal(17, 2),
    )
    for number, each in enumerate(added):
        (folder / f"{number}{EXPORTED_SUFFIX}").write_bytes(item(number, added=each))
    out = tmp_path / "lines"
    assert open_export(folder, KEY, out).answered == 2
    found = [each.questionnaire for each in read_recordings(out.read_text().splitlines(), "lines")]
    assert found == [
        QuestionnaireTotal(Instrument.PHQ_9, 12),
        QuestionnaireTotal(Instrument.BDI_II, 17),
        None,
    ]


def test_every_summary_is_written_with_its_fields(tmp_path: Path) -> None:
    """One JSON object a line, in a file that is closed to other accounts."""
    out = tmp_path / "lines"
    outcome = open_export(export(tmp_path / "export"), KEY, out)
    assert (outcome.opened, outcome.faults, outcome.missing) == (3, (), 0)
    found = read_recordings(out.read_text().splitlines(), "lines")
    assert [each.summary for each in found] == SUMMARIES
    assert {(each.person, each.questionnaire) for each in found} == {(None, None)}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


DAMAGED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "changed": (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "ENVELOPE_UNREADABLE"),
    "of another root": (lambda _: item(1, b"s" * 32), "ENVELOPE_UNREADABLE"),
    "cut off": (lambda data: data[:-1], "MALFORMED"),
    "empty": (lambda _: b"", "MALFORMED"),
    "endless": (lambda data: data + bytes(100_000), "MALFORMED"),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_an_item_that_does_not_open_is_named_and_the_others_are_opened(
    tmp_path: Path, how: str
) -> None:
    """Whatever is wrong with it."""
    folder, (damage, reason) = export(tmp_path / "export"), DAMAGED[how]
    path = folder / f"1{EXPORTED_SUFFIX}"
    path.write_bytes(damage(path.read_bytes()))
    outcome = open_export(folder, KEY, tmp_path / "lines")
    assert outcome.faults == (ItemFault(path.name, reason),)
    assert (outcome.opened, outcome.missing, len(lines(tmp_path / "lines"))) == (2, 0, 2)


@pytest.mark.parametrize(("count", "missing"), [(4, 1), (2, -1)])
def test_a_count_that_is_not_met_is_noticed(tmp_path: Path, count: int, missing: int) -> None:
    """Files were lost on the way, or came to it."""
    outcome = open_export(export(tmp_path / "export", count), KEY, tmp_path / "lines")
    assert (outcome.opened, outcome.missing) == (3, missing)


def test_an_export_for_another_key_writes_nothing(tmp_path: Path) -> None:
    """And says for whom it was made."""
    with pytest.raises(InputError) as caught:
        open_export(export(tmp_path / "export"), OTHER_KEY, tmp_path / "lines")
    assert caught.value.reason == "EXPORT_FOR_ANOTHER"
    assert NAME in caught.value.person
    assert not (tmp_path / "lines").exists()


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """It may hold what an earlier export gave."""
    (tmp_path / "lines").write_text("mine")
    with pytest.raises(InputError) as caught:
        open_export(export(tmp_path / "export"), KEY, tmp_path / "lines")
    assert caught.value.reason == "FILE_EXISTS"
    assert (tmp_path / "lines").read_text() == "mine"


@pytest.mark.parametrize("data", [None, b"", b"{}", b"x" * 10_000])
def test_a_folder_without_a_manifest_is_no_export(tmp_path: Path, data: bytes | None) -> None:
    """Nor one with another thing in its place."""
    if data is not None:
        (tmp_path / MANIFEST_NAME).write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path)
    assert caught.value.reason == "EXPORT_MALFORMED"


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The researcher's key, and its passphrase beside it."""
    folder = tmp_path_factory.mktemp("key")
    seeds = iter([SEED])
    _, data = make_key_file(NAME, WORDS, lambda size: next(seeds, os.urandom(size)))
    (folder / "key").write_bytes(data)
    (folder / "words").write_text(WORDS)
    return folder / "key"


def opened(tmp_path: Path, key_file: Path, folder: Path, *words: str) -> Done:
    """The command as it is typed."""
    return kizashi(
        tmp_path / "home", *words, "research", "open", str(folder), "--key", str(key_file),
        "--out", str(tmp_path / "lines"), "--passphrase-file", str(key_file.with_name("words")),
    )  # fmt: skip


def test_what_was_opened_is_told_and_what_is_to_be_deleted(tmp_path: Path, key_file: Path) -> None:
    """In Japanese too; nothing of the export stays in the agent's folder."""
    done = opened(tmp_path, key_file, export(tmp_path / "export"), "--language", "ja")
    assert done.code == 0, done.output
    assert "3 件" in done.output
    assert "消してください" in "".join(done.output.split())
    assert not [each for each in done.left if "lines" in each or "sealed" in each]


def test_a_file_that_does_not_open_gives_an_exit_code(tmp_path: Path, key_file: Path) -> None:
    """It is named; no control character of its name reaches the terminal."""
    folder = export(tmp_path / "export")
    (folder / f"1{EXPORTED_SUFFIX}").rename(folder / f"\x1b[2J{EXPORTED_SUFFIX}")
    (folder / f"2{EXPORTED_SUFFIX}").write_bytes(b"damaged")
    (folder / f"\x1b[2J{EXPORTED_SUFFIX}").write_bytes(b"damaged")
    done = opened(tmp_path, key_file, folder)
    assert done.code == 3
    assert f"2{EXPORTED_SUFFIX} did not open" in done.output
    assert "\x1b[2J" not in done.output
    assert "Summaries opened: 1" in done.output


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_another_folder_is_one_clear_error(tmp_path: Path, key_file: Path, folder: str) -> None:
    """Told before a passphrase is asked for."""
    done = opened(tmp_path, key_file.with_name("no-key"), tmp_path / folder)
    assert done.code == 3
    assert "holds no research export" in " ".join(done.output.split())
