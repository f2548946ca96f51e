"""What is given for research with a check: the summary, and answers only where they were added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import (
    AddedForResearch,
    ConsentRecipient,
    MalformedMessage,
    ResearchAnswers,
    ResearchItem,
    ResearchTotal,
    Scope,
    consent_text,
    research_context,
    seal_for_research,
)
from kizashi_protocol.consent import LOCALES, Locale
from kizashi_protocol.open_item import ItemPrivateKey
from kizashi_protocol.open_research import open_exported
from kizashi_protocol.v1 import exchange_pb2

from tests.models.scoring import summary_at
from tests.protocol.values import TERMS

KEY = ItemPrivateKey.from_seed(b"k" * 32)
PLACE = research_context(b"r" * 32, "self-check")
ANSWERS = st.builds(
    ResearchAnswers,
    st.tuples(*[st.integers(0, 3)] * 9),
    st.none() | st.integers(0, 3),
    st.integers(0, 14),
)
TOTALS = st.builds(ResearchTotal, st.integers(0, 63), st.integers(0, 14))


@given(st.none() | ANSWERS | TOTALS)
def test_an_item_comes_back(added: AddedForResearch | None) -> None:
    """With the answers or the total, or without any."""
    item = ResearchItem(summary_at(1.5), added)
    assert ResearchItem.parse(item.serialise()) == item


@given(ANSWERS | TOTALS)
def test_it_has_one_size_with_answers_and_without(added: AddedForResearch) -> None:
    """The server, which keeps it, cannot tell who added any."""
    summary = summary_at(1.5)
    items = [ResearchItem(summary, each) for each in (None, added)]
    sealed = [seal_for_research(each, KEY.public, PLACE).to_message() for each in items]
    assert len({len(each.SerializeToString()) for each in sealed}) == 1
    opened = [open_exported(each.SerializeToString(), KEY, PLACE) for each in sealed]
    assert opened == items


OUTSIDE: dict[str, tuple[tuple[int, ...], int | None, int]] = {
    "eight answers": ((1,) * 8, None, 0),
    "ten answers": ((1,) * 10, None, 0),
    "an answer of four": ((1,) * 8 + (4,), None, 0),
    "an answer below nothing": ((1,) * 8 + (-1,), None, 0),
    "a difficulty of four": ((1,) * 9, 4, 0),
    "answers of the day after": ((1,) * 9, None, -1),
    "answers of another time": ((1,) * 9, None, 15),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_answers_out_of_their_range_are_none(what: str) -> None:
    """Neither when they are made nor when they are read."""
    items, difficulty, days = OUTSIDE[what]
    with pytest.raises(MalformedMessage):
        ResearchAnswers(items, difficulty, days)
    if min(*items, days) < 0:
        return  # the message has no such numbers
    answers = exchange_pb2.QuestionnaireAnswers(
        items=items, difficulty=difficulty, days_before=days
    )
    message = exchange_pb2.ResearchItem(summary=summary_at(1.5).to_message(), answers=answers)
    with pytest.raises(MalformedMessage):
        ResearchItem.parse(message.SerializeToString())


@pytest.mark.parametrize(("total", "days"), [(64, 0), (12, 15), (2**32 - 1, 0)])
def test_a_total_out_of_its_range_is_none(total: int, days: int) -> None:
    """Neither when it is made nor when it is read."""
    with pytest.raises(MalformedMessage):
        ResearchTotal(total, days)
    entered = exchange_pb2.QuestionnaireTotal(total=total, days_before=days)
    message = exchange_pb2.ResearchItem(summary=summary_at(1.5).to_message(), bdi_ii=entered)
    with pytest.raises(MalformedMessage):
        ResearchItem.parse(message.SerializeToString())


def test_an_item_has_one_questionnaire() -> None:
    """Answers beside a total are refused: it would not be clear which of them counts."""
    message = exchange_pb2.ResearchItem(
        summary=summary_at(1.5).to_message(),
        answers=exchange_pb2.QuestionnaireAnswers(items=[1] * 9, days_before=0),
        bdi_ii=exchange_pb2.QuestionnaireTotal(total=12, days_before=0),
    )
    with pytest.raises(MalformedMessage):
        ResearchItem.parse(message.SerializeToString())


def test_an_item_without_a_summary_is_none() -> None:
    """Answers are given with a check, never by themselves."""
    alone = exchange_pb2.ResearchItem(
        answers=exchange_pb2.QuestionnaireAnswers(items=[1] * 9, days_before=0)
    )
    with pytest.raises(MalformedMessage):
        ResearchItem.parse(alone.SerializeToString())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_another_error(data: bytes) -> None:
    """They are an item or are refused."""
    with pytest.raises(MalformedMessage):
        ResearchItem.parse(data)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_words_name_the_answers_as_given_by_choice_alone(locale: Locale) -> None:
    """Whoever consents to research is told that answers go along only where they add them."""
    recipient = ConsentRecipient("Example Research Group", b"f" * 32)
    text = consent_text(Scope.RESEARCH, locale, TERMS, recipient).text
    said = {
        "en": (
            "PHQ-9",
            "only where you have chosen to add them",
            "how many days before",
            "total of a BDI-II",
        ),
        "ja": ("PHQ-9", "加えるとあなたが選んだときだけ", "何日前に", "BDI-II の合計点"),
    }
    assert all(each in text for each in said[locale])
