"""All that a study found, as one value: the page, the JSON and the tables say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kizashi_models.figures import STUDY_FIGURES, Statistic

from kizashi_study.analysis.comparisons import DISCOVERY, Comparison, Comparisons, compare_all
from kizashi_study.analysis.correlations import Correlation, correlate_all, why_none
from kizashi_study.analysis.people import People
from kizashi_study.analysis.power import PowerTable, power_of
from kizashi_study.analysis.rating_analysis import RatingResults
from kizashi_study.analysis.simulated import Simulated

STUDY_MEASURES = frozenset(
    f"AU{figure.action_unit:02d}_{'r' if figure.statistic is Statistic.MEAN else 'c'}"
    for figure in STUDY_FIGURES
)
"""Of the units that Sci Rep 2025;15:30761 found higher in its second group, the measures that the
research prior reads. Whether the study found them in intensity or in presence is not published."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Participants who are not compared.

    Attributes:
        reason: in words.
        group: that the table names for them; empty where it names none.
        people: how many.
    """

    reason: str
    group: str
    people: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Who and what was compared.

    Attributes:
        first: name of the first group; second of the second.
        sizes: people in each.
        instrument: whose totals; None where there are none.
        left_out: participants by reason and group.
        extractor: that all clips were measured with; None where nothing says.
        mode: of the intensities, in words.
        ungated: people compared of whose clips the recording gate was not asked.
        frames: which frames of a clip its figures are means of, in words.
        day: of the report.
        version: of the program.
    """

    first: str
    second: str
    sizes: tuple[int, int]
    instrument: str | None
    left_out: tuple[LeftOut, ...]
    extractor: str | None
    mode: str
    ungated: int
    frames: str
    day: date
    version: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a study found.

    Attributes:
        no_correlations: why there are none; empty where there are.
        ratings: None where there were none, and then `no_ratings` says why.
        appendix: what the same analysis makes of cohorts with known effects.
    """

    subject: Subject
    comparisons: Comparisons
    correlations: tuple[Correlation, ...]
    no_correlations: str
    power: PowerTable
    ratings: RatingResults | None
    no_ratings: str
    appendix: Simulated

    @property
    def found(self) -> tuple[Comparison, ...]:
        """The comparisons with a q below .05, the study's own measures first."""
        both = (*self.comparisons.intensities, *self.comparisons.presences)
        found = [each for each in both if each.q < DISCOVERY]
        return tuple(sorted(found, key=lambda each: (each.measure not in STUDY_MEASURES, each.q)))

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The study's measures that were found higher in the second group here too."""
        return tuple(
            each.measure for each in self.found if each.measure in STUDY_MEASURES and each.d > 0
        )


def report_of(
    people: People,
    subject: Subject,
    ratings: RatingResults | None,
    no_ratings: str,
    appendix: Simulated,
) -> Report:
    """Works everything out.

    Raises:
        NothingToCompare: nobody of a group differs in any measure.
    """
    return Report(
        subject=subject,
        comparisons=compare_all(people),
        correlations=correlate_all(people),
        no_correlations=why_none(people.totals),
        power=power_of(*people.sizes),
        ratings=ratings,
        no_ratings=no_ratings,
        appendix=appendix,
    )
