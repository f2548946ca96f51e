"""`kizashi check` and `kizashi demo`: how they are typed, and which source of frames they mean."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from kizashi_protocol import Invite, Programme, Terms
from rich.text import Text

from kizashi_agent.capture import Camera, FrameSource, VideoFile
from kizashi_agent.command_line.recovery import code_shown_afterwards
from kizashi_agent.commands.check import Checked, check_here, check_with_server
from kizashi_agent.commands.demo import demo_server
from kizashi_agent.commands.share import offer_sharing
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.demo import demo_card, demo_clip
from kizashi_agent.device.recovery_code import code_to_show
from kizashi_agent.edge import (
    AsJson,
    Common,
    SeedChoice,
    one_line_errors,
    print_json,
    surroundings,
)
from kizashi_agent.extractor import open_extractor
from kizashi_agent.history.store import HistoryOutcome
from kizashi_agent.pipeline import Measured, measure
from kizashi_agent.refusal import advice
from kizashi_agent.segments import (
    DEFAULT_NEUTRAL,
    NO_NEUTRAL,
    Neutral,
    parse_neutral,
    recorded_seconds,
)
from kizashi_agent.show.as_json import check_json
from kizashi_agent.show.asking import Asker
from kizashi_agent.show.outcomes import show_withdrawal
from kizashi_agent.show.progress import progress
from kizashi_agent.show.sharing import SharingOnTerminal
from kizashi_agent.show.showing import show_feedback, show_sent
from kizashi_agent.show.standing import show_added_riding, show_riding
from kizashi_agent.submit.consents import Agreement
from kizashi_agent.submit.research_answers import answers_for_research
from kizashi_agent.submit.riding import Looked, riding_tokens
from kizashi_agent.words import say


def check(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    video: Annotated[Path | None, typer.Option(help="A recording of yourself.")] = None,
    camera: Annotated[int | None, typer.Option(help="Number of a camera, from 0.")] = None,
    join: Annotated[str | None, typer.Option(help="An invite: kizashi://...")] = None,
    local: Annotated[bool, typer.Option("--local", help="Score here; send nothing.")] = False,
    neutral: Annotated[
        str | None,
        typer.Option(help="START-END of the silent part, in seconds.", show_default="0-3"),
    ] = None,
    no_neutral: Annotated[
        bool, typer.Option("--no-neutral", help="There is no silent part.")
    ] = False,
    consent: Annotated[
        str | None, typer.Option(help="For scripts: score,feedback; recorded as such.")
    ] = None,
    adult: Annotated[
        bool, typer.Option("--adult", help="For scripts: you are 18 or older.")
    ] = False,
    no_account: Annotated[
        bool, typer.Option("--no-account", help="Keep nothing here; it cannot be withdrawn later.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Asks for consent, measures a self-introduction, and shows the feedback."""
    if (video is None) == (camera is None):
        raise typer.BadParameter("say what to measure: either --video FILE or --camera N")
    if join is not None and local:
        raise typer.BadParameter("--join and --local exclude each other")
    if no_account and local:
        raise typer.BadParameter("--local sends and keeps nothing as it is; leave out --no-account")
    if neutral is not None and no_neutral:
        raise typer.BadParameter("--neutral and --no-neutral exclude each other")
    with one_line_errors(as_json=as_json):
        window = (
            NO_NEUTRAL if no_neutral else parse_neutral(neutral) if neutral else DEFAULT_NEUTRAL
        )
        if video is not None:
            with VideoFile(video):  # a wrong file is told before any question
                pass
        world = surroundings(context.obj, quiet=as_json)
        account = not no_account
        asker = Asker(world.console, world.confirm, world.locale, consent, adult, account)
        open_source = _opener(video, camera, window, world)
        invite = None if local else world.invite(join)
        if no_account and invite is not None:
            world = world.without_account(invite)
        with code_shown_afterwards(world, None if as_json else invite):
            checked = _check(invite, asker, open_source, window, world)
            _show(checked, world, as_json=as_json)
        if checked.sent is not None and checked.exchanger is not None:
            shown = SharingOnTerminal(world.console, world.locale)
            offer_sharing(checked.sent.submitted, checked.exchanger, shown, world)


def demo(context: typer.Context) -> None:
    """Runs a check of the bundled clip against a real server on this machine."""
    with one_line_errors(as_json=False):
        given: Common = context.obj
        with demo_server() as server, demo_clip() as clip:
            folder = server.folder / "agent"
            world = surroundings(Common(folder, given.locale, SeedChoice.FILE), quiet=False)
            world.console.print(Text(say(given.locale, "demo", credit=demo_card().credit)))
            asker = Asker(world.console, None, world.locale, "score,feedback", adult=True)
            open_source = _opener(clip, None, DEFAULT_NEUTRAL, world)
            checked = _check(server.invite, asker, open_source, DEFAULT_NEUTRAL, world)
            _show(checked, world)
            show_withdrawal(world.console, world.locale, withdraw_all(world))


def _opener(
    video: Path | None, camera: int | None, window: Neutral, world: Surroundings
) -> Callable[[], FrameSource]:
    if video is not None:
        return lambda: VideoFile(video)
    seconds = recorded_seconds(window)

    def open_camera() -> FrameSource:
        world.console.print(Text(say(world.locale, "record_ready", seconds=f"{seconds:.0f}")))
        return Camera(camera or 0, duration=seconds, clock=time.perf_counter)

    return open_camera


def _check(
    invite: Invite | None,
    asker: Asker,
    open_source: Callable[[], FrameSource],
    window: Neutral,
    world: Surroundings,
) -> Checked:
    extractor = open_extractor()

    def measured() -> Measured:
        with (
            open_source() as source,
            progress(world.console, say(world.locale, "measuring"), source.announced_frames) as bar,
        ):
            return measure(source, extractor, window, bar)

    def agree(programme: Programme, terms: Terms, looked: Sequence[Looked]) -> Agreement:
        show_riding(world.console, world.locale, looked)
        answers = answers_for_research(world.state).riding(riding_tokens(looked), world.now())
        show_added_riding(world.console, world.locale, answers)
        return asker.for_server(programme, terms)

    if invite is None:
        return check_here(asker.for_here, measured, world)
    return check_with_server(invite, agree, measured, extractor.extractor_id, world)


def _show(checked: Checked, world: Surroundings, *, as_json: bool = False) -> None:
    measured = checked.measured
    if as_json:
        warnings = advice(measured.cautions)
        described = check_json(
            checked.feedback, checked.sent, measured.summary, measured.frames, warnings
        )
        code = None if checked.sent is None else code_to_show(world.state)
        print_json(described | {"recovery_code": code})
        return
    for warning in advice(measured.cautions):
        world.console.print(Text(f"{say(world.locale, 'warning')}: {warning}"))
    show_feedback(world.console, checked.feedback)
    show_sent(world.console, world.locale, checked.sent, measured.summary, measured.frames)
    if checked.history is not HistoryOutcome.OFF:
        words = "kept_history" if checked.history is HistoryOutcome.KEPT else "history_failed"
        world.console.print(Text(say(world.locale, words)))
