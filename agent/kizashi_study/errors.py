"""What can stop a command of the study kit, told twice: to the log and to the researcher."""

from collections.abc import Mapping

from kizashi_agent.errors import AgentError


class StudyError(AgentError):
    """Something that a researcher gave cannot be used."""

    exit_code = 3


class BadParticipants(StudyError):
    """The table of participants is not one."""

    def __init__(self, where: str, what: str) -> None:
        # What a cell says is of a person: for the researcher, not for a log.
        super().__init__(
            "the participants cannot be read", f"{where}: {what}", reason="PARTICIPANTS"
        )


class BadTable(StudyError):
    """A clip's table of action units is not one."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__("a table cannot be used", f"{where}: {what}", reason="TABLE")


class NothingToCompare(StudyError):
    """The people, clips or ratings at hand carry no analysis; nothing was worked out."""

    def __init__(self, what: str) -> None:
        super().__init__("the study carries no analysis", what, reason="NOTHING_TO_COMPARE")


class BadRatings(StudyError):
    """A rater's files are not what this rater left, or the clips are not those rated before."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__("the ratings cannot be used", f"{where}: {what}", reason="RATINGS")


class NotPlayable(StudyError):
    """Clips that no browser plays, or that cannot be shown without their sound.

    Attributes:
        reasons: a clause each, by file name.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = reasons
        super().__init__(
            "clips cannot be shown",
            f"{told_by_reason(reasons)}. Convert each to an MP4 with H.264, and extract and rate "
            "that.",
            reason="NOT_PLAYABLE",
        )


class NotInstalled(StudyError):
    """A command needs a library that is not there."""

    def __init__(self, library: str | None) -> None:
        super().__init__(
            f"{library} is not installed",
            f"This command needs {library}, which is not installed. Install it in the folder of "
            "Kizashi's source with: .venv/bin/pip install '.[study]'",
            reason="NOT_INSTALLED",
        )


def told_by_reason(reasons: Mapping[str, str]) -> str:
    """Names with their reason, those of one reason together: `a.mp4, b.mp4: why; c.avi: why`."""
    names: dict[str, list[str]] = {}
    for name, why in reasons.items():
        names.setdefault(why, []).append(name)
    return "; ".join(f"{', '.join(each)}: {why}" for why, each in names.items())
