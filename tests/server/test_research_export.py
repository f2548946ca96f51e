"""What is handed over for research: what may be, still sealed, and nothing that tells people apart."""

import dataclasses
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_protocol import ConsentRecipient, ConsentRecord, Scope, fingerprint
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_research import open_exported
from kizashi_protocol.research import (
    EXPORTED_SUFFIX,
    MANIFEST_NAME,
    ResearchManifest,
    research_context,
    seal_for_research,
)
from kizashi_protocol.research_item import ResearchItem
from kizashi_server.errors import KeyFault, ReleaseRefused
from kizashi_server.release.research_export import export, items_for, recipient_of
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.holdings_database import open_holdings
from kizashi_server.store.standing_holdings import read_standing

from tests.models.scoring import summary_at
from tests.server.laptop import RESEARCH_KEY, RESEARCHER, Person
from tests.server.memory_holdings import MemoryHoldings
from tests.server.standing_people import give_to_research
from tests.server.world import PROGRAMME, START, make_world

LAPTOP = make_world().laptop
PLACE = research_context(LAPTOP.terms.root_fingerprint, PROGRAMME.id)
PEOPLE = [Person(bytes([number]) * 3) for number in range(6)]
OTHER_KEY = ItemPrivateKey.from_seed(b"o" * 32)
OTHER = ConsentRecipient("Another Group", fingerprint(OTHER_KEY.public.raw))


@pytest.fixture(params=["memory", "sqlite"])
def holdings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HoldingsStore]:
    """Each store of what is kept."""
    made: HoldingsStore = MemoryHoldings() if request.param == "memory" else open_holdings(tmp_path)
    yield made
    made.close()


def sealed(z: float, key: ItemPrivateKey = RESEARCH_KEY) -> bytes:
    """A summary as a laptop seals it and the server keeps it."""
    item = ResearchItem(summary_at(z))
    return seal_for_research(item, key.public, PLACE).to_message().SerializeToString()


def handed_over(holdings: HoldingsStore, folder: Path) -> list[bytes]:
    """The items of an export made at `START`, in the order of their files."""
    manifest = export(folder, holdings, RESEARCHER, LAPTOP.terms, START, os.urandom)
    files = sorted(folder.glob(f"*{EXPORTED_SUFFIX}"))
    assert manifest.count == len(files)
    assert ResearchManifest.parse((folder / MANIFEST_NAME).read_bytes()) == manifest
    return [file.read_bytes() for file in files]


def test_what_was_given_is_handed_over_and_opens_with_researchs_key(
    holdings: HoldingsStore, tmp_path: Path
) -> None:
    """Every summary of everybody, as the laptops sealed it."""
    for number, person in enumerate(PEOPLE):
        give_to_research(holdings, LAPTOP, person, b"1", sealed(number / 10))
        give_to_research(holdings, LAPTOP, person, b"2", sealed(-number / 10))
    items = handed_over(holdings, tmp_path / "export")
    found = {open_exported(each, RESEARCH_KEY, PLACE).summary for each in items}
    assert found == {summary_at(sign * n / 10) for n in range(len(PEOPLE)) for sign in (1, -1)}


def test_whoever_withdrew_is_not_in_the_next_export(
    holdings: HoldingsStore, tmp_path: Path
) -> None:
    """And nothing in it says that anybody did."""
    anna, ben = (
        give_to_research(holdings, LAPTOP, person, b"1", sealed(1.0)) for person in PEOPLE[:2]
    )
    assert len(handed_over(holdings, tmp_path / "first")) == 2
    kept = holdings.held(ben.digest)
    holdings.withdraw(anna.digest, anna.scope, anna.programme_id, START)
    assert kept is not None
    assert handed_over(holdings, tmp_path / "second") == [*kept.contents]
    assert ResearchManifest.parse((tmp_path / "second" / MANIFEST_NAME).read_bytes()) == (
        ResearchManifest(PROGRAMME.id, LAPTOP.terms.root_fingerprint, RESEARCHER, 1, "2027-01-15")
    )


def test_no_file_tells_whose_it_is(holdings: HoldingsStore, tmp_path: Path) -> None:
    """Names are random; keys, digests and consents of people are in no name and no file."""
    subjects = [give_to_research(holdings, LAPTOP, person, b"1", sealed(1.0)) for person in PEOPLE]
    handed_over(holdings, tmp_path / "export")
    for file in (tmp_path / "export").iterdir():
        data = file.read_bytes() + file.name.encode()
        for subject, person in zip(subjects, PEOPLE, strict=True):
            key = person.key(Scope.RESEARCH).public
            for secret in (subject.digest, key, subject.recovery_digest):
                assert secret not in data
                assert secret.hex().encode() not in data
            assert subject.consent.encode() not in data
        if file.name != MANIFEST_NAME:
            assert len(file.stem) == 32
            assert file.stat().st_size == len(sealed(1.0))


def test_files_are_written_in_the_order_of_their_names(tmp_path: Path) -> None:
    """So that no order of writing tells which are one person's."""
    holdings = MemoryHoldings()
    for number in range(3):
        give_to_research(holdings, LAPTOP, PEOPLE[0], bytes([number]), sealed(1.0))
    names = itertools.count(9, -1)

    def random(size: int) -> bytes:
        return bytes([next(names)]) * size

    export(tmp_path / "export", holdings, RESEARCHER, LAPTOP.terms, START, random)
    kept = read_standing(holdings, Scope.RESEARCH, PROGRAMME.id)[0].contents
    order = [each.read_bytes() for each in sorted((tmp_path / "export").glob("0*"))]
    assert order == list(reversed(kept))
    written = sorted((tmp_path / "export").iterdir(), key=lambda each: each.stat().st_mtime_ns)
    assert [each.name for each in written] == sorted(each.name for each in written)


def consent_after(fate: str, consent: ConsentRecord) -> ConsentRecord:
    """What somebody's consent is after what became of it."""
    match fate:
        case "expired":
            return dataclasses.replace(consent, given_time=START - 10, expire_time=START)
        case "another operator":
            terms = dataclasses.replace(consent.terms, scoring_operator="Another Lab")
            return dataclasses.replace(consent, terms=terms)
        case "another researcher":
            return dataclasses.replace(consent, recipient=OTHER)
        case _:
            return consent


FATES = ("holds", "withdrawn", "expired", "another operator", "another researcher", "an old key")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(FATES), max_size=len(PEOPLE)))
def test_exactly_what_consents_allow_is_handed_over(fates: list[str]) -> None:
    """Whatever became of the others' consents, whoever they name and whatever it is sealed to."""
    holdings, found = MemoryHoldings(), []
    for person, fate in zip(PEOPLE, fates, strict=False):
        to_others = fate in ("another researcher", "an old key")
        content = sealed(1.0, OTHER_KEY if to_others else RESEARCH_KEY)
        whose = give_to_research(holdings, LAPTOP, person, b"1", content)
        (kept,) = read_standing(holdings, Scope.RESEARCH, PROGRAMME.id)
        withdrawn_time = START if fate == "withdrawn" else None
        consent = consent_after(fate, kept.consent)
        found.append(dataclasses.replace(kept, consent=consent, withdrawn_time=withdrawn_time))
        holdings.erase(whose.digest)
    items = items_for(found, RESEARCHER, LAPTOP.terms, START)
    assert len(items) == fates.count("holds")


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """Two exports in one would be neither."""
    (tmp_path / "note").write_text("mine")
    with pytest.raises(KeyFault) as caught:
        export(tmp_path, MemoryHoldings(), RESEARCHER, LAPTOP.terms, START, os.urandom)
    assert "Name a new folder" in caught.value.person
    assert [each.name for each in tmp_path.iterdir()] == ["note"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """As where the folder above is not there."""
    place = tmp_path / "no" / "such"
    with pytest.raises(KeyFault) as caught:
        export(place, MemoryHoldings(), RESEARCHER, LAPTOP.terms, START, os.urandom)
    assert "cannot be made" in caught.value.person


def test_an_export_is_closed_to_other_accounts(tmp_path: Path) -> None:
    """Folder and files."""
    holdings = MemoryHoldings()
    give_to_research(holdings, LAPTOP, PEOPLE[0], b"1", sealed(1.0))
    handed_over(holdings, tmp_path / "export")
    assert stat.S_IMODE((tmp_path / "export").stat().st_mode) == 0o700
    for file in (tmp_path / "export").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("researchers", "named", "chosen"),
    [
        ([RESEARCHER], None, RESEARCHER),
        ([RESEARCHER], RESEARCHER.fingerprint, RESEARCHER),
        ([RESEARCHER, OTHER], OTHER.fingerprint, OTHER),
        ([RESEARCHER, OTHER], None, None),
        ([RESEARCHER], OTHER.fingerprint, None),
        ([], None, None),
    ],
)
def test_an_export_is_for_one_researcher(
    researchers: list[ConsentRecipient],
    named: bytes | None,
    chosen: ConsentRecipient | None,
) -> None:
    """The only one, or the one that was named; otherwise it is said who there is."""
    if chosen is not None:
        assert recipient_of(researchers, named) == chosen
        return
    with pytest.raises(ReleaseRefused) as caught:
        recipient_of(researchers, named)
    assert caught.value.reason == "RECIPIENT_UNCLEAR"
    for each in researchers:
        assert each.fingerprint.hex() in caught.value.person
