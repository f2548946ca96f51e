"""The report as one page."""

from __future__ import annotations

from kizashi_models.reports import Drawing, filled_in

from kizashi_study.analysis.counted import counted
from kizashi_study.analysis.figures import effects, profile, rated
from kizashi_study.analysis.report import STUDY_MEASURES, Report


def as_page(report: Report) -> str:
    """The report as HTML, whole in itself."""
    return filled_in(
        "kizashi_study.analysis",
        "page.html",
        _drawings(report),
        {"number": _number, "chance": _chance, "share": _share, "counted": counted},
        {"report": report, "study_measures": STUDY_MEASURES},
    )


def _drawings(report: Report) -> list[Drawing]:
    intensities, presences = report.comparisons.intensities, report.comparisons.presences
    drawings = []
    if intensities:
        drawings.append(profile("intensities", intensities, presence=False))
        drawings.append(effects("effects", intensities))
    if presences:
        drawings.append(profile("presences", presences, presence=True))
    if report.ratings is not None and report.ratings.effects:
        drawings.append(rated("rated", report.ratings.effects))
    return drawings


def _number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}"


def _chance(p: float) -> str:
    """A p or q, which is never quite 0."""
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
