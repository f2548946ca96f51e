"""Hypothesis strategies for values of the protocol, drawn from what their types declare."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from kizashi_protocol import (
    INTENSITY_UNITS,
    MODE_STATIC,
    PRESENCE_UNITS,
    ActionUnitFigures,
    Band,
    Feedback,
    Header,
    HeadMotion,
    HelpResource,
    RecordingQuality,
    Summary,
)
from kizashi_protocol.consent import LOCALES
from kizashi_protocol.moments import EARLIEST, LATEST

T = TypeVar("T")


def ranged_values(kind: Callable[..., T], **others: Any) -> st.SearchStrategy[T]:
    """Any value of a dataclass of the summary, each figure within its declared range."""
    drawn = {}
    for each in dataclasses.fields(kind):  # type: ignore[arg-type]
        if "low" in each.metadata:
            figure = st.floats(each.metadata["low"], each.metadata["high"])
            drawn[each.name] = st.none() | figure if each.default is None else figure
    return st.builds(kind, **{**drawn, **others})


MOMENTS = st.integers(EARLIEST, LATEST)
"""Times that a message may name, in seconds since the epoch."""

FAR_TIMES = st.integers(-(2**63), EARLIEST - 1) | st.integers(LATEST + 1, 2**63 - 1)
"""Times that it may not, as far as protobuf can write them."""

IDENTIFIERS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=64
)


NO_INTENSITY = {
    name: st.just(0.0)
    for name in (
        "mean",
        "standard_deviation",
        "percentile_10",
        "percentile_50",
        "percentile_90",
        "first_half_mean",
        "second_half_mean",
    )
}


def _summaries(neutral: bool) -> st.SearchStrategy[Summary]:
    """Any summary with a neutral part, or any without."""
    units = (
        ranged_values(
            ActionUnitFigures,
            action_unit=st.just(unit),
            baseline_subtracted_mean=(
                st.floats(-5, 5) if neutral and unit in INTENSITY_UNITS else st.none()
            ),
            **({} if unit in INTENSITY_UNITS else NO_INTENSITY),
        )
        for unit in PRESENCE_UNITS
    )
    duration = st.floats(0.001, 60) if neutral else st.just(0.0)
    return ranged_values(
        Summary,
        extractor_id=IDENTIFIERS,
        mode=st.just(MODE_STATIC),
        action_units=st.tuples(*units),
        head_motion=ranged_values(HeadMotion),
        quality=ranged_values(RecordingQuality, neutral_duration=duration),
    )


SUMMARIES = st.booleans().flatmap(_summaries)

PROGRAMME_IDS = st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True)
KEY_IDS = st.binary(min_size=16, max_size=16)
REPORT_IDS = KEY_IDS
HEADERS = st.builds(Header, KEY_IDS, PROGRAMME_IDS, REPORT_IDS)

WORDS = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.just("\u3000"), max_size=40
)
"""Anything that may be shown, the full-width space included."""

HELP = st.builds(
    HelpResource, name=WORDS, description=WORDS, hours=WORDS, phone=WORDS, address=WORDS
)
FEEDBACK = st.builds(
    Feedback,
    band=st.none() | st.sampled_from(Band),
    locale=st.sampled_from(LOCALES),
    headline=WORDS,
    paragraphs=st.lists(WORDS, max_size=4).map(tuple),
    contributions=st.lists(WORDS, max_size=4).map(tuple),
    help=st.lists(HELP, min_size=1, max_size=3).map(tuple),
    scorer_id=WORDS,
    norms_id=WORDS,
)
