"""The codes of our own, defined in the bundle itself, since nobody else defines them.

LOINC has no code for the intensity of a facial action unit (its nearest, 111792-8, "Muscles of
facial expression", is an examiner's finding), and none for a band.
"""

from kizashi_protocol import LOCALES, PRESENCE_UNITS, Band, Locale, Scope

from kizashi_agent.takeout import names
from kizashi_agent.takeout.elements import OWN_CODES, TEXTS, Export, Resource
from kizashi_agent.takeout.figures import EVERY_FIGURE
from kizashi_agent.takeout.observations import unit_code, unit_name
from kizashi_agent.takeout.risk import band_code, band_words
from kizashi_agent.words import say

_GROUPS = ("check", "eyes_and_mouth", "head_motion", "recording_quality", "feedback", "trend")
_FIRST, *_OTHERS = LOCALES


def code_system(export: Export) -> Resource:
    """Every code of our own, with its words in each language."""
    return export.resource(
        "CodeSystem",
        language=_FIRST,
        url=OWN_CODES,
        version=export.version,
        name="KizashiCodes",
        title="Kizashi: figures of a self-check, bands and scopes of consent",
        status="active",
        experimental=True,
        description=TEXTS.say(_FIRST, "unit_note"),
        caseSensitive=True,
        content="complete",
        concept=[_concept(code, named) for code, named in _concepts()],
    )


def _concepts() -> list[tuple[str, dict[Locale, str]]]:
    bands: tuple[Band | None, ...] = (*Band, None)
    return [
        *((each.replace("_", "-"), _named(each)) for each in _GROUPS),
        *(
            (unit_code(unit), {at: unit_name(at, unit) for at in LOCALES})
            for unit in PRESENCE_UNITS
        ),
        *((each.code, _named(each.field)) for each in EVERY_FIGURE),
        (names.BDI_II_TOTAL, _named("bdi_ii_total")),
        *((band_code(each), {at: band_words(at, each) for at in LOCALES}) for each in bands),
        *((f"scope-{each}", {at: say(at, f"scope_{each}") for at in LOCALES}) for each in Scope),
    ]


def _named(key: str) -> dict[Locale, str]:
    return {locale: TEXTS.say(locale, key) for locale in LOCALES}


def _concept(code: str, named: dict[Locale, str]) -> Resource:
    others = [{"language": each, "value": named[each]} for each in _OTHERS]
    return {"code": code, "display": named[_FIRST], "designation": others}
