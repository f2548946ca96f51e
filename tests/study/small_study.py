"""A study of a few people without any chance in it, for what a single figure shows."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import numpy as np
from kizashi_agent.extract import Recipe
from kizashi_agent.extract.beside import write_beside
from kizashi_agent.extract.record import Record, Source, digest_of, write_record
from kizashi_agent.segments import NO_NEUTRAL
from kizashi_models.labelled_recordings import Instrument, QuestionnaireTotal, recording_line
from kizashi_study.analysis.clip_profile import MEASURES, ClipProfile, Origin
from kizashi_study.analysis.people import People, gather
from kizashi_study.analysis.rating_table import RatingTable
from kizashi_study.participants import Participant
from kizashi_study.rating.ratings import ITEMS

ORIGIN = Origin("kizashi-gradient-head/1", static=True)
NAMES = tuple(f"p{number:02}" for number in range(12))
SECOND = NAMES[6:]


def participant(number: int, group: str | None, total: int | None = None) -> Participant:
    """The one in that row of the table, below the names of its columns."""
    told = None if total is None else QuestionnaireTotal(Instrument.BDI_II, total)
    clip = PurePosixPath(f"c{number:02}.mp4")
    return Participant(number + 2, f"p{number:02}", clip, group, told, MappingProxyType({}))


def profile(
    number: int, refused: str | None = None, origin: Origin = ORIGIN, **values: float
) -> ClipProfile:
    """A profile that is nobody else's; a measure has the value given."""
    drawn = np.random.default_rng(number).uniform(0, 1, len(MEASURES)).tolist()
    figures = dict(zip(MEASURES, drawn, strict=True)) | values
    return ClipProfile(MappingProxyType(figures), refused, origin)


def gathered(change: Callable[[int], ClipProfile] = profile) -> People:
    """Six people of either group, whose profiles are `change` of their numbers."""
    people = [participant(number, _group(number), number + 5) for number in range(12)]
    profiles = {each.clip.stem: change(number) for number, each in enumerate(people)}
    return gather(people, profiles, None)


def _group(number: int) -> str:
    return "healthy" if number < 6 else "subthreshold"


def rating_table(
    score: Callable[[int, int, int], int | None], raters: int = 3, people: int = 12
) -> RatingTable:
    """Ratings by rater, person and item, each a number from 0; None where there was none."""
    return RatingTable(
        {
            (f"r{rater:02}", f"p{person:02}", item): value
            for rater in range(raters)
            for person in range(people)
            for place, item in enumerate(ITEMS)
            if (value := score(rater, person, place)) is not None
        }
    )


def write_table(path: Path, values: Mapping[str, float], faces: int = 40, without: int = 0) -> Path:
    """A table of `faces` frames of these values, 0 where not said, and zeros `without` a face."""
    names = ["frame", "success", *MEASURES]
    seen = [1.0, *(values.get(name, 0.0) for name in MEASURES)]
    rows: list[list[float]] = [seen] * faces + [[0.0] * len(seen)] * without
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rows(path, [names, *([number, *row] for number, row in enumerate(rows, 1))])
    return path


def write_records(table: Path, extractor: str, refused: str | None = None) -> None:
    """What `kizashi study extract` keeps beside a table; where refused, the gate's reason too."""
    digest = digest_of(table)
    assert digest is not None
    recipe = Recipe(extractor, "static", NO_NEUTRAL)
    write_record(table, Record(Source("c.mp4", "0" * 64, 1, 1), recipe, digest, None))
    if refused is not None:
        write_beside(table, digest, recording_line(None, refused, None, {}))


def write_rows(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """A CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_study(folder: Path) -> Path:
    """Twelve people, of whom one clip was refused, and three raters, of whom one skips a clip.

    AU01_r is higher in the second group and AU05_r lower; AU45_r is the same in everybody, whatever
    the number of frames; everybody is rated equally stiff, and the second group more fake.
    """
    rows: list[list[object]] = [["participant", "clip", "group", "questionnaire", "total"]]
    for number in range(13):
        values = dict(profile(number).values)
        second = number >= 6
        values |= {
            "AU45_r": 0.1,
            "AU01_r": 1.0 + number / 100 + second,
            "AU05_r": 2 + number / 9 - 2 * second,
        }
        table = write_table(
            folder / "tables" / f"c{number:02}.csv", values, 40 + number, number // 4
        )
        write_records(table, "kizashi-gradient-head/1", "TOO_SHORT" if number == 12 else None)
        rows.append([f"p{number:02}", f"c{number:02}.mp4", _group(number), "BDI-II", number])
    write_rows(folder / "participants.csv", rows)
    (folder / "ratings").mkdir()
    for rater in range(3):
        named = f"rater_{'abc'[rater]}"
        scores: list[list[object]] = [["rater", "participant", "item", "score"]]
        for person in [*range(12), 12, 77]:
            if rater == 2 and person == 3:
                continue
            for place, item in enumerate(ITEMS):
                drawn = int(np.random.default_rng([rater, person, place]).integers(1, 5))
                more = 3 if item == "fake" and person > 5 else 0
                score = 4 if item == "stiff" else drawn + more
                scores.append([named, f"p{person:02}", item, score])
        write_rows(folder / "ratings" / f"{named}.csv", scores)
    return folder


def rater_json(name: str, instrument: str, total: int) -> str:
    """What is kept of a rater who told a total."""
    told = {"instrument": instrument, "total": total}
    kept = {"rater_format": 1, "rater": name, "seed": 0, "items": ITEMS, "scale": [1, 7]}
    return json.dumps(kept | {"order": [], "asked": True, "questionnaire": told})
