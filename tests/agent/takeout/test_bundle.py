"""The bundle as values make it: valid R5, nothing leads out of it, no number that means a risk."""

import dataclasses
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from kizashi_agent.questionnaire.phq9 import phq9
from kizashi_agent.takeout.bundle import bundle
from kizashi_agent.takeout.elements import OWN_CODES, TEXTS, Export, instant
from kizashi_agent.takeout.holdings import (
    Answered,
    ConsentState,
    HeldCheck,
    HeldConsent,
    HeldErasure,
    HeldTrend,
    Holdings,
    KeptReceipt,
    LeftOut,
    Programme,
    RecordAlone,
    Source,
    Where,
)
from kizashi_protocol import LOCALES, Band, Invite, Locale, Scope, TrendEntry

from tests.agent.takeout.reading import checked, of_kind
from tests.protocol.strategies import FEEDBACK, MOMENTS, REPORT_IDS, SUMMARIES, WORDS
from tests.protocol.test_consent_token import records
from tests.protocol.values import NOW, PROGRAMME, consent_record, consent_token, feedback, summary

INVITE = Invite("server.example", 8443, PROGRAMME.programme_id, b"f" * 32)
NAMES = REPORT_IDS.map(bytes.hex)
ANSWERED = st.builds(
    Answered,
    time=MOMENTS,
    answers=st.tuples(*[st.integers(0, 3)] * 9),
    difficulty=st.none() | st.integers(0, 3),
)
ENTRIES = st.builds(
    TrendEntry,
    day=st.integers(0, 300_000),
    band=st.none() | st.sampled_from(Band),
    scorer_id=WORDS,
    norms_id=WORDS,
)
CHECKS = st.lists(
    st.builds(
        HeldCheck,
        name=NAMES,
        source=st.sampled_from(Source),
        time=MOMENTS,
        sent_to=st.just(INVITE.address),
        summary=st.none() | SUMMARIES,
        feedback=st.none() | FEEDBACK,
    ),
    max_size=2,
    unique_by=lambda check: check.name,
)
CONSENTS = st.builds(
    HeldConsent,
    record=st.sampled_from(Scope).flatmap(records),
    state=st.sampled_from(ConsentState),
    token=st.text(min_size=1, max_size=20),
    receipts=st.lists(
        st.builds(KeptReceipt, WORDS, st.just("token"), st.none() | st.just("{}")), max_size=2
    ).map(tuple),
)
HOLDINGS = st.builds(
    Holdings,
    checks=CHECKS.map(tuple),
    consents=st.lists(CONSENTS, max_size=1).map(tuple),
    erasures=st.lists(st.builds(HeldErasure, NAMES, WORDS), max_size=1).map(tuple),
    trends=st.lists(ENTRIES, max_size=2).map(lambda found: (HeldTrend(INVITE, tuple(found)),)),
    programmes=st.just(()) | st.just((Programme(INVITE, 3, 1, tuple(Scope)),)),
    answered=st.lists(ANSWERED, max_size=2).map(tuple),
    left_out=st.lists(
        st.builds(LeftOut, st.sampled_from(Where), WORDS, st.just("changed")), max_size=2
    ).map(tuple),
    records=st.lists(st.builds(RecordAlone, NAMES, MOMENTS, st.just("s")), max_size=1).map(tuple),
    ledger_messages=st.integers(0, 1000),
)


def export(locale: Locale = "en", number: int = 1) -> Export:
    """An export at `NOW`."""
    return Export(UUID(int=number), NOW, locale, "1.0")


def check(**other: Any) -> HeldCheck:
    """A check in the ledger with figures and feedback."""
    begun = HeldCheck("a" * 32, Source.LEDGER, NOW, INVITE.address, summary(), feedback())
    return dataclasses.replace(begun, **other)


def only(kind: str, holdings: Holdings, locale: Locale = "en") -> dict[str, Any]:
    """The one resource of a kind."""
    (found,) = of_kind(checked(bundle(export(locale), holdings)), kind)
    return found


@settings(
    max_examples=10,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(holdings=HOLDINGS, locale=st.sampled_from(LOCALES))
def test_whatever_is_held_makes_a_valid_bundle(holdings: Holdings, locale: Locale) -> None:
    """Every resource is R5 and written back as it was, and every reference stays inside."""
    checked(bundle(export(locale), holdings))


@pytest.mark.parametrize("locale", LOCALES)
def test_somebody_of_whom_nothing_is_held_gets_a_bundle_that_says_so(locale: Locale) -> None:
    """A person without a name, an empty list, this program, and the codes."""
    made = checked(bundle(export(locale), Holdings()))
    kinds = [entry["resource"]["resourceType"] for entry in made["entry"]]
    assert kinds == ["Patient", "List", "Device", "CodeSystem"]
    (laptop,) = of_kind(made, "List")
    assert "entry" not in laptop
    assert laptop["emptyReason"]["coding"][0]["code"] == "nilknown"
    assert not {"name", "telecom", "birthDate", "gender"} & of_kind(made, "Patient")[0].keys()


@given(drawn=SUMMARIES)
@settings(max_examples=10)
def test_every_figure_is_there_as_it_was_measured(drawn: Any) -> None:
    """As the same float32, with a unit, under a code that the bundle defines."""
    made = bundle(export(), Holdings(checks=(check(summary=drawn),)))
    defined = {each["code"] for each in of_kind(made, "CodeSystem")[0]["concept"]}
    found: dict[tuple[str, str], float] = {}
    for each in of_kind(made, "Observation"):
        for part in each.get("component", []):
            codes = [element["code"]["coding"][0] for element in (each, part)]
            assert all(code["system"] == OWN_CODES and code["code"] in defined for code in codes)
            assert part["valueQuantity"]["unit"]
            found[codes[0]["code"], codes[1]["code"]] = part["valueQuantity"]["value"]
    assert len(found) == 17 * 11 + 4 + 3 + 4 + 9 + (17 if drawn.quality.neutral_duration else 0)
    for unit in drawn.action_units:
        name = f"AU{unit.action_unit:02d}"
        assert _same(found[name, "presence-rate"], unit.presence_rate)
        assert (name, "mean") not in found or _same(found[name, "mean"], unit.mean)
    assert _same(found["eyes-and-mouth", "blink-rate"], drawn.blink_rate)
    assert _same(found["head-motion", "mean-speed"], drawn.head_motion.mean_speed)
    assert _same(found["recording-quality", "face-luma"], drawn.quality.face_luma)


def _same(written: float, measured: float) -> bool:
    from numpy import float32  # noqa: PLC0415 - as a reader would parse it

    return float(float32(written)) == measured


def test_a_unit_has_its_plain_name_in_the_language_spoken() -> None:
    """In English and in Japanese."""
    for locale, name in (("en", "AU01: Inner brow raised"), ("ja", "AU01: 眉の内側が上がる動き")):
        made = bundle(export(locale), Holdings(checks=(check(),)))  # type: ignore[arg-type]
        assert name in [each["code"]["text"] for each in of_kind(made, "Observation")]


@pytest.mark.parametrize("band", [*Band, None])
def test_a_feedback_is_a_band_in_words_and_never_a_probability(band: Band | None) -> None:
    """An abstention too; it says that it is no diagnosis and that nothing is established."""
    said = dataclasses.replace(feedback(), band=band)
    found = only("RiskAssessment", Holdings(checks=(check(feedback=said),)))
    (prediction,) = found["prediction"]
    assert prediction.keys() == {"qualitativeRisk"}
    words = {
        Band.FEWER: "fewer of these movements than the norm",
        Band.ABOUT_AS_MANY: "about as many of these movements as the norm",
        Band.MORE: "more of these movements than the norm",
        None: "could not tell",
    }
    assert prediction["qualitativeRisk"]["text"] == words[band]
    notes = " ".join(each["text"] for each in found["note"])
    assert "no diagnosis" in notes
    assert "not been established" in notes
    assert said.scorer_id in found["method"]["text"]
    assert said.norms_id in found["method"]["text"]
    assert "robability" not in json.dumps(found)


def test_words_of_a_server_stay_words() -> None:
    """Markup in a feedback is no markup in the bundle's own."""
    said = dataclasses.replace(feedback(), headline="<b>&</b>")
    found = only("RiskAssessment", Holdings(checks=(check(feedback=said),)))
    assert "<b>" not in found["text"]["div"]
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in found["text"]["div"]


def test_a_time_is_said_for_what_it_is() -> None:
    """Measured no later than then, in UTC."""
    made = bundle(export(), Holdings(checks=(check(),)))
    found = of_kind(made, "Observation")
    assert {json.dumps(each["effectivePeriod"]) for each in found} == {
        json.dumps({"end": "2030-03-17T17:46:40Z"})
    }
    assert any("or before" in note["text"] for note in found[0]["note"])


def test_a_questionnaire_is_coded_in_loinc() -> None:
    """Panel, items, answers and total; the answers' codes for difficulty are not in order."""
    answered = Answered(NOW, (0, 1, 2, 3, 0, 1, 2, 3, 0), 3)
    holdings = Holdings(answered=(answered,))
    asked, response = only("Questionnaire", holdings), only("QuestionnaireResponse", holdings)
    assert asked["code"] == [{"system": "http://loinc.org", "code": "44249-1"}]
    assert response["questionnaire"] == asked["url"]
    assert [each["text"] for each in response["item"]][:9] == list(phq9().items)
    assert [each["linkId"] for each in asked["item"]] == [
        each["linkId"] for each in response["item"]
    ]
    answers = [each["answer"][0] for each in response["item"]]
    codes = [each["valueCoding"]["code"] for each in answers[:10]]
    assert codes == [
        *["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"] * 2,
        "LA6568-5",
        "LA6574-3",
    ]
    assert answers[10] == {"valueInteger": 12}
    assert [each["code"][0]["code"] for each in asked["item"]] == [
        *("44250-9", "44255-8", "44259-0", "44254-1", "44251-7"),
        *("44258-2", "44252-5", "44253-3", "44260-8", "69722-7", "44261-6"),
    ]


@pytest.mark.parametrize("answers", [(0,) * 8, (0,) * 8 + (4,), (0,) * 8 + (-1,)])
def test_answers_of_another_form_are_none(answers: tuple[int, ...]) -> None:
    """Neither eight, nor one beyond 3."""
    with pytest.raises(ValueError, match="nine answers"):
        Answered(NOW, answers, None)


@pytest.mark.parametrize("state", ConsentState)
def test_a_consent_is_active_exactly_while_it_holds(state: ConsentState) -> None:
    """What it allows, until when, and everybody it names."""
    record = consent_record(Scope.SHARE)
    held = HeldConsent(record, state, consent_token(Scope.SHARE))
    made = checked(bundle(export(), Holdings(consents=(held,))))
    (found,) = of_kind(made, "Consent")
    assert (found["status"] == "active") == (state is ConsentState.HOLDS)
    assert found["period"]["end"] == instant(record.expire_time)
    assert found["provision"][0]["purpose"][0]["code"] == "scope-share"
    by_id = {f"urn:uuid:{each['id']}": each["name"] for each in of_kind(made, "Organization")}
    named = {
        member: by_id[found[member][0]["reference"]]
        for member in ("controller", "manager", "grantee")
    }
    assert named == {
        "controller": record.terms.owner,
        "manager": record.terms.scoring_operator,
        "grantee": record.recipient.name if record.recipient else "",
    }


def test_two_exports_have_no_identifier_in_common() -> None:
    """But for the codes' own, and within one they are the same each time."""
    held = Holdings(checks=(check(),))
    one, again, other = (bundle(export(number=number), held) for number in (1, 1, 2))
    assert one == again
    ids = [{entry["resource"]["id"] for entry in made["entry"]} for made in (one, other)]
    assert not ids[0] & ids[1]


def test_what_could_not_be_read_is_said() -> None:
    """By its number or name, in a list of its own."""
    left = (LeftOut(Where.LEDGER, "7", "changed"), LeftOut(Where.LEDGER, "", "head"))
    made = checked(bundle(export(), Holdings(left_out=left)))
    said = of_kind(made, "List")[-1]
    assert said["title"] == "What is held and could not be taken along"
    assert "Message 7 of the ledger" in said["note"][0]["text"]
    assert "begins and ends" in said["note"][1]["text"]


def test_every_word_is_there_in_both_languages() -> None:
    """The same keys, and none that no module asks for is left blank."""
    assert TEXTS.tables["en"].keys() == TEXTS.tables["ja"].keys()
    assert all(text.strip() for table in TEXTS.tables.values() for text in table.values())
