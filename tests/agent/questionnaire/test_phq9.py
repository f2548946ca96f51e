"""The PHQ-9: the words as published, complete answers, and the published rules alone."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.errors import InputError
from kizashi_agent.questionnaire.phq9 import (
    DIFFICULTY_NUMBER,
    HIGHEST_TOTAL,
    Answers,
    AnswersRefused,
    Severity,
    phq9,
    range_of,
    severity_of,
)
from kizashi_agent.questionnaire.words import about_answers, about_item_9, say
from kizashi_protocol import LOCALES, Locale

ITEMS = st.tuples(*[st.integers(0, 3)] * 9)
DIFFICULTY = st.integers(0, 3)

# Kroenke, Spitzer and Williams (2001): cuts at 5, 10, 15 and 20.
PUBLISHED = {
    Severity.MINIMAL: range(5),
    Severity.MILD: range(5, 10),
    Severity.MODERATE: range(10, 15),
    Severity.MODERATELY_SEVERE: range(15, 20),
    Severity.SEVERE: range(20, 28),
}


def test_the_words_are_those_of_the_published_form() -> None:
    """Typed here once more, so that neither copy changes by itself."""
    form = phq9()
    assert form.intro == (
        "Over the last 2 weeks, how often have you been bothered by any of the following problems?"
    )
    assert form.items == (
        "Little interest or pleasure in doing things",
        "Feeling down, depressed, or hopeless",
        "Trouble falling or staying asleep, or sleeping too much",
        "Feeling tired or having little energy",
        "Poor appetite or overeating",
        (
            "Feeling bad about yourself — or that you are a failure or have let yourself or your "
            "family down"
        ),
        "Trouble concentrating on things, such as reading the newspaper or watching television",
        (
            "Moving or speaking so slowly that other people could have noticed? Or the opposite — being "
            "so fidgety or restless that you have been moving around a lot more than usual"
        ),
        "Thoughts that you would be better off dead or of hurting yourself in some way",
    )
    assert form.options == (
        "Not at all",
        "Several days",
        "More than half the days",
        "Nearly every day",
    )
    assert form.difficulty == (
        "If you checked off any problems, how difficult have these problems made it for you to do "
        "your work, take care of things at home, or get along with other people?"
    )
    assert form.difficulty_options == (
        "Not difficult at all",
        "Somewhat difficult",
        "Very difficult",
        "Extremely difficult",
    )
    assert form.source.endswith(
        "No permission required to reproduce, translate, display or distribute."
    )
    assert form.language == "en"


@given(ITEMS, DIFFICULTY)
def test_the_total_is_the_sum_of_the_nine(items: tuple[int, ...], difficulty: int) -> None:
    """From 0 to 27; the question on difficulty is not counted."""
    answers = Answers.parse(list(items), difficulty)
    assert answers.total == sum(items)
    assert 0 <= answers.total <= HIGHEST_TOTAL
    assert answers.severity is severity_of(sum(items))


def test_every_total_has_the_published_range_and_no_other() -> None:
    """The ranges are the published ones, touch, and leave nothing out."""
    for severity, totals in PUBLISHED.items():
        assert {severity_of(total) for total in totals} == {severity}
        assert range_of(severity) == (totals[0], totals[-1])
    assert sorted(itertools.chain(*PUBLISHED.values())) == list(range(HIGHEST_TOTAL + 1))


@pytest.mark.parametrize("total", [-1, HIGHEST_TOTAL + 1])
def test_no_answers_have_another_total(total: int) -> None:
    """It is refused rather than put into the nearest range."""
    with pytest.raises(ValueError, match="between 0 and 27"):
        severity_of(total)


@given(ITEMS, DIFFICULTY)
def test_item_9_is_positive_above_0_whatever_else_was_answered(
    items: tuple[int, ...], difficulty: int
) -> None:
    """As the published instructions have it: any answer but "not at all"."""
    answers = Answers.parse(list(items), difficulty)
    assert answers.positive_item_9 == (items[8] > 0)
    for locale in LOCALES:
        said = about_answers(locale, answers)
        assert (said[:2] == about_item_9(locale)) == (items[8] > 0)


@given(st.lists(st.none() | st.integers(0, 3), min_size=9, max_size=9), st.none() | DIFFICULTY)
def test_what_is_missing_is_named(items: list[int | None], difficulty: int | None) -> None:
    """Each item without an answer, and the tenth question where any problem was ticked."""
    missing = [number for number, each in enumerate(items, 1) if each is None]
    if any(items) and difficulty is None:
        missing.append(DIFFICULTY_NUMBER)
    if not missing:
        assert Answers.parse(items, difficulty).items == tuple(each or 0 for each in items)
        return
    with pytest.raises(AnswersRefused) as caught:
        Answers.parse(items, difficulty)
    assert caught.value.missing == tuple(missing)
    assert caught.value.reason == "QUESTIONNAIRE_INCOMPLETE"
    assert all(str(each) in caught.value.person for each in missing)


def test_the_tenth_question_is_not_asked_where_no_problem_was_ticked() -> None:
    """An answer to it says nothing then, and is dropped."""
    assert Answers.parse([0] * 9, None) == Answers.parse([0] * 9, 2)
    assert Answers.parse([0] * 9, 2).difficulty is None


OTHER_FORMS: dict[str, tuple[object, object]] = {
    "nothing": (None, None),
    "a text of nine": ("123012301", 1),
    "eight": ([1] * 8, 1),
    "ten": ([1] * 10, 1),
    "an object": ({"1": 1}, 1),
    "an answer of four": ([1] * 8 + [4], 1),
    "an answer below nothing": ([1] * 8 + [-1], 1),
    "a yes": ([1] * 8 + [True], 1),
    "a fraction": ([1] * 8 + [1.0], 1),
    "a text": ([1] * 8 + ["1"], 1),
    "a difficulty of four": ([1] * 9, 4),
    "a difficulty that is a text": ([1] * 9, "1"),
}


@pytest.mark.parametrize("what", OTHER_FORMS)
def test_another_form_is_refused(what: str) -> None:
    """As an error of input, with a sentence."""
    with pytest.raises(InputError) as caught:
        Answers.parse(*OTHER_FORMS[what])
    assert caught.value.reason == "QUESTIONNAIRE_MALFORMED"


@given(ITEMS, DIFFICULTY)
def test_answers_show_in_no_text(items: tuple[int, ...], difficulty: int) -> None:
    """A log or an error names none of them."""
    answers = Answers.parse(list(items), difficulty)
    assert not any(sign.isdigit() for sign in f"{answers!r} {answers}")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("severity", Severity)
def test_the_words_are_about_the_answers_and_not_the_person(
    locale: Locale, severity: Severity
) -> None:
    """The total with its scale and the range's name; no diagnosis; a low total rules nothing out."""
    total = range_of(severity)[0]
    items = [min(3, max(0, total - 3 * number)) for number in range(9)]
    words = about_answers(locale, Answers.parse(items, 1))
    text = " ".join(words)
    assert str(total) in text
    assert "27" in text
    assert say(locale, severity) in text
    assert {"en": "not a diagnosis", "ja": "診断ではありません"}[locale] in text
    for word in ("depress", "disorder", "you are ", "うつ", "鬱", "あなたは"):
        assert word not in text.lower()
    low = {"en": "rule nothing out", "ja": "何もないとは言えません"}[locale]
    assert (low in text) == (severity is Severity.MINIMAL)


def test_both_languages_say_the_same_things() -> None:
    """No sentence is missing in one of them; the questionnaire itself is in English alone."""
    assert {locale: bool(say(locale, "note")) for locale in LOCALES} == {"en": True, "ja": True}
    assert "英語" in say("ja", "note")
