"""The report's files: the page, the same as JSON, and a tidy CSV of each table.

Tidy: one row an observation, and the same columns whether or not there is a row. What is said of a
group stands in rows of its own (`group_means.csv`, `rated_means.csv`), whose column `group` names it.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Sequence

from kizashi_models.reports import plain

from kizashi_study.analysis.agreement import Agreement
from kizashi_study.analysis.comparisons import Comparison
from kizashi_study.analysis.correlations import Correlation
from kizashi_study.analysis.item_effects import BothEffect, ItemEffect
from kizashi_study.analysis.page import as_page
from kizashi_study.analysis.power import Power
from kizashi_study.analysis.report import LeftOut, Report

_OF_A_GROUP = ("n", "mean", "sd")


def files_of(report: Report) -> dict[str, str]:
    """The text of every file, by name."""
    subject, ratings = report.subject, report.ratings
    groups = subject.first, subject.second
    comparisons = (*report.comparisons.intensities, *report.comparisons.presences)
    files = {
        "report.html": as_page(report),
        "report.json": json.dumps(plain(report), indent=1, ensure_ascii=False) + "\n",
        "comparisons.csv": _differences("measure", comparisons, groups),
        "group_means.csv": _means("measure", comparisons, groups),
        "correlations.csv": _table(Correlation, report.correlations),
        "power.csv": _table(Power, report.power.rows),
        "left_out.csv": _table(LeftOut, subject.left_out),
    }
    if ratings is not None:
        files |= {
            "ratings.csv": _differences("item", ratings.comparisons, groups),
            "rated_means.csv": _means("item", ratings.comparisons, groups),
            "ratings_of_these_clips.csv": _of_these_clips(ratings.effects, groups),
            "ratings_over_people_and_raters.csv": _table(BothEffect, ratings.both),
            "agreement.csv": _table(Agreement, ratings.agreement),
            "raters_mood.csv": _table(Correlation, ratings.mood),
        }
    return files


def _differences(of: str, rows: Sequence[Comparison], groups: tuple[str, str]) -> str:
    """The second group (`group`) less the first (`reference`)."""
    names = [
        name
        for name in _names(Comparison)
        if name != "measure" and not name.startswith(("first_", "second_"))
    ]
    first, second = groups
    return _csv(
        [of, "group", "reference", *names],
        ([each.measure, second, first, *(getattr(each, name) for name in names)] for each in rows),
    )


def _means(of: str, rows: Sequence[Comparison], groups: tuple[str, str]) -> str:
    return _csv(
        [of, "group", *_OF_A_GROUP],
        (
            [each.measure, group, *(getattr(each, f"{side}_{name}") for name in _OF_A_GROUP)]
            for each in rows
            for group, side in zip(groups, ("first", "second"), strict=True)
        ),
    )


def _of_these_clips(rows: Sequence[ItemEffect], groups: tuple[str, str]) -> str:
    names = _names(ItemEffect)[3:]
    first, second = groups
    return _csv(
        ["item", "group", "reference", "difference", *names],
        (
            [
                each.item,
                second,
                first,
                each.second_mean - each.first_mean,
                *(getattr(each, name) for name in names),
            ]
            for each in rows
        ),
    )


def _table(kind: type, rows: Iterable[object]) -> str:
    names = _names(kind)
    return _csv(names, ([getattr(each, name) for name in names] for each in rows))


def _names(kind: type) -> list[str]:
    return [each.name for each in dataclasses.fields(kind)]


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A cell is empty where nothing was determined."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return written.getvalue()
