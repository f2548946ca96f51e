"""Summaries for research: sealed for one place, opened there alone; and the manifest of an export."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    ConsentRecipient,
    Label,
    MalformedMessage,
    ResearchItem,
    Scope,
    UnreadableEnvelope,
    consent_text,
    research_context,
    seal_for_research,
    seal_item,
)
from kizashi_protocol.consent import FIGURES_ROUNDED_TO, LOCALES, SMALLEST_GROUP, Locale
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_research import open_exported
from kizashi_protocol.research import ResearchManifest

from tests.models.scoring import summary_at
from tests.protocol.values import TERMS

KEY = ItemPrivateKey.from_seed(b"k" * 32)
ROOT = b"r" * 32
PLACE = research_context(ROOT, "self-check")
MANIFEST = ResearchManifest(
    "self-check", ROOT, ConsentRecipient("Example Research Group", b"f" * 32), 3, "2026-11-23"
)


def exported(context: bytes = PLACE) -> bytes:
    """A summary as it is handed over."""
    item = seal_for_research(ResearchItem(summary_at(1.5)), KEY.public, context)
    return item.to_message().SerializeToString()


def test_what_was_sealed_is_opened() -> None:
    """The same summary comes back."""
    assert open_exported(exported(), KEY, PLACE) == ResearchItem(summary_at(1.5))


@given(st.sampled_from([b"r" * 32, b"s" * 32]), st.sampled_from(["self-check", "self-chec", "k"]))
def test_it_opens_in_its_own_place_alone(root: bytes, programme: str) -> None:
    """Another root or programme opens nothing."""
    place = research_context(root, programme)
    if place == PLACE:
        assert open_exported(exported(), KEY, place) == ResearchItem(summary_at(1.5))
    else:
        with pytest.raises(UnreadableEnvelope):
            open_exported(exported(), KEY, place)


def test_a_place_has_one_reading() -> None:
    """Each part is preceded by its length."""
    assert research_context(b"ab", "c") != research_context(b"a", "bc")


def test_another_key_opens_nothing() -> None:
    """Nor the right one what was changed."""
    with pytest.raises(UnreadableEnvelope):
        open_exported(exported(), ItemPrivateKey.from_seed(b"o" * 32), PLACE)
    data = exported()
    with pytest.raises(UnreadableEnvelope):
        open_exported(data[:-1] + bytes([data[-1] ^ 1]), KEY, PLACE)


def test_what_is_no_summary_is_refused() -> None:
    """Though it was sealed to the key, and for the place."""
    item = seal_item(Label.RESEARCH_SUMMARY, b"no summary", KEY.public, PLACE)
    for data in (item.to_message().SerializeToString(), b"", b"\xff", exported()[:20]):
        with pytest.raises(MalformedMessage):
            open_exported(data, KEY, PLACE)


def test_a_manifest_comes_back() -> None:
    """As it was written, with what its items are bound to."""
    assert ResearchManifest.parse(MANIFEST.written()) == MANIFEST
    assert MANIFEST.context == PLACE


def test_a_manifest_names_nobody_else() -> None:
    """Programme, root, recipient, count, day and whether each is of another person: no more."""
    known = {"kind", "version", "programme", "root", "recipient", "recipient_key", "count", "date"}
    assert json.loads(MANIFEST.written()).keys() == known | {"one_each"}


def changed(**members: object) -> bytes:
    """The manifest with members replaced."""
    return json.dumps(json.loads(MANIFEST.written()) | members).encode()


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"\xff",
    "a list": b"[]",
    "deep": b"[" * 4000,
    "long": changed(extra="x" * 5000),
    "another kind": changed(kind="another"),
    "another version": changed(version=2),
    "a programme that is none": changed(programme="NO"),
    "a programme that is no text": changed(programme=7),
    "a short root": changed(root="00"),
    "a root that is no text": changed(root=7),
    "a short key": changed(recipient_key="00" * 31),
    "a name that steers a terminal": changed(recipient="\x1b[2J"),
    "no name": changed(recipient=""),
    "a count below nothing": changed(count=-1),
    "a count that is true": changed(count=True),
    "a count with a fraction": changed(count=1.5),
    "a day that is none": changed(date="2026-02-30"),
    "a day with a time": changed(date="2026-11-23T10:00"),
    "a day that is no text": changed(date=None),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_another_manifest_is_refused(what: str) -> None:
    """With a sentence that says which folder to name."""
    with pytest.raises(MalformedMessage) as caught:
        ResearchManifest.parse(MALFORMED[what])
    assert "Name the folder that was handed over" in caught.value.person


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_another_error(data: bytes) -> None:
    """They are a manifest or are refused."""
    with pytest.raises(MalformedMessage):
        ResearchManifest.parse(data)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_words_say_what_a_release_does(locale: Locale) -> None:
    """The least group and the rounding are those of the code, in both languages."""
    text = consent_text(Scope.COHORT, locale, TERMS).text
    assert str(SMALLEST_GROUP) in text
    assert str(FIGURES_ROUNDED_TO) in text
    said = {
        "en": ("random noise", "one set", "figures already released stay"),
        "ja": ("無作為な誤差", "1回だけ", "公表された数字はそのまま残ります"),
    }
    assert all(each in text for each in said[locale])


@pytest.mark.parametrize("locale", LOCALES)
def test_the_words_say_what_becomes_of_what_was_handed_over(locale: Locale) -> None:
    """It is past recall; the next export leaves out who withdrew, and asks for the rest."""
    recipient = ConsentRecipient("Example Research Group", b"f" * 32)
    text = consent_text(Scope.RESEARCH, locale, TERMS, recipient).text
    said = {
        "en": ("past recall", "handed over no more", "nothing makes them"),
        "ja": ("取り戻せません", "そのあとは引き渡されません", "消させる手段はありません"),
    }
    assert all(each in text for each in said[locale])
