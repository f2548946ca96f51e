"""What nobody may be told: a search through every word that a person can see, in both languages.

Searched are all word files of all packages, every text in the code of protocol, models, agent and
raters' page, the text of the pages' scripts, and what a server says to a laptop. What operators and
researchers read (reports of a validation or a study, commands of a server) is another language and
is not searched.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kizashi_agent.show.showing import show_feedback
from kizashi_models.feedback import compose
from kizashi_models.feedback.help_resources import help_resources
from kizashi_models.scorer import Abstention, AbstentionReason, Score
from kizashi_models.validation import Share
from kizashi_protocol import LOCALES, Locale
from kizashi_protocol.reply import Band
from kizashi_server.errors import PUBLIC_FAULTS
from rich.console import Console

from tests.models.results import MEASURED, NORMS

REPOSITORY = Path(__file__).parents[1]
PACKAGES = [
    REPOSITORY / place
    for place in (
        "protos/kizashi_protocol",
        "models/kizashi_models",
        "agent/kizashi_agent",
        "agent/kizashi_study",
        "server/kizashi_server",
    )
]
SPEAKING_CODE = [
    REPOSITORY / place
    for place in (
        "protos/kizashi_protocol",
        "models/kizashi_models",
        "agent/kizashi_agent",
        "agent/kizashi_study/rating",
    )
]
# An operator's configuration, which is a template besides; and a list of what nobody may be told.
NOT_FOR_PEOPLE = {"sample.toml", "refused_words.py"}

# Names of conditions and of inferred feelings; odds, and shares of a few or a hundred; words of
# testing; what promises more than anybody has shown; and what soothes, which a measurement cannot.
REFUSED = {
    "en": r"emotion|depress|anxi|disorder|disease|illness|symptom|patient|suicid|self-harm|\brisk|"
    r"percent|%|probab|\blikel|\bodds|\bchance|\bnormal|\bpositive|\bnegative|\bscreening|"
    r"treatment|diagnos|guarantee|accura|\bproven|\bdetect|\bpredict|\bcure|always right|"
    r"PTSD|bipolar|dementia|schizo|autis|ADHD|burnout|psychos|psychot|\bmania|\bunwell|"
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine) (?:in|out of) "
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|a hundred)\b|"
    r"\b(?:score|result)\b\W{1,3}\d|worry|\byou are (?:healthy|well|fine|ill|sick|safe)\b|"
    r"reliabl|feel better|\bcertain(?:ly|ty)|\bsurely\b",
    "ja": r"感情|情動|うつ|鬱|不安|障害|疾患|病気|症状|患者|自殺|自傷|危険|リスク|%|％|パーセント|"
    r"確率|可能性|正常|異常|陽性|陰性|疑い|治療|診断|保証|必ず|検出|予測|正確|"
    r"発症|双極|統合失調|認知症|発達|適応|[0-9〇一二三四五六七八九]+割|\d+人(?:中|に)\d|"
    r"心配(?:は|)(?:あり|いり|要り)ません|安心して|健康です|確実|治り|良くなり|よくなります",
}

# Taken out before the search, each where it stands: denials, published wordings, and what a word
# of the list means in another trade.
ALLOWED = {
    "en": [
        r"not a diagnosis",
        r"no diagnosis",
        r"no measure of how likely any illness is",
        r"many things can be, an illness or a hard fortnight among them",
        r"Patient Health Questionnaire",  # the PHQ-9's published name and second item
        r"Feeling down, depressed, or hopeless",
        r"\"more\" wrongly to about 1 in (?:\d|{one_in}) of the others",  # of hopes, counted
        r"\d+th percentile",  # of intensities, in "take it with you"
        r"Nine questions with known accuracy",  # of the PHQ-9, which was validated
        r"delta below 3 in 100,000",  # of the noise over figures about a group
        r"provenance",  # and sizes, of a model's card
        r"not a positive integer",
        r"a probability and metrics\.calibration go together",
        r"its probability lies outside what its card says is carried",
    ],
    "ja": [
        r"診断ではありません",
        r"診断ではなく",
        r"診断でもありません",
        r"診断はしません",
        r"病気の可能性を表すものでもありません",
        r"病気のこともあれば、つらい2週間だったということもあります",
        r"気分の落ち込みがない人のおよそ(?:\d|{one_in})人に1人に、誤って",
        r"時間の[19]割で上回った強さ",  # of intensities
    ],
}

# Single words of the code that name a value to other code: FHIR's resources, members of cards.
CODE_NAMES = {
    *("Patient", "RiskAssessment", "Provenance", "provenance", "probability", "Detection"),
    *("percentile_10", "percentile_50", "percentile_90", "patient_note", "positive_item_9"),
    *("feedback_not_diagnosis", "chance"),
}

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
DATE_FORMAT = re.compile(r"%[YmdHMSZ]")
SCRIPT_TEXT = re.compile(r'"([^"]*[^\W\d_]{2,} [^"]*)"|`([^`]*[^\W\d_]{2,} [^`]*)`|>([^<>{}]+)<')
SVG_LENGTH = re.compile(r"\d+%|\}%")


def refused_in(text: str) -> list[str]:
    """What of a text nobody may be told."""
    language = "ja" if JAPANESE.search(text) else "en"
    for phrase in ALLOWED[language]:
        text = re.sub(phrase, "", text, flags=re.IGNORECASE)
    return re.findall(REFUSED[language], text, re.IGNORECASE)


def words_in(value: object, name: str) -> Iterator[tuple[str, str]]:
    """Every text in a table, with where it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from words_in(each, f"{name}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from words_in(each, name)
    elif isinstance(value, str):
        yield name, value


def word_files() -> Iterator[tuple[str, str]]:
    """The texts of all word files."""
    for package in PACKAGES:
        for path in sorted(package.rglob("*.toml")):
            if path.name not in NOT_FOR_PEOPLE:
                table = tomllib.loads(path.read_text("utf-8"))
                yield from words_in(table, str(path.relative_to(REPOSITORY)))


def texts_in_code() -> Iterator[tuple[str, str]]:
    """Texts in the code, single words too, but for docstrings, forms of dates and `CODE_NAMES`."""
    for package in SPEAKING_CODE:
        for path in sorted(package.rglob("*.py")):
            if path.name in NOT_FOR_PEOPLE:
                continue
            tree = ast.parse(path.read_text("utf-8"))
            apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if not isinstance(node, ast.Constant) or id(node) in apart:
                    continue
                text = node.value
                if isinstance(text, str) and text not in CODE_NAMES:
                    yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", DATE_FORMAT.sub("", text)


def texts_of_scripts() -> Iterator[tuple[str, str]]:
    """Texts in the scripts and documents of pages; reports are not among them."""
    for package in PACKAGES:
        for path in sorted(package.rglob("static/**/*")):
            if path.suffix not in {".js", ".html"}:
                continue
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                for found in SCRIPT_TEXT.finditer(line):
                    text = next(filter(None, found.groups()))
                    yield f"{path.name}:{number}", SVG_LENGTH.sub("", text)


def test_nobody_is_told_what_must_not_be_said() -> None:
    """No condition, no odds, no share of a hundred, no promise, wherever a person can read it."""
    said = [
        *word_files(),
        *texts_in_code(),
        *texts_of_scripts(),
        *((reason, person) for reason, (_, person) in PUBLIC_FAULTS.items()),
    ]
    assert len(said) > 5_000
    assert {JAPANESE.search(text) is not None for _, text in said} == {True, False}
    assert [(place, found) for place, text in said if (found := refused_in(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "You may be depressed.",
        "Your risk is high.",
        "This is a diagnosis.",
        "47 % of people like you",
        "You are likely to be well.",
        "The result is guaranteed.",
        "うつ病の疑いがあります。",
        "確率は3割です。",
        "必ず当たります。",
        "これは診断です。",
        "Three in four people like you feel low.",
        "7 in 10",
        "Your score: 0.83",
        "You are healthy.",
        "You need not worry.",
        "This finds low mood reliably.",
        "It will make you feel better.",
        "You are unwell.",
        "Depressed",
        "7割の人がそうです。",
        "10人に7人",
        "心配ありません。",
        "健康です。",
        "確実にわかります。",
    ],
)
def test_the_search_finds_what_must_not_be_said(text: str) -> None:
    """A diagnosis, odds, a share, a promise, a comfort: in both languages."""
    assert refused_in(text)


@pytest.mark.parametrize("folder", SPEAKING_CODE, ids=lambda each: each.name)
def test_every_package_that_speaks_is_searched(folder: Path) -> None:
    """Something it says to people is among what is searched."""
    place = str(folder.relative_to(REPOSITORY))
    assert any(where.startswith(place) and " " in text for where, text in texts_in_code())


@pytest.mark.parametrize("phrases", ALLOWED.items(), ids=ALLOWED)
def test_nothing_is_allowed_that_nobody_says(phrases: tuple[str, list[str]]) -> None:
    """An exception that has lost its sentence would let another one through."""
    texts = "\n".join(text for _, text in [*word_files(), *texts_in_code()])
    assert [phrase for phrase in phrases[1] if not re.search(phrase, texts)] == []


def test_every_name_that_is_passed_over_is_in_the_code() -> None:
    """As its exceptions are: one that nothing uses would let a word through."""
    code = "\n".join(
        path.read_text("utf-8") for folder in SPEAKING_CODE for path in folder.rglob("*.py")
    )
    assert [name for name in sorted(CODE_NAMES) if f'"{name}"' not in code] == []


UNMEASURED = [Score("research-prior/1", NORMS, band, 0.0, 0.0, False, ()) for band in Band] + [
    Abstention("research-prior/1", NORMS, reason) for reason in AbstentionReason
]
RESULTS = [*UNMEASURED, *(replace(each, validation=MEASURED) for each in UNMEASURED)]
RESULTS += [
    replace(each, share=Share(0.1, 0.3, 85, 19, 0.2))
    for each in RESULTS
    if isinstance(each, Score) and each.validation is not None
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("result", RESULTS, ids=lambda each: type(each).__name__)
def test_every_result_is_shown_with_help(result: Score | Abstention, locale: Locale) -> None:
    """On a terminal each place to turn to is named, measured or not, and no word is refused.

    The page is walked in a browser.
    """
    console = Console(width=200, highlight=False)
    with console.capture() as shown:
        show_feedback(console, compose(result, locale, []))
    resources = help_resources(locale)
    assert resources
    words = compose(result, locale, [])
    assert refused_in("\n".join((words.headline, *words.paragraphs, *words.contributions))) == []
    assert [each.name for each in resources if each.name not in shown.get()] == []
