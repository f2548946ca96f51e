"""Feedback: what every text must say, what none may, and what a result may change in it."""

import re
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_models.feedback import compose
from kizashi_models.feedback.help_resources import help_resources
from kizashi_models.feedback.texts import parse_texts, texts_of
from kizashi_models.scorer import Abstention, Contribution, Score
from kizashi_models.validation import Share
from kizashi_protocol.consent import LOCALES, Locale
from kizashi_protocol.reply import Band, Feedback, HelpResource, Reply, read_reply, write_reply
from kizashi_protocol.summary import PRESENCE_UNITS

from tests.models.results import MEASURED, NORMS, abstentions, locales, scores

SITE = HelpResource("Room 12", "Open door.", "9-17", "555-0100", "Main Street 1")

# What the words promise, by locale: in every text, and in every text of a score.
ALWAYS = {
    "en": [
        "not a diagnosis",
        "is not established",
        "rules nothing out",
        "research and self-reflection",
        "validated questionnaire",
        "talk with a person",
    ],
    "ja": [
        "診断ではありません",
        "確立されていません",
        "研究と自己理解",
        "妥当性が確かめられた質問票",
        "話してみること",
    ],
}
IN_SCORES = {
    "en": [
        "40 people in 50 recordings (made up)",
        "At best, if this tool were as good as hoped (AUC .65; not established)",
        "of 1,000 people who get an answer, 143 of them with a low mood",
        "to 182, to 46 rightly and to 136 wrongly, and it would miss 97",
        'answer "more" wrongly to about 1 in 6 of the others',
        "A low result rules nothing out",
        "what a speaking mouth does",
        "Each effect is uncertain and may be none at all",
        "It does not mean that",
    ],
    "ja": [
        "40人が写った50本の映像（架空のもの）",
        "AUC .65、確立されていません",
        "最もよい場合で次のような数になります。結果が出た1,000人のうち143人に",
        "182人です。そのうち46人は当たりですが、136人は外れで、ほかに97人が見落とされます",
        "およそ6人に1人に、誤って「多い」と答える",
        "気分の落ち込みがないとは言えません",
        "話すときの口の動きそのものです",
        "関係の強さは不確かで",
        "という意味で",
    ],
}
# Names of conditions, of what is inferred of nobody, of odds, and of better and worse people.
FORBIDDEN = {
    "en": r"emotion|depress|anxi|disorder|disease|illness|symptom|patient|suicid|self-harm|risk|"
    r"percent|%|probab|likel|odds|chance|healthy|normal|positive|negative|screen|treatment|"
    r"(?<!not a )diagnos",
    "ja": r"感情|情動|うつ|鬱|不安|障害|疾患|病|症|患者|自殺|自傷|危険|リスク|%|％|パーセント|"
    r"確率|可能性|正常|異常|陽性|陰性|疑い|治療|診断(?!ではありません)",
}


def everything(feedback: Feedback) -> str:
    """All words a person reads."""
    help_words = [
        word
        for each in feedback.help
        for word in (each.name, each.description, each.hours, each.phone, each.address)
    ]
    words = [feedback.headline, *feedback.paragraphs, *feedback.contributions, *help_words]
    return "\n".join(words)


@given(result=st.one_of(scores, abstentions), locale=locales)
def test_every_text_says_what_must_be_said(result: Score | Abstention, locale: Locale) -> None:
    """Whatever the result: no diagnosis, not established, a person and a questionnaire, help."""
    feedback = compose(result, locale, [])
    words = everything(feedback)
    missing = [sentence for sentence in ALWAYS[locale] if sentence not in words]
    assert missing == []
    assert ALWAYS[locale][0] in feedback.headline
    assert feedback.help == help_resources(locale)


@given(result=scores, locale=locales)
def test_every_score_says_how_little_it_says(result: Score, locale: Locale) -> None:
    """Norm, frequencies, speaking mouth and uncertain effects are told with every band."""
    words = everything(compose(result, locale, [])).replace("Each effect in it", "Each effect")
    assert [sentence for sentence in IN_SCORES[locale] if sentence not in words] == []


@given(result=st.one_of(scores, abstentions), locale=locales)
def test_no_text_says_what_must_not_be_said(result: Score | Abstention, locale: Locale) -> None:
    """No name of a condition, no odds, no percent sign, no word on what a person feels."""
    found = re.findall(FORBIDDEN[locale], everything(compose(result, locale, [])), re.IGNORECASE)
    assert found == []


def test_the_search_for_forbidden_words_finds_them() -> None:
    """The pattern catches a diagnosis and spares its denial."""
    assert re.findall(
        FORBIDDEN["en"], "This is not a diagnosis. Diagnosis: Depression", re.IGNORECASE
    )
    assert not re.findall(FORBIDDEN["en"], "This is not a diagnosis", re.IGNORECASE)
    assert re.findall(FORBIDDEN["ja"], "診断の結果")
    assert not re.findall(FORBIDDEN["ja"], "診断ではありません")


@given(
    result=scores,
    composite=st.floats(-6, 6),
    error=st.floats(0, 3),
    value=st.floats(-3, 3),
    locale=locales,
)
def test_no_number_of_a_person_enters_the_words(
    result: Score, composite: float, error: float, value: float, locale: Locale
) -> None:
    """Composite, standard error and parts can be anything: the words do not change."""
    parts = tuple(
        Contribution(part.action_unit, part.direction, value) for part in result.contributions
    )
    other = Score(result.scorer_id, NORMS, result.band, composite, error, result.borderline, parts)
    assert compose(result, locale, []) == compose(other, locale, [])


@given(result=scores, band=st.sampled_from(Band), locale=locales, measured=st.booleans())
def test_only_headline_and_meaning_depend_on_the_band(
    result: Score, band: Band, locale: Locale, measured: bool
) -> None:
    """Whoever gets another band gets the same help, next steps, limits and invitation."""
    result = replace(result, validation=MEASURED if measured else None)
    other = replace(result, band=band, composite=0.0, standard_error=0.0)
    texts = texts_of(locale)
    meaning = texts.meaning_measured if measured else texts.meaning
    first, second = compose(result, locale, [SITE]), compose(other, locale, [SITE])
    differing = [a for a, b in zip(first.paragraphs, second.paragraphs, strict=True) if a != b]
    assert differing == ([] if band is result.band else [meaning[result.band]])
    assert (first.help, first.contributions) == (second.help, second.contributions)


@pytest.mark.parametrize(
    ("locale", "headlines"),
    [
        (
            "en",
            [
                "Fewer of these movements than the norm",
                "About as many of these movements as the norm",
                "More of these movements than the norm",
            ],
        ),
        (
            "ja",
            ["比較した人たちより少ない", "比較した人たちと同じくらい", "比較した人たちより多い"],
        ),
    ],
)
def test_bands_have_their_names(locale: Locale, headlines: list[str]) -> None:
    """Bands are named fewer, about as many, more of these movements than the norm."""
    bands = [Band.FEWER, Band.ABOUT_AS_MANY, Band.MORE]
    found = [
        compose(Score("research-prior/1", NORMS, band, 0.0, 0.0, False, ()), locale, [])
        for band in bands
    ]
    assert [feedback.band for feedback in found] == bands
    for feedback, headline in zip(found, headlines, strict=True):
        assert headline in feedback.headline


@given(result=st.one_of(scores, abstentions), locale=locales)
def test_the_sites_contact_comes_first(result: Score | Abstention, locale: Locale) -> None:
    """A site's own contact is shown as given, before everybody else."""
    feedback = compose(result, locale, [SITE])
    assert feedback.help == (SITE, *help_resources(locale))


@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        ("en", ("Inner brow raised: more than the norm", "Lips sucked in: less than the norm")),
        (
            "ja",
            (
                "眉の内側が上がる動き：比較した人たちより多い",
                "唇を吸い込む動き：比較した人たちより少ない",
            ),
        ),
    ],
)
def test_contributions_have_plain_names(locale: Locale, lines: tuple[str, ...]) -> None:
    """Units are told in words and in the order of the score."""
    parts = (Contribution(1, Band.MORE, 1.0), Contribution(28, Band.FEWER, -0.5))
    result = Score("research-prior/1", NORMS, Band.MORE, 1.5, 0.1, False, parts)
    assert compose(result, locale, []).contributions == lines


@given(locale=locales, borderline=st.booleans())
def test_a_borderline_result_says_so(locale: Locale, borderline: bool) -> None:
    """Another recording could give the neighbouring band: said where it is so, and only there."""
    result = Score("research-prior/1", NORMS, Band.MORE, 1.1, 0.2, borderline, ())
    sentence = texts_of(locale).paragraphs.borderline
    assert (sentence in compose(result, locale, []).paragraphs) is borderline


@pytest.mark.parametrize("locale", LOCALES)
def test_a_sites_own_scorer_does_not_borrow_the_study(locale: Locale) -> None:
    """What another scorer rests on is not ours to tell."""
    result = Score("campus-own/3", NORMS, Band.MORE, 1.1, 0.2, False, ())
    words = everything(compose(result, locale, []))
    assert "campus-own/3" in words
    assert "Sugimori" not in words


@given(result=abstentions, locale=locales)
def test_an_abstention_has_no_band_and_says_what_to_do(result: Abstention, locale: Locale) -> None:
    """Without a band there is a reason, and a remedy for each fault."""
    feedback = compose(result, locale, [])
    assert feedback.band is None
    assert feedback.contributions == ()
    assert all(texts_of(locale).faults[fault] in feedback.paragraphs for fault in result.faults)


@given(result=st.one_of(scores, abstentions), locale=locales)
def test_feedback_survives_the_way_back(result: Score | Abstention, locale: Locale) -> None:
    """Every feedback is printable, fits the reply with room for receipts, and arrives as sent."""
    feedback = compose(result, locale, [SITE])
    plaintext = write_reply(Reply(feedback))
    assert len(plaintext) < 8_000
    assert read_reply(plaintext).outcome == feedback


@pytest.mark.parametrize("locale", LOCALES)
def test_every_unit_has_a_name_of_its_own(locale: Locale) -> None:
    """Each of the eighteen units is named, no two alike."""
    names = texts_of(locale).units
    assert set(names) == set(PRESENCE_UNITS)
    assert len(set(names.values())) == len(PRESENCE_UNITS)


def test_languages_fill_in_the_same_figures() -> None:
    """No figure is told in one language and left out in the other."""

    def filled_in(locale: Locale) -> dict[str, set[str]]:
        words = texts_of(locale).paragraphs
        return {name: set(re.findall(r"{(\w+)}", getattr(words, name))) for name in words.__slots__}

    assert filled_in("en") == filled_in("ja")


@pytest.mark.parametrize(
    ("old", "new"), [("more = ", "most = "), ("label = ", "lable = "), ('28 = "', '29 = "')]
)
def test_misspelt_texts_are_refused(old: str, new: str) -> None:
    """A band, a paragraph or a unit without words is an error, not a silence."""
    document = (files("kizashi_models.feedback") / "en.toml").read_text("utf-8")
    with pytest.raises((TypeError, ValueError)):
        parse_texts(document.replace(old, new))


TOLD_OF_IT = {
    "en": [
        "2,400 people did a check and answered the questionnaire PHQ-9 (2026-11-30)",
        "for others it is not established",
        "of 1,000 people who get an answer, 150 of them with a low mood",
        "to 230, to 60 rightly and to 170 wrongly, and it misses 90",
        "52 to 68 of the 150",
    ],
    "ja": [
        "2,400人がチェックをし、質問票PHQ-9に答えました（2026-11-30）",
        "ほかの人については確立されていません",
        "結果が出た1,000人のうち150人に",
        "230人です。そのうち60人は当たりですが、170人は外れで、ほかに90人が見落とされます",
        "150人のうち見つかるのは52人から68人です",
    ],
}


# A share is of people in more than one band: beside the count of the band it would seem to deny it.
ANOTHER_COUNT = {
    "en": "not just those who got the same answer as you, so this count and the one before",
    "ja": "あなたと同じ区分になった人だけを数えたものではないので、上の人数と割合が合わない",
}
HOPES = {"en": "as good as hoped", "ja": "期待どおり"}
# What every score says, whether it was measured or not.
LIMITS = {
    "en": ["A low result rules nothing out", "what a speaking mouth does", "It does not mean that"],
    "ja": ["気分の落ち込みがないとは言えません", "話すときの口の動きそのものです", "という意味で"],
}


@given(result=st.one_of(scores, abstentions), locale=locales)
def test_what_a_site_has_measured_is_told_instead_of_hopes(
    result: Score | Abstention, locale: Locale
) -> None:
    """Figures, people and day of the validation; nothing of what one might hope for."""
    words = everything(compose(replace(result, validation=MEASURED), locale, []))
    told = TOLD_OF_IT[locale] if isinstance(result, Score) else TOLD_OF_IT[locale][:2]
    assert [sentence for sentence in told if sentence not in words] == []
    assert texts_of(locale).paragraphs.not_established not in words
    assert "AUC" not in words
    assert HOPES[locale] not in words
    if isinstance(result, Score):
        assert [each for each in LIMITS[locale] if each not in words] == []
    assert [
        each for each in ALWAYS[locale] if each not in words and "established" not in each
    ] == []
    assert re.findall(FORBIDDEN[locale], words, re.IGNORECASE) == []


@given(result=scores, locale=locales)
def test_a_share_is_told_as_a_count_of_others(result: Score, locale: Locale) -> None:
    """People and cases of those alike, in one paragraph more; without one, nothing of it."""
    measured = replace(result, validation=MEASURED)
    alike = replace(measured, share=Share(0.1, 0.3, 85, 19, 0.2))
    before, after = (compose(each, locale, []).paragraphs for each in (measured, alike))
    (added,) = set(after) - set(before)
    assert set(before) < set(after)
    assert [number in added for number in ("85", "19", "66")] == [True] * 3
    assert ANOTHER_COUNT[locale] in added
    assert re.findall(FORBIDDEN[locale], added, re.IGNORECASE) == []
