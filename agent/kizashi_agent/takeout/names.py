"""What tells the resources of one kind from each other within an export."""

from kizashi_protocol import ConsentRecord, Feedback, Invite, TrendEntry

PROGRAM = "program"
QUESTIONNAIRE = "phq-9"
BDI_II_TOTAL = "bdi-ii-total"


def joining_observation(check: str) -> str:
    """The observation that joins those of a check."""
    return f"{check}/"


def observation_part(check: str, part: str) -> str:
    """A unit's or a group's observation of a check."""
    return f"{check}/{part}"


def trend_entry(invite: Invite, number: int) -> str:
    """An entry of a trend, by its number from 0."""
    return f"trend/{invite}/{number}"


def response(number: int) -> str:
    """A response to the questionnaire, by its number from 0, the oldest first."""
    return f"{QUESTIONNAIRE}/{number}"


def entered_total(number: int) -> str:
    """A total that was entered, by its number from 0, the oldest first."""
    return f"{BDI_II_TOTAL}/{number}"


def consent(record: ConsentRecord) -> str:
    """A consent: no two that count have one scope and subject and were given at one time."""
    return f"{record.scope}/{record.subject.hex()}/{record.given_time}"


def extractor(extractor_id: str) -> str:
    """What measured."""
    return f"extractor/{extractor_id}"


def scorer(found: Feedback | TrendEntry) -> str:
    """What scored, with the norm it compared with."""
    return f"scorer/{found.scorer_id} {found.norms_id}"


def server(invite: Invite) -> str:
    """The list of what a server holds."""
    return f"server/{invite}"
