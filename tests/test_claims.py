"""What nobody may be told: a search through every word that a person can see, in both languages.

Searched are all word files of all packages, every sentence in the agent's and the protocol's code,
the text of the page's scripts, and what a server says to a laptop. What operators and researchers
read (reports of a validation, commands of a server) is another language and is not searched.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizashi_agent.show.showing import show_feedback
from kizashi_models.feedback import compose
from kizashi_models.feedback.help_resources import help_resources
from kizashi_models.scorer import Abstention, AbstentionReason, Score
from kizashi_protocol import LOCALES, Locale
from kizashi_protocol.reply import Band
from kizashi_server.errors import PUBLIC_FAULTS
from rich.console import Console

from tests.models.results import NORMS

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
SPEAKING_CODE = [REPOSITORY / place for place in ("protos/kizashi_protocol", "agent/kizashi_agent")]
NOT_FOR_PEOPLE = {"sample.toml"}  # an operator's configuration, and a template besides

# Names of conditions and of inferred feelings; odds and shares of a hundred; words of testing;
# and what promises more than anybody has shown.
REFUSED = {
    "en": r"emotion|depress|anxi|disorder|disease|illness|symptom|patient|suicid|self-harm|\brisk|"
    r"percent|%|probab|\blikel|\bodds|\bchance|\bnormal|\bpositive|\bnegative|\bscreening|"
    r"treatment|diagnos|guarantee|accura|\bproven|\bdetect|\bpredict|\bcure|always right",
    "ja": r"感情|情動|うつ|鬱|不安|障害|疾患|病気|症状|患者|自殺|自傷|危険|リスク|%|％|パーセント|"
    r"確率|可能性|正常|異常|陽性|陰性|疑い|治療|診断|保証|必ず|検出|予測|正確",
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
        r"\d+th percentile",  # of intensities, in "take it with you"
        r"Nine questions with known accuracy",  # of the PHQ-9, which was validated
    ],
    "ja": [
        r"診断ではありません",
        r"診断ではなく",
        r"診断でもありません",
        r"診断はしません",
        r"病気の可能性を表すものでもありません",
        r"病気のこともあれば、つらい2週間だったということもあります",
    ],
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


def sentences_in_code() -> Iterator[tuple[str, str]]:
    """Texts of more than a word in the code, but for docstrings and forms of dates."""
    for package in SPEAKING_CODE:
        for path in sorted(package.rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if not isinstance(node, ast.Constant) or id(node) in apart:
                    continue
                text = node.value
                if isinstance(text, str) and " " in text and not DATE_FORMAT.search(text):
                    yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", text


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
        *sentences_in_code(),
        *texts_of_scripts(),
        *((reason, person) for reason, (_, person) in PUBLIC_FAULTS.items()),
    ]
    assert len(said) > 2_500
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
    ],
)
def test_the_search_finds_what_must_not_be_said(text: str) -> None:
    """A diagnosis, odds, a share of a hundred, a promise: in both languages."""
    assert refused_in(text)


@pytest.mark.parametrize("phrases", ALLOWED.items(), ids=ALLOWED)
def test_nothing_is_allowed_that_nobody_says(phrases: tuple[str, list[str]]) -> None:
    """An exception that has lost its sentence would let another one through."""
    texts = "\n".join(text for _, text in [*word_files(), *sentences_in_code()])
    assert [phrase for phrase in phrases[1] if not re.search(phrase, texts)] == []


RESULTS = [Score("research-prior/1", NORMS, band, 0.0, 0.0, False, ()) for band in Band] + [
    Abstention("research-prior/1", NORMS, reason) for reason in AbstentionReason
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("result", RESULTS, ids=lambda each: type(each).__name__)
def test_every_result_is_shown_with_help(result: Score | Abstention, locale: Locale) -> None:
    """On a terminal each place to turn to is named, whatever the result; the page is walked."""
    console = Console(width=200, highlight=False)
    with console.capture() as shown:
        show_feedback(console, compose(result, locale, []))
    resources = help_resources(locale)
    assert resources
    assert [each.name for each in resources if each.name not in shown.get()] == []
