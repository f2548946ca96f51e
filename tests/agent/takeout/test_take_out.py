"""Taking everything along after real checks: all of it is there, once, and no secret is."""

import json
import os
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kizashi_agent.commands.ledger import clear_ledger
from kizashi_agent.commands.take_out import take_out, write_take_out
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.participant import (
    ledger_key,
    participant_key,
    recovery_code,
    recovery_secret,
    standing_key,
    trend_seed,
    waiting_key,
)
from kizashi_agent.errors import InputError, ServerUnreachable
from kizashi_agent.history.store import HistoryOutcome, history_of, keep_check
from kizashi_agent.ledger.entry import Direction
from kizashi_agent.ledger.fields import kind_of
from kizashi_agent.questionnaire.kept import kept_questionnaires
from kizashi_agent.questionnaire.phq9 import Answers
from kizashi_agent.submit.research_answers import AddedAnswers, answers_for_research
from kizashi_agent.takeout.elements import instant
from kizashi_protocol import ResearchAnswers, ResearchTotal, Scope, read_reply

from tests.agent.submit.standing.in_process import InProcess, researcher
from tests.agent.takeout.people import Recorded
from tests.agent.takeout.reading import checked, of_kind
from tests.models.scoring import summary_at
from tests.server.world import START, make_world

STANDING = (Scope.TREND, Scope.COHORT, Scope.RESEARCH)


@pytest.fixture
def person(tmp_path: Path) -> Recorded:
    """Somebody with an empty laptop, before a server that has a research key."""
    return Recorded(tmp_path / "laptop", InProcess(make_world(certify=lambda r: [researcher(r)])))


def taken(person: Recorded) -> dict[str, Any]:
    """What the person takes along, found to be valid."""
    return checked(json.loads(take_out(person.world)))


def said(bundle: dict[str, Any], title: str) -> str:
    """What the lists whose title begins so say."""
    found = [each for each in of_kind(bundle, "List") if each["title"].startswith(title)]
    return "\n".join(note["text"] for each in found for note in each["note"])


def attachments(bundle: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and content of everything attached."""
    for each in (*of_kind(bundle, "Consent"), *of_kind(bundle, "DocumentReference")):
        held = each.get("sourceAttachment") or [part["attachment"] for part in each["content"]]
        for attachment in held:
            yield attachment["contentType"], b64decode(attachment["data"]).decode()


def test_a_person_who_has_done_nothing_takes_an_empty_bundle(person: Recorded) -> None:
    """And nothing is left on the laptop by it, no seed either."""
    bundle = taken(person)
    assert [each["title"] for each in of_kind(bundle, "List")] == [
        "What this laptop holds about you"
    ]
    assert not of_kind(bundle, "Observation")
    assert person.world.state.seeds.read() is None


def test_a_check_with_every_consent_is_there_once(person: Recorded) -> None:
    """Figures, feedback, trend, five consents with receipts, and what the server keeps to itself."""
    for scope in STANDING:
        person.give(scope)
    person.check(2.0)
    bundle = taken(person)
    joining = [each for each in of_kind(bundle, "Observation") if "hasMember" in each]
    assert len(joining) == 1
    assert len(joining[0]["hasMember"]) == 21
    feedback, trend = of_kind(bundle, "RiskAssessment")
    assert feedback["basis"] == [{"reference": f"urn:uuid:{joining[0]['id']}"}]
    for each in (feedback, trend):
        (prediction,) = each["prediction"]
        assert prediction["qualitativeRisk"]["coding"][0]["code"] == "band-more"
    consents = of_kind(bundle, "Consent")
    scopes = [each["category"][0]["coding"][0]["code"] for each in consents]
    assert sorted(scopes) == sorted(
        f"scope-{each}" for each in (Scope.SCORE, Scope.FEEDBACK, *STANDING)
    )
    assert all(each["status"] == "active" for each in consents)
    kinds = [kind for kind, _ in attachments(bundle)]
    assert kinds.count("application/json") == 5
    server = said(bundle, "What the server at localhost:8443")
    for part in ("to it: 1.", "to a key of yours: 1.", "figures about the group", "for research"):
        assert part in server


def test_a_receipt_taken_along_verifies(person: Recorded) -> None:
    """It is the file as it lies on the laptop."""
    person.check()
    kept = {path.read_text() for path in person.world.state.receipt_files()}
    bundles = {text for kind, text in attachments(taken(person)) if kind == "application/json"}
    assert bundles == kept


def test_no_secret_is_taken_along(person: Recorded) -> None:
    """No seed, key, code or nonce, in hexadecimal or base 64, nor inside an attachment."""
    for scope in STANDING:
        person.give(scope)
    person.check()
    world = person.world
    seed, (check,) = world.state.seed(), world.state.checks()
    root, programme = person.invite.root_fingerprint, person.invite.programme_id
    code = recovery_code(seed)
    secrets = [seed, code, ledger_key(seed), waiting_key(seed), trend_seed(seed, root, programme)]
    secrets += [recovery_secret(code, root, programme, each) for each in (Scope.SCORE, *STANDING)]
    secrets += [_private(standing_key(seed, root, programme, each)) for each in STANDING]
    secrets += [
        _private(
            participant_key(
                seed,
                root_fingerprint=root,
                programme_id=programme,
                scope=each,
                report_id=check.report_id,
            )
        )
        for each in (Scope.SCORE, Scope.FEEDBACK)
    ]
    for entry in world.ledger().read().entries:
        message = entry.message
        if message.direction is Direction.RECEIVED and message.plaintext is not None:
            secrets += [read_reply(message.plaintext).opening_nonce or b""]
    secrets = [each for each in secrets if each]
    bundle = taken(person)
    text = "\n".join([json.dumps(bundle), *(content for _, content in attachments(bundle))])
    text += "\n".join(_inside(text))
    # The search finds what is there: a consent names its signer's public key.
    assert _written(participant_key_public(person))[1] in text
    assert len(secrets) > 12
    for secret in secrets:
        assert not [each for each in _written(secret) if each in text]


def participant_key_public(person: Recorded) -> bytes:
    """The public key that signed the consent to score."""
    (check,) = person.world.state.checks()
    return participant_key(
        person.world.state.seed(),
        root_fingerprint=person.invite.root_fingerprint,
        programme_id=person.invite.programme_id,
        scope=Scope.SCORE,
        report_id=check.report_id,
    ).public


def _private(key: Any) -> bytes:
    return key.primitive.private_bytes_raw()  # type: ignore[no-any-return]


def _written(value: bytes) -> tuple[str, str, str]:
    from base64 import b64encode, urlsafe_b64encode  # noqa: PLC0415

    return (
        value.hex(),
        urlsafe_b64encode(value).decode().rstrip("="),
        b64encode(value).decode().rstrip("="),
    )


def _inside(text: str) -> Iterator[str]:
    """What the parts of tokens say."""
    for part in re.findall(r"[A-Za-z0-9_-]{24,}", text):
        try:
            inside = b64decode(part + "=" * (-len(part) % 4), altchars=b"-_").decode()
        except ValueError:
            continue
        yield inside
        yield from _inside(inside)


def test_a_check_that_waits_is_taken_along(person: Recorded) -> None:
    """Its figures, its consents, and that it has no answer."""
    person.server.down = True
    with pytest.raises(ServerUnreachable):
        person.check()
    bundle = taken(person)
    assert not of_kind(bundle, "RiskAssessment")
    (joining,) = [each for each in of_kind(bundle, "Observation") if "hasMember" in each]
    assert "waits on the laptop" in joining["note"][0]["text"]
    assert len(of_kind(bundle, "Consent")) == 2


def test_a_damaged_entry_of_the_ledger_is_left_out_and_said(person: Recorded) -> None:
    """The feedback beside it is still found, and so is the other check."""
    person.check(2.0)
    person.check(-2.0)
    world = person.world
    entries = world.ledger().read().entries
    number = next(each.number for each in entries if kind_of(each.message) == "check")
    path = world.ledger().folder / f"{number:08d}"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    bundle = taken(person)
    assert f"Message {number} of the ledger" in said(bundle, "What is held and could not")
    assert len([each for each in of_kind(bundle, "Observation") if "hasMember" in each]) == 1
    codes = [
        each["prediction"][0]["qualitativeRisk"]["coding"][0]["code"]
        for each in of_kind(bundle, "RiskAssessment")
    ]
    assert sorted(codes) == ["band-fewer", "band-more"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ("checks/*.json", "The record"),
        ("standing/*.json", "The record"),
        ("receipts/*.json", "The receipt"),
        ("waiting/*.sealed", "which waits to be sent"),
        ("history/*.sealed", "What you kept"),
        ("questionnaire/*.sealed", "What you kept"),
    ],
)
def test_a_damaged_file_keeps_nothing_else_from_being_taken(
    person: Recorded, files: str, words: str
) -> None:
    """It is named."""
    person.give(Scope.COHORT)
    person.check()
    if files.endswith(".sealed"):
        damaged = person.folder / files.replace("*", "0" * 32)
        damaged.parent.mkdir(exist_ok=True)
        damaged.write_bytes(b"")
    path = min(person.folder.glob(files))
    path.write_bytes(b"?")
    bundle = taken(person)
    assert words in said(bundle, "What is held and could not")
    assert path.name in said(bundle, "What is held and could not")
    assert len([each for each in of_kind(bundle, "Observation") if "hasMember" in each]) == 1


def test_a_server_that_is_away_keeps_nothing_else_from_being_taken(person: Recorded) -> None:
    """It is said that the trend is missing, and why."""
    person.give(Scope.TREND)
    person.check()
    person.server.down = True
    bundle = taken(person)
    assert "localhost:8443 did not answer" in said(bundle, "What is held and could not")
    assert "UNREACHABLE" in said(bundle, "What is held and could not")
    assert len(of_kind(bundle, "RiskAssessment")) == 1


def test_without_the_ledger_the_records_still_tell(person: Recorded) -> None:
    """That a check was sent, and every consent with its receipt."""
    person.check()
    clear_ledger(person.world)
    bundle = taken(person)
    assert not of_kind(bundle, "Observation")
    assert "a check was sent to localhost:8443" in said(bundle, "What this laptop holds")
    assert len(of_kind(bundle, "Consent")) == 2


def test_what_was_withdrawn_is_told_as_withdrawn(person: Recorded) -> None:
    """The consents hold no more, and the erasure's statement goes along."""
    person.check()
    withdraw_all(person.world)
    bundle = taken(person)
    assert {each["status"] for each in of_kind(bundle, "Consent")} == {"inactive"}
    (document,) = of_kind(bundle, "DocumentReference")
    (path,) = person.world.state.erasure_files()
    assert document["identifier"] == [{"value": path.stem}]
    assert path.read_text() in [content for _, content in attachments(bundle)]
    assert of_kind(bundle, "RiskAssessment")


def test_consents_end_with_their_time(person: Recorded) -> None:
    """Nobody has to be asked for that."""
    person.check()
    person.server.world.clock.pause(8 * 24 * 3600)
    assert {each["status"] for each in of_kind(taken(person), "Consent")} == {"inactive"}


def test_a_check_in_the_history_is_told_once(person: Recorded) -> None:
    """By its number or its figures; one that was scored here is told beside it."""
    state = person.world.state
    history_of(state).turn(on=True)
    person.check(2.0)
    (kept,) = history_of(state).read().entries
    assert keep_check(state, kept.summary, kept.feedback, kept.time) is HistoryOutcome.KEPT
    assert keep_check(state, summary_at(1.0), kept.feedback, kept.time) is HistoryOutcome.KEPT
    notes = [
        each["note"][0]["text"]
        for each in of_kind(taken(person), "Observation")
        if "hasMember" in each
    ]
    assert sorted(notes) == [
        "It is from the history kept on the laptop.",
        "It was sent to localhost:8443.",
    ]


def test_the_history_stays_when_the_ledger_goes(person: Recorded) -> None:
    """The figures and the words are still there, once."""
    history_of(person.world.state).turn(on=True)
    person.check(2.0)
    clear_ledger(person.world)
    bundle = taken(person)
    assert len([each for each in of_kind(bundle, "Observation") if "hasMember" in each]) == 1
    assert len(of_kind(bundle, "RiskAssessment")) == 1


def test_answers_are_taken_along_once(person: Recorded) -> None:
    """Kept ones, and those that wait to go along for research unless they are kept too."""
    state = person.world.state
    some, others = Answers((1,) * 9, 2), Answers((0,) * 9, None)
    kept_questionnaires(state).keep(some, START - 60)
    for answers, totals in ((some, [9]), (others, [9, 0])):
        waiting = AddedAnswers(
            ResearchAnswers(answers.items, answers.difficulty, 0), START - 30, "digest"
        )
        answers_for_research(state).add(waiting)
        responses = of_kind(taken(person), "QuestionnaireResponse")
        assert [each["item"][-1]["answer"][0]["valueInteger"] for each in responses] == totals


def test_a_total_that_waits_is_taken_along(person: Recorded) -> None:
    """As what the person entered, on the day they filled it in, and as no response."""
    state = person.world.state
    answers_for_research(state).add(AddedAnswers(ResearchTotal(17, 0), START - 30, "digest"))
    bundle = taken(person)
    (found,) = of_kind(bundle, "Observation")
    assert (found["valueInteger"], found["effectiveDateTime"]) == (17, instant(START - 30))
    assert found["performer"] == [found["subject"]]
    assert of_kind(bundle, "QuestionnaireResponse") == []


def test_everything_is_said_in_japanese(person: Recorded) -> None:
    """The bundle's own words; a feedback stays in the language it came in."""
    person.give(Scope.TREND)
    person.check()
    bundle = checked(json.loads(take_out(replace(person.world, locale="ja"))))
    assert bundle["language"] == "ja"
    assert said(bundle, "このパソコンがあなたについて")
    assert "推移の記録への同意" in said(bundle, "localhost:8443 のサーバーが")
    (panel,) = [each for each in of_kind(bundle, "Observation") if "hasMember" in each]
    assert panel["code"]["text"].startswith("セルフチェック")


def test_it_is_written_to_a_new_file_that_others_cannot_read(
    person: Recorded, tmp_path: Path
) -> None:
    """And never over another."""
    file = tmp_path / "mine.json"
    write_take_out(b"{}", file)
    assert file.read_bytes() == b"{}"
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError) as caught:
        write_take_out(b"other", file)
    assert caught.value.reason == "FILE_EXISTS"
    assert file.read_bytes() == b"{}"
