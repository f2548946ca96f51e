"""Packaged help: dated, in both languages, and no number that nobody checked."""

import re

import pytest
from kizashi_models.feedback.help_resources import help_resources, parse_help
from kizashi_models.feedback.texts import texts_of
from kizashi_protocol.consent import LOCALES, Locale


@pytest.mark.parametrize("locale", LOCALES)
def test_no_phone_number_without_a_check(locale: Locale) -> None:
    """Packaged help names pages, and gives no number nobody checked."""
    for each in help_resources(locale):
        assert each.phone == ""
        assert not re.search(r"\d{3}", f"{each.name}{each.description}{each.address}")


ENTRY = 'name = "A"\ndescription = "B"\n'
REST = f'[[ja]]\n{ENTRY}checked = "not checked"\n'


@pytest.mark.parametrize(
    "document",
    [
        f'[[en]]\n{ENTRY}checked = "not checked"\n{REST}',
        f"written = 2026-01-01\n{REST}",
        f'written = 2026-01-01\n[[en]]\n{ENTRY}checked = "yes"\n{REST}',
        f'written = 2026-01-01\n[[en]]\n{ENTRY}checked = "not checked"\nphone = "1"\n{REST}',
        f'written = 2026-01-01\n[[en]]\n{ENTRY}checked = 2026-01-01\nphone = "1"\n{REST}',
    ],
)
def test_help_keeps_its_rules(document: str) -> None:
    """Undated help, a missing language, and a number that nobody checked are refused."""
    with pytest.raises(ValueError, match=r"help resources|checked"):
        parse_help(document)


def test_checked_help_names_page_and_day() -> None:
    """A number that was checked is shown with the page and the day of the check."""
    entry = f'{ENTRY}checked = 2026-01-02\nphone = "1"\npage = "P"\n'
    resource = parse_help(f"written = 2026-01-02\n[[en]]\n{entry}{REST}")["en"][0].resource(
        texts_of("en").help
    )
    assert resource.phone == "1"
    assert "P" in resource.address
    assert "2026-01-02" in resource.address
