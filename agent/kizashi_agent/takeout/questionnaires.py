"""The PHQ-9 as it was answered: the Questionnaire in the words shown, and its responses.

A BDI-II that was filled in elsewhere is an Observation of the total that was entered: a response
would need its items.

Codes are those of LOINC's panel 44249-1, "PHQ-9 quick depression assessment panel [Reported.PHQ]",
and of its answer lists LL358-3 and LL359-1.
"""

from kizashi_agent.questionnaire.phq9 import Questionnaire, phq9
from kizashi_agent.takeout import names
from kizashi_agent.takeout.elements import Export, Resource, instant, loinc, notes, own
from kizashi_agent.takeout.holdings import Answered, EnteredTotal

PANEL = "44249-1"
ITEMS = (
    "44250-9",
    "44255-8",
    "44259-0",
    "44254-1",
    "44251-7",
    "44258-2",
    "44252-5",
    "44253-3",
    "44260-8",
)
"""LOINC codes of the nine items, in the order of the form."""

DIFFICULTY = "69722-7"
TOTAL = "44261-6"

ANSWERS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
"""LOINC codes of the answers "not at all" (0) to "nearly every day" (3)."""

DIFFICULTY_ANSWERS = ("LA6572-7", "LA6573-5", "LA6575-0", "LA6574-3")
"""LOINC codes of "not difficult at all" to "extremely difficult"; the last two are not in order."""

LOINC_NOTICE = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright © Regenstrief "
    "Institute, Inc. and the Logical Observation Identifiers Names and Codes (LOINC) Committee and "
    "is available at no cost under the license at http://loinc.org/license. LOINC® is a registered "
    "United States trademark of Regenstrief Institute, Inc."
)
"""As section 10 of LOINC's license asks."""

_WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"


def questionnaire_resources(export: Export, answered: tuple[Answered, ...]) -> list[Resource]:
    """The questionnaire in its words, then each response; nothing where nothing was answered."""
    if not answered:
        return []
    form = phq9()
    responses = [_response(export, form, each, number) for number, each in enumerate(answered)]
    return [_questionnaire(export, form), *responses]


def entered_totals(export: Export, entered: tuple[EnteredTotal, ...]) -> list[Resource]:
    """Each total of a BDI-II, as an Observation."""
    return [
        export.resource(
            "Observation",
            names.entered_total(number),
            language=export.locale,
            status="final",
            code=own(names.BDI_II_TOTAL, export.say("bdi_ii_total")),
            subject=export.subject,
            effectiveDateTime=instant(each.time),
            performer=[export.subject],
            valueInteger=each.total,
            note=notes([export.say("bdi_ii_note")]),
        )
        for number, each in enumerate(entered)
    ]


def _questionnaire(export: Export, form: Questionnaire) -> Resource:
    items = [
        _item(code, text, ANSWERS, form.options)
        for code, text in zip(ITEMS, form.items, strict=True)
    ]
    items.append(
        _item(DIFFICULTY, form.difficulty, DIFFICULTY_ANSWERS, form.difficulty_options)
        | {"required": False}
    )
    items.append(_total(export) | {"type": "integer", "readOnly": True, "code": [loinc(TOTAL)]})
    return export.resource(
        "Questionnaire",
        names.QUESTIONNAIRE,
        language=form.language,
        url=_canonical(export),
        title=form.title,
        status="active",
        subjectType=["Patient"],
        derivedFrom=[f"http://loinc.org/q/{PANEL}"],
        description=form.intro,
        copyright=f"{form.source} {LOINC_NOTICE}",
        code=[loinc(PANEL)],
        item=items,
    )


def _item(code: str, text: str, codes: tuple[str, ...], options: tuple[str, ...]) -> Resource:
    return {
        "linkId": f"/{code}",
        "code": [loinc(code)],
        "text": text,
        "type": "coding",
        "required": True,
        "answerOption": [
            {"valueCoding": _answer(codes, options, number)} for number in range(len(codes))
        ],
    }


def _response(export: Export, form: Questionnaire, answered: Answered, number: int) -> Resource:
    items = [
        _answered(code, text, _answer(ANSWERS, form.options, given))
        for code, text, given in zip(ITEMS, form.items, answered.answers, strict=True)
    ]
    if answered.difficulty is not None:
        given = _answer(DIFFICULTY_ANSWERS, form.difficulty_options, answered.difficulty)
        items.append(_answered(DIFFICULTY, form.difficulty, given))
    items.append(_total(export) | {"answer": [{"valueInteger": sum(answered.answers)}]})
    return export.resource(
        "QuestionnaireResponse",
        names.response(number),
        language=form.language,
        questionnaire=_canonical(export),
        status="completed",
        subject=export.subject,
        authored=instant(answered.time),
        author=export.subject,
        source=export.subject,
        item=items,
    )


def _answered(code: str, text: str, given: Resource) -> Resource:
    return {"linkId": f"/{code}", "text": text, "answer": [{"valueCoding": given}]}


def _total(export: Export) -> Resource:
    return {"linkId": f"/{TOTAL}", "text": export.say("phq9_total")}


def _answer(codes: tuple[str, ...], options: tuple[str, ...], number: int) -> Resource:
    # The words are those of the form, which LOINC's own need not be in another language.
    weight = {"url": _WEIGHT, "valueDecimal": number}
    return loinc(codes[number]) | {"display": options[number], "extension": [weight]}


def _canonical(export: Export) -> str:
    return f"urn:uuid:{export.id_of('Questionnaire', names.QUESTIONNAIRE)}"
