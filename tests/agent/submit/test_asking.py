"""Consent is asked in words, one scope at a time, and no is always an answer."""

import dataclasses
import io
from collections.abc import Iterable

import pytest
from kizashi_agent.errors import ConsentRefused
from kizashi_agent.show.asking import Asker
from kizashi_agent.submit.consents import NEEDED, Agreement, sign_agreement
from kizashi_agent.words import say
from kizashi_protocol import LOCALES, Locale, Scope, consent_text, fault_of, read_consent
from rich.console import Console

from tests.protocol.values import NOW, PROGRAMME, REPORT_ID, TERMS

SEED = bytes(range(32))


class Person:
    """Somebody at a terminal: answers in order, and remembers what was asked and shown before."""

    def __init__(self, answers: Iterable[bool]) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []
        self.screen = io.StringIO()
        self.console = Console(file=self.screen, width=100)
        self.shown_before: list[str] = []

    def __call__(self, question: str) -> bool:
        """Answers a question."""
        self.questions.append(question)
        self.shown_before.append(self.screen.getvalue())
        return self.answers.pop(0)

    def shown(self) -> str:
        """All that was shown, without the breaks that a terminal's width makes."""
        return flat(self.screen.getvalue())


def flat(text: str) -> str:
    """A text without spaces and line breaks."""
    return "".join(text.split())


def ask(person: Person, locale: Locale = "en") -> Agreement:
    """Asks a person for a check that a server scores."""
    return Asker(person.console, person, locale).for_server(PROGRAMME, TERMS)


def by_command(
    given: str | None, *, adult: bool = True, console: Console | None = None
) -> Agreement:
    """Asks where nobody is at a terminal."""
    console = console or Console(file=io.StringIO())
    return Asker(console, None, "en", given, adult).for_server(PROGRAMME, TERMS)


def reason_of(error: pytest.ExceptionInfo[ConsentRefused]) -> str:
    """The machine-readable reason; every refusal has one line for the person."""
    assert error.value.exit_code == 5
    assert "\n" not in error.value.person
    return error.value.reason


@pytest.mark.parametrize("locale", LOCALES)
def test_three_times_yes_is_an_agreement(locale: Locale) -> None:
    """Age first, then each scope; what was agreed to says how and in which language."""
    person = Person([True, True, True])
    agreement = ask(person, locale)
    assert agreement == Agreement(NEEDED, locale, "interactive", adult=True)
    assert person.questions == [
        say(locale, "age_question"),
        say(locale, "agree_question"),
        say(locale, "agree_question"),
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_each_text_is_shown_whole_before_its_question(locale: Locale) -> None:
    """The words whose digest is signed stand on the screen when the question is put."""
    person = Person([True, True, True])
    ask(person, locale)
    for number, scope in enumerate(NEEDED, 1):
        text = flat(consent_text(scope, locale, TERMS).text)
        assert text in flat(person.shown_before[number])
        assert text not in flat(person.shown_before[number - 1])


def test_everybody_is_named_before_the_first_question() -> None:
    """Programme, owner and scoring operator are on the screen before anything is asked."""
    person = Person([False])
    with pytest.raises(ConsentRefused):
        ask(person)
    for name in (PROGRAMME.display_name, PROGRAMME.owner, PROGRAMME.scoring_operator):
        assert flat(name) in flat(person.shown_before[0])


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([False], "UNDER_AGE"),
        ([True, False], "NO_CONSENT_SCORE"),
        ([True, True, False], "NO_CONSENT_FEEDBACK"),
    ],
)
def test_any_no_ends_it_there(answers: list[bool], reason: str) -> None:
    """After a no nothing more is asked, and no agreement comes out."""
    person = Person(answers)
    with pytest.raises(ConsentRefused) as caught:
        ask(person)
    assert reason_of(caught) == reason
    assert person.answers == []


def test_names_are_shown_as_they_are() -> None:
    """Brackets in a name are no markup of the terminal's."""
    marked = "[bold]Spring[/bold]"
    programme = dataclasses.replace(PROGRAMME, display_name=marked)
    person = Person([True, True, True])
    Asker(person.console, person, "en").for_server(
        programme, programme.terms(TERMS.root_fingerprint)
    )
    assert person.shown().count(marked) >= 2


@pytest.mark.parametrize("given", ["score,feedback", "feedback,score", " score , feedback ,"])
def test_a_command_line_can_agree(given: str) -> None:
    """Both scopes and the age make an agreement that says it was given by command."""
    screen = io.StringIO()
    agreement = by_command(given, console=Console(file=screen, width=100))
    assert agreement == Agreement(NEEDED, "en", "command_line", adult=True)
    for scope in NEEDED:
        assert flat(consent_text(scope, "en", TERMS).text) in flat(screen.getvalue())


@pytest.mark.parametrize(
    ("given", "adult", "reason"),
    [
        (None, True, "NOBODY_TO_ASK"),
        ("", True, "NO_CONSENT_SCORE"),
        ("feedback", True, "NO_CONSENT_SCORE"),
        ("score", True, "NO_CONSENT_FEEDBACK"),
        ("score,feedback", False, "AGE_NOT_DECLARED"),
        ("score,feedback,share", True, "SCOPE_UNKNOWN"),
        ("all", True, "SCOPE_UNKNOWN"),
        ("SCORE,FEEDBACK", True, "SCOPE_UNKNOWN"),
    ],
)
def test_a_command_line_must_be_exact(given: str | None, adult: bool, reason: str) -> None:
    """Nothing is read into a command: a scope or the age left out is not given."""
    with pytest.raises(ConsentRefused) as caught:
        by_command(given, adult=adult)
    assert reason_of(caught) == reason


@pytest.mark.parametrize(
    ("answers", "reason"),
    [([True, True], None), ([False], "UNDER_AGE"), ([True, False], "NO_CONSENT_SCORE")],
)
def test_scoring_on_the_laptop_is_asked_for_too(answers: list[bool], reason: str | None) -> None:
    """Nothing is sent, and the person is still asked for age and for scoring."""
    person = Person(answers)
    asker = Asker(person.console, person, "en")
    if reason is None:
        asker.for_here()
    else:
        with pytest.raises(ConsentRefused) as caught:
            asker.for_here()
        assert reason_of(caught) == reason
    assert flat(say("en", "local_text")) in flat(person.shown_before[0])
    assert person.answers == []


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_signed_is_what_was_agreed(locale: Locale) -> None:
    """Each token holds for the terms shown, with a key of its own, and says how it was given."""
    agreement = Agreement(NEEDED, locale, "command_line", adult=True)
    signed = sign_agreement(agreement, SEED, TERMS, report_id=REPORT_ID, now=NOW)
    records = [read_consent(token) for token in signed.tokens]
    assert [record.scope for record in records] == list(NEEDED)
    assert [record.subject for record in records] == [key.public for key in signed.keys]
    assert len({record.subject for record in records}) == len(NEEDED)
    for record in records:
        assert fault_of(record, TERMS, REPORT_ID, NOW) is None
        assert (record.locale, record.method) == (locale, "command_line")


def test_a_minor_is_recorded_as_one() -> None:
    """Whatever asks, the record says what was declared, and the server's gate sees it."""
    agreement = Agreement((Scope.SCORE,), "en", "interactive", adult=False)
    signed = sign_agreement(agreement, SEED, TERMS, report_id=REPORT_ID, now=NOW)
    (record,) = map(read_consent, signed.tokens)
    assert fault_of(record, TERMS, REPORT_ID, NOW) == "CONSENT_AGE"


def test_signed_consents_show_no_token() -> None:
    """Tokens and keys stay out of texts."""
    agreement = Agreement(NEEDED, "en", "interactive", adult=True)
    signed = sign_agreement(agreement, SEED, TERMS, report_id=REPORT_ID, now=NOW)
    assert repr(signed) == "SignedConsents()"
