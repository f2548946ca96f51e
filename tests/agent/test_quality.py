"""The recording gate: each limit refuses on its own, at its edge, with what to do about it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from kizashi_agent.quality import Caution, Reason, Verdict, judge
from kizashi_agent.refusal import advice, refusal
from kizashi_agent.segments import DEFAULT_NEUTRAL, NO_NEUTRAL, Neutral, NeutralWindow, split
from kizashi_agent.summarise import summarise
from kizashi_models.recording_floor import recording_faults

from tests.agent.measurements import Face, face, frames_at, recording

Course = Callable[[float], Face | None]


def verdict(
    at: Course = lambda _: Face(),
    *,
    seconds: float = 13,
    rate: float = 30,
    neutral: Neutral = DEFAULT_NEUTRAL,
) -> Verdict:
    """What the gate says of an even recording."""
    return judge(split(recording(seconds, rate, at), neutral))


def between(start: float, end: float, inside: Face | None, outside: Face | None = None) -> Course:
    """One face for a while, the usual one before and after."""
    usual = outside or Face()
    return lambda time: inside if start <= time < end else usual


def test_a_good_recording_passes() -> None:
    """Thirteen seconds of a well-lit face pass without a word."""
    good = verdict()
    assert good.passed
    assert good.cautions == ()


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (lambda _: face(face_width=119.9), Reason.FACE_TOO_SMALL),
        (lambda _: face(luma=59.9), Reason.TOO_DARK),
        (lambda _: face(luma=200.1), Reason.TOO_BRIGHT),
        (lambda _: face(clipped_fraction=0.02), Reason.OVEREXPOSED),
        (lambda _: face(mouth_visible=0.3), Reason.MOUTH_COVERED),
        (lambda _: Face(yaw=-15.1), Reason.HEAD_TURNED),
        (lambda _: Face(pitch=15.1), Reason.HEAD_TURNED),
        (between(6, 6.03, Face(yaw=25.1)), Reason.HEAD_TURNED_FAR),
        (between(6, 6.03, Face(pitch=-25.1)), Reason.HEAD_TURNED_FAR),
        (between(6, 6.03, Face(roll=-20.1)), Reason.HEAD_TILTED),
        (between(6, 6.55, None), Reason.FACE_LOST_AT_ONCE),
        (lambda t: Face() if int(t * 30) % 8 else None, Reason.FACE_LOST),
        (between(6, 99, face(luma=165)), Reason.LIGHT_CHANGED),
        (between(6, 99, face(centre_x=421)), Reason.FACE_CHANGED),
        (between(6, 99, face(face_width=265)), Reason.FACE_CHANGED),
        (lambda _: None, Reason.NO_FACE),
    ],
)
def test_each_limit_refuses_on_its_own(at: Course, reason: Reason) -> None:
    """A recording just beyond one limit is refused for that reason and no other."""
    assert verdict(at).reasons == (reason,)


@pytest.mark.parametrize(
    "at",
    [
        lambda _: face(face_width=120),
        lambda _: face(luma=60),
        lambda _: face(luma=200),
        lambda _: face(clipped_fraction=0.019),
        lambda _: face(mouth_visible=0.34),
        lambda _: Face(yaw=-15, pitch=15, roll=20),
        between(6, 7, Face(yaw=25, pitch=-25)),
        between(6, 6.49, None),
        lambda t: Face() if int(t * 30) % 10 else None,
        between(6, 99, face(luma=155)),
        between(6, 6.06, face(luma=200)),
        between(6, 99, face(centre_x=410, face_width=240)),
    ],
)
def test_each_limit_lets_its_edge_pass(at: Course) -> None:
    """A recording at a limit passes."""
    assert verdict(at).reasons == ()


@pytest.mark.parametrize(
    ("rate", "passes"), [(24000 / 1001, True), (23.4, False), (12, False), (60, True)]
)
def test_frames_a_second(rate: float, passes: bool) -> None:
    """Film rate passes; slower does not, and nothing else is held against it."""
    assert verdict(rate=rate).reasons == (() if passes else (Reason.FRAME_RATE_LOW,))


@pytest.mark.parametrize(("start", "end"), [(0, 3), (3, 99)])
def test_a_part_without_any_face_is_refused(start: float, end: float) -> None:
    """A face in one part alone does not make up for the other."""
    reasons = verdict(between(start, end, None)).reasons
    assert reasons == (Reason.FACE_LOST, Reason.FACE_LOST_AT_ONCE)


@pytest.mark.parametrize(("lost", "reasons"), [(0, ()), (1, (Reason.TOO_SHORT,))])
def test_eight_seconds_must_show_the_face(lost: int, reasons: tuple[Reason, ...]) -> None:
    """Of 8 s no frame may be lost; of more, some may."""
    at = between(4, 4 + lost / 30 - 0.01, None)
    assert verdict(at, seconds=8, neutral=NO_NEUTRAL).reasons == reasons
    assert verdict(at, seconds=8.1, neutral=NO_NEUTRAL).reasons == ()


def test_the_rate_is_that_of_the_timestamps() -> None:
    """A recording that stutters is judged by its times, not by how many frames it has."""
    times = [index / 30 + (index // 30) * 0.4 for index in range(400)]
    reasons = judge(split(frames_at(times), NO_NEUTRAL)).reasons
    assert reasons == (Reason.FRAME_RATE_LOW,)


def test_a_hole_in_the_timestamps_is_a_gap() -> None:
    """A recording that freezes for a second lacks frames, and the person was not out of view."""
    times = [index / 30 + (index > 200) for index in range(400)]
    assert judge(split(frames_at(times), NO_NEUTRAL)).reasons == (Reason.FRAMES_MISSING,)


def test_half_a_second_lost_to_both_is_a_face_lost() -> None:
    """A gap that neither missing frames nor frames without a face would make alone is refused."""
    times = [index / 30 + 0.3 * (index > 200) for index in range(400)]
    frames = frames_at(times, lambda time: None if 200 / 30 < time < 210 / 30 + 0.3 else Face())
    assert judge(split(frames, NO_NEUTRAL)).reasons == (Reason.FACE_LOST_AT_ONCE,)


@pytest.mark.parametrize(
    ("seconds", "neutral", "reasons"),
    [
        (11.0, DEFAULT_NEUTRAL, ()),
        (8.0, NO_NEUTRAL, ()),
        (7.9, NO_NEUTRAL, (Reason.TOO_SHORT,)),
        (10.0, DEFAULT_NEUTRAL, (Reason.TOO_SHORT_AFTER_NEUTRAL,)),
        (7.0, DEFAULT_NEUTRAL, (Reason.TOO_SHORT,)),
        (0.0, DEFAULT_NEUTRAL, (Reason.TOO_SHORT, Reason.NEUTRAL_TOO_SHORT)),
        (12.0, NeutralWindow(0, 0.5), (Reason.NEUTRAL_TOO_SHORT,)),
        (12.0, NeutralWindow(11.5, 14), (Reason.NEUTRAL_TOO_SHORT,)),
        (121.0, NO_NEUTRAL, (Reason.TOO_LONG,)),
    ],
)  # fmt: skip
def test_durations(seconds: float, neutral: Neutral, reasons: tuple[Reason, ...]) -> None:
    """Each part needs its length; what the neutral part takes away is told apart."""
    assert verdict(seconds=seconds, neutral=neutral).reasons == reasons


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60])
def test_eight_seconds_are_eight_at_every_rate(rate: float) -> None:
    """Two hundred frames at 25 a second are 8 s, though the last starts before."""
    assert verdict(seconds=8, rate=rate, neutral=NO_NEUTRAL).passed


def test_a_second_face_is_refused_at_once() -> None:
    """One frame with two faces is one too many."""
    frames = list(recording())
    frames[50] = replace(frames[50], faces=2)
    assert judge(split(frames, DEFAULT_NEUTRAL)).reasons == (Reason.SEVERAL_FACES,)


@pytest.mark.parametrize("moment", [1.0, 8.0])
def test_both_parts_are_judged(moment: float) -> None:
    """A face turned away in the neutral part counts as much as in the introduction."""
    at = between(moment, moment + 0.1, Face(yaw=40))
    assert verdict(at).reasons == (Reason.HEAD_TURNED_FAR,)


def test_a_change_between_the_parts_counts() -> None:
    """A lamp switched on exactly as the neutral part ends is seen."""
    assert verdict(between(3, 99, face(luma=180))).reasons == (Reason.LIGHT_CHANGED,)


def test_every_reason_is_told_the_gravest_first() -> None:
    """A recording with several faults hears of each, in a fixed order, in one line."""
    at = between(6, 7, None, Face(yaw=16, figures=replace(face().figures, luma=20, face_width=80)))
    refused = refusal(verdict(at))
    assert verdict(at).cautions == ()
    assert refused.reasons == ("FACE_LOST_AT_ONCE", "FACE_TOO_SMALL", "HEAD_TURNED", "TOO_DARK")
    assert refused.reason == "FACE_LOST_AT_ONCE"
    assert refused.exit_code == 4
    assert "\n" not in refused.person
    assert "Sit closer" in refused.person
    assert "lamp" in refused.person


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_own_words(reason: Reason) -> None:
    """No reason is without a sentence, and the one about --no-neutral names it."""
    said = {each: refusal(replace(verdict(), reasons=(each,))).person for each in Reason}
    assert len(set(said.values())) == len(Reason)
    assert ("--no-neutral" in said[reason]) == ("NEUTRAL" in reason)


def test_a_small_face_is_a_caution() -> None:
    """Between 120 and 160 pixels the recording passes with a word of advice."""
    result = verdict(lambda _: face(face_width=159))
    assert (result.passed, result.cautions) == (True, (Caution.FACE_SMALL,))
    assert "closer" in advice(result.cautions)[0]


def test_speaking_in_the_neutral_part_is_a_caution() -> None:
    """A mouth that moves as in speech during the neutral seconds is mentioned."""
    result = verdict(lambda t: face(mouth_open=0.1 if int(t * 8) % 2 else 0.2))
    assert (result.passed, result.cautions) == (True, (Caution.NEUTRAL_SPEAKING,))


@given(
    rate=st.sampled_from([23.5, 24000 / 1001, 25.0, 30.0]),
    pose=st.sampled_from([14.9999999, 15.0, 15.0000001]),
    width=st.sampled_from([119.9999999, 120.0, 120.0000001]),
    luma=st.sampled_from([60.0, 200.0, 200.0000001]),
    gap=st.sampled_from([0.0, 0.45, 0.5]),
)
def test_what_passes_can_be_scored(
    *, rate: float, pose: float, width: float, luma: float, gap: float
) -> None:
    """What the gate lets pass at its very edges, the scorer's floor does not refuse for rounding."""
    usual = Face(yaw=pose, pitch=-pose, figures=face(face_width=width, luma=luma).figures)

    def at(time: float) -> Face | None:
        return None if 5 <= time < 5 + gap - 1e-9 else usual

    segments = split(recording(11, rate, at), DEFAULT_NEUTRAL)
    verdict = judge(segments)
    event("passes" if verdict.passed else "refused")
    if verdict.passed:
        summary = summarise(segments.introduction, segments.neutral, "test/1")
        assert recording_faults(summary.quality) == ()
