"""All that a study found, as one value: the page, the JSON and the tables say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kizashi_models.figures import STUDY_FIGURES, Statistic

from kizashi_study.analysis.comparisons import Comparison, Comparisons, compare_all
from kizashi_study.analysis.correlations import Correlation, correlate_all
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

DISCOVERY = 0.05
"""Of q: false findings are at most one in twenty of all, on average over many such studies."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who and what was compared.

    Attributes:
        first: name of the first group; second of the second.
        sizes: people in each.
        instrument: whose totals; None where there are none.
        left_out: participants by reason.
        mode: of the intensities, in words.
        day: of the report.
        version: of the program.
    """

    first: str
    second: str
    sizes: tuple[int, int]
    instrument: str | None
    left_out: Mapping[str, int]
    mode: str
    day: date
    version: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a study found.

    Attributes:
        ratings: None where there were none, and then `no_ratings` says why.
        appendix: what the same analysis makes of cohorts with known effects.
    """

    subject: Subject
    comparisons: Comparisons
    correlations: tuple[Correlation, ...]
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
    """Works everything out."""
    return Report(
        subject=subject,
        comparisons=compare_all(people),
        correlations=correlate_all(people),
        power=power_of(*people.sizes),
        ratings=ratings,
        no_ratings=no_ratings,
        appendix=appendix,
    )
