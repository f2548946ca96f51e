"""Made-up results of a scorer: any score, any abstention, in any language."""

from datetime import date

from hypothesis import strategies as st
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.labelled_recordings import Instrument
from kizashi_models.norms import NormsLabel
from kizashi_models.recording_floor import RecordingFault
from kizashi_models.scorer import Abstention, AbstentionReason, Contribution, Score
from kizashi_models.validation import Estimate, Validation
from kizashi_protocol.consent import LOCALES
from kizashi_protocol.reply import Band

NORMS = NormsLabel("made-up/1", 50, 40, {"en": "made up", "ja": "架空のもの"})
UNITS = [figure.action_unit for figure in STUDY_FIGURES]

# Drawn by kind and put together afterwards: a fifth of the time of drawing each contribution.
contributions = st.builds(
    lambda units, bands, values: tuple(map(Contribution, units, bands, values)),
    st.permutations(UNITS),
    st.tuples(*[st.sampled_from(Band)] * len(UNITS)),
    st.tuples(*[st.floats(-3, 3)] * len(UNITS)),
)
scores = st.builds(
    Score,
    scorer_id=st.sampled_from(["research-prior/1", "campus-own/3"]),
    norms=st.just(NORMS),
    band=st.sampled_from(Band),
    composite=st.floats(-6, 6),
    standard_error=st.floats(0, 3),
    borderline=st.booleans(),
    contributions=contributions,
)
abstentions = st.one_of(
    st.just(Abstention("research-prior/1", NORMS, AbstentionReason.UNSTEADY)),
    st.sets(st.sampled_from(RecordingFault), min_size=1).map(
        lambda faults: Abstention(
            "research-prior/1", NORMS, AbstentionReason.RECORDING, tuple(sorted(faults))
        )
    ),
)
locales = st.sampled_from(LOCALES)

MEASURED = Validation(
    scorer_id="campus-own/3",
    scorer_digest="ab" * 32,
    day=date(2026, 11, 30),
    instrument=Instrument.PHQ_9,
    case_from=10,
    people=2_400,
    cases=360,
    auc=Estimate(0.66, 0.62, 0.70),
    sensitivity=Estimate(0.40, 0.35, 0.45),
    specificity=Estimate(0.80, 0.78, 0.82),
)
