"""`kizashi study extract`: how it is typed."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from kizashi_agent.edge import AsJson, one_line_errors, print_json
from kizashi_agent.errors import BrokenOff
from kizashi_agent.segments import NO_NEUTRAL, parse_neutral
from kizashi_agent.show.as_json import extract_json
from kizashi_agent.show.outcomes import show_extract
from kizashi_agent.show.progress import extract_progress
from kizashi_protocol.display_text import displayable
from rich.console import Console
from rich.text import Text

from kizashi_study.errors import told_by_reason

if TYPE_CHECKING:
    from kizashi_study.extracting import StudyOutcome

Clips = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the clips.")]
Participants = Annotated[
    Path,
    typer.Option(
        help="CSV with a row for each: participant, clip, questionnaire (PHQ-9 or BDI-II), total; "
        "group and trait_... if you compare them."
    ),
]


def extract(  # noqa: PLR0913, PLR0917 - the options of a command
    folder: Clips,
    participants: Participants,
    out: Annotated[Path, typer.Option(help="Folder of the study's figures.")],
    jobs: Annotated[
        int, typer.Option(min=1, help="Clips measured at once, at most one a core.")
    ] = 1,
    neutral: Annotated[
        str | None,
        typer.Option(help="START-END of a silent part in each clip.", show_default="none"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measures participants' clips: a table each, and one file of labelled recordings.

    OUT/tables has action units frame by frame, as kizashi extract writes them; OUT/recordings.jsonl
    each person's summary, or why the recording gate refused the clip, with total and groups. Both
    are figures of people: keep them as you keep their answers. Run again, it goes on where it
    stopped.
    """
    with one_line_errors(as_json=as_json):
        # Here: other commands start without what measures.
        from kizashi_study.extracting import StudyExtraction, done, extract_study  # noqa: PLC0415
        from kizashi_study.participants import read_participants, require_clips  # noqa: PLC0415
        from kizashi_study.rating.silencing import silent_clips  # noqa: PLC0415

        window = parse_neutral(neutral) if neutral else NO_NEUTRAL
        people = read_participants(participants)
        require_clips(people, folder, participants.name)
        console = Console(stderr=True, quiet=as_json, highlight=False)
        _, reasons = silent_clips({each.name: folder / each.clip for each in people})
        if reasons:
            said = f"Measured, but raters' browsers do not play them: {told_by_reason(reasons)}."
            console.print(Text(displayable(said)), soft_wrap=True)
        asked = StudyExtraction(folder, people, out, jobs, window)
        try:
            with extract_progress(console, len(people)) as report:
                outcome = extract_study(asked, report)
        except KeyboardInterrupt:
            print(file=sys.stderr)  # what is said next begins a line of its own
            raise BrokenOff(
                f"Broken off: {done(asked)} of {len(people)} clips are done and stay. Run it again "
                "to go on."
            ) from None
        if as_json:
            print_json(_as_json(outcome, reasons))
        show_extract(console, outcome.tables)
        for line in _lines(outcome):
            console.print(Text(line), soft_wrap=True)
        if outcome.tables.exit_code:
            raise typer.Exit(outcome.tables.exit_code)


def _lines(outcome: "StudyOutcome") -> list[str]:
    refused = len(outcome.refused)
    lines = [
        f"{outcome.recordings}: {outcome.measured} measured, {refused} refused by the recording gate"
        + (f" ({told_by_reason(outcome.refused)})" if refused else "")
    ]
    if outcome.without_total:
        lines.append(f"Without a questionnaire's total: {outcome.without_total}")
    if outcome.unlisted:
        lines.append(f"Of no participant, and left alone: {', '.join(outcome.unlisted)}")
    return lines


def _as_json(outcome: "StudyOutcome", reasons: Mapping[str, str]) -> dict[str, Any]:
    return extract_json(outcome.tables) | {
        "recordings_file": str(outcome.recordings),
        "measured": outcome.measured,
        "refused": dict(outcome.refused),
        "without_total": outcome.without_total,
        "unlisted": list(outcome.unlisted),
        "not_playable": dict(reasons),
    }
