"""Where keys are in their lives: properties over any sequence of rotations, retirements and days."""

import dataclasses
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol.directory import KeyState
from kizashi_server.directory.published import bare_directory
from kizashi_server.errors import KeyFault
from kizashi_server.keys.states import (
    SEALING_KEY_GRACE,
    KeyKind,
    Schedule,
    announce,
    retire,
    seed_name,
    seeds_needed,
    with_keys,
)

from tests.protocol.values import directory as example_directory

START = 1_800_000_000
HOUR, DAY = 3600, 24 * 3600
SEAL_UNTIL = START + 90 * DAY
SEALING = example_directory().sealing_keys[0].public.raw


def public(number: int) -> bytes:
    """A key's public bytes, as far as the schedule looks at them."""
    return number.to_bytes(32, "big")


def fresh() -> Schedule:
    """One active key of each kind, numbered 0 to 2."""
    schedule = Schedule(())
    for number, kind in enumerate(KeyKind):
        schedule = announce(
            schedule,
            kind,
            public(number),
            now=START,
            active_time=START,
            seal_until=SEAL_UNTIL,
        )
    return schedule


@dataclass(frozen=True)
class Step:
    """What an operator does after some time."""

    after: int
    act: str
    kind: KeyKind
    announce: int
    which: int


STEPS = st.lists(
    st.builds(
        Step,
        after=st.integers(0, 4 * DAY),
        act=st.sampled_from(["rotate", "retire", "delete", "wait"]),
        kind=st.sampled_from(list(KeyKind)),
        announce=st.sampled_from([0, 1, HOUR, 3 * DAY]),
        which=st.integers(0, 20),
    ),
    max_size=15,
)


def after(schedule: Schedule, step: Step, number: int, now: int) -> Schedule:
    """The schedule after a step; one that is refused changes nothing."""
    if step.act == "rotate":
        return announce(
            schedule,
            step.kind,
            public(number),
            now=now,
            active_time=now + step.announce,
            seal_until=SEAL_UNTIL,
        )
    if step.act == "wait" or not schedule.keys:
        return schedule
    key = schedule.keys[step.which % len(schedule.keys)]
    try:
        return retire(schedule, key.key_id, now=now, delete=step.act == "delete")
    except KeyFault:
        return schedule


def history(steps: list[Step]) -> list[tuple[int, Schedule]]:
    """The schedule after each step, and when."""
    now, schedule, seen = START, fresh(), [(START, fresh())]
    for number, step in enumerate(steps, 3):
        now += step.after
        schedule = after(schedule, step, number, now)
        seen.append((now, schedule))
    return seen


@given(STEPS, st.integers(0, 4 * DAY))
def test_one_key_of_each_kind_is_active_and_never_two(steps: list[Step], later: int) -> None:
    """After any step and at any moment until the next, as long as the directory holds."""
    for now, schedule in history(steps):
        for moment in (now, now + 1, now + later):
            if moment >= SEAL_UNTIL:
                continue
            for kind in KeyKind:
                states = [each.state(moment) for each in schedule.keys if each.kind is kind]
                assert states.count(KeyState.ACTIVE) == 1
                assert states.count(KeyState.PENDING) <= 1


@given(STEPS)
def test_sealing_key_opens_until_its_grace_is_over_and_never_longer_than_was_said(
    steps: list[Step],
) -> None:
    """A delete time never grows; a key that has expired keeps its own unless it is deleted."""
    said: dict[bytes, tuple[int, KeyState | None]] = {}
    for now, schedule in history(steps):
        for key in schedule.keys:
            if key.kind is not KeyKind.SEALING:
                continue
            time, state = key.delete_time(now), key.state(now)
            before, state_before = said.get(key.key_id, (time, None))
            assert time <= before
            if state_before is KeyState.EXPIRED:
                assert (time, key.expire_time) == (before, key.expire_time)
            if state is KeyState.EXPIRED and time < key.last_delete_time:
                assert key.expire_time is not None
                assert time == key.expire_time + SEALING_KEY_GRACE
            said[key.key_id] = (time, state)


@given(STEPS)
def test_key_only_moves_on(steps: list[Step]) -> None:
    """Pending, active, expired, gone: no key goes back, whatever is done."""
    order = [KeyState.PENDING, KeyState.ACTIVE, KeyState.EXPIRED]
    reached: dict[bytes, int] = {}
    for now, schedule in history(steps):
        present = {
            key.key_id: order.index(state)
            for key in schedule.keys
            if (state := key.state(now)) is not None
        }
        for key_id, place in reached.items():
            assert present.get(key_id, 3) >= place
        reached = {key_id: present.get(key_id, 3) for key_id in {*reached, *present}}


@given(STEPS)
def test_what_signs_and_what_opens_keeps_its_seed(steps: list[Step]) -> None:
    """Sealing keys until they are gone; receipt and log keys until they have expired."""
    for now, schedule in history(steps):
        for key in schedule.keys:
            state = key.state(now)
            signs = state in (KeyState.PENDING, KeyState.ACTIVE)
            opens = key.kind is KeyKind.SEALING and state is not None
            needed = seed_name(key.kind, key.key_id) in seeds_needed(schedule, now)
            assert needed == (signs or opens)


def rotated(kind: KeyKind, pause: int = HOUR, now: int = START + DAY) -> Schedule:
    """The first schedule with a successor, key 9, of one kind."""
    return announce(
        fresh(), kind, public(9), now=now, active_time=now + pause, seal_until=SEAL_UNTIL
    )


def states(schedule: Schedule, kind: KeyKind, now: int) -> dict[int, str | None]:
    """The state of each key of a kind, by its number."""
    return {
        int.from_bytes(each.public): each.state(now) for each in schedule.keys if each.kind is kind
    }


def test_successor_takes_over_in_one_second() -> None:
    """Listed at once, used from its time on; the old one opens for seven days more."""
    schedule, now = rotated(KeyKind.SEALING), START + DAY
    over = now + HOUR
    assert states(schedule, KeyKind.SEALING, over - 1) == {0: "active", 9: "pending"}
    assert states(schedule, KeyKind.SEALING, over) == {0: "expired", 9: "active"}
    gone = over + SEALING_KEY_GRACE
    assert states(schedule, KeyKind.SEALING, gone - 1)[0] == "expired"
    assert states(schedule, KeyKind.SEALING, gone) == {0: None, 9: "active"}


def test_key_that_expires_at_the_very_end_opens_no_longer_than_was_said() -> None:
    """Its successor takes over after the directory has ended; the day announced stands."""
    schedule = rotated(KeyKind.SEALING, pause=2 * DAY, now=SEAL_UNTIL - DAY)
    key = schedule.keys[0]
    assert key.delete_time(SEAL_UNTIL + 2 * DAY) == SEAL_UNTIL + SEALING_KEY_GRACE


@pytest.mark.parametrize("kind", [KeyKind.RECEIPT, KeyKind.LOG])
def test_what_verifies_stays_listed(kind: KeyKind) -> None:
    """Years later, so that an old receipt can be checked."""
    schedule = rotated(kind)
    assert set(states(schedule, kind, START + 3650 * DAY).values()) == {"expired", "active"}


def test_new_announcement_takes_the_place_of_one_that_is_pending() -> None:
    """It has its whole time to become known; the one before was never used."""
    schedule, now = rotated(KeyKind.RECEIPT), START + DAY + 60
    again = announce(
        schedule,
        KeyKind.RECEIPT,
        public(10),
        now=now,
        active_time=now + HOUR,
        seal_until=SEAL_UNTIL,
    )
    assert states(again, KeyKind.RECEIPT, now) == {1: "active", 10: "pending"}
    assert states(again, KeyKind.RECEIPT, now + HOUR) == {1: "expired", 10: "active"}


def test_retired_key_hands_over_at_once() -> None:
    """To the successor that was announced; without one it may not be retired."""
    now = START + DAY + 60
    schedule = retire(rotated(KeyKind.SEALING), fresh().keys[0].key_id, now=now, delete=False)
    assert states(schedule, KeyKind.SEALING, now) == {0: "expired", 9: "active"}
    with pytest.raises(KeyFault, match="only sealing key") as caught:
        retire(fresh(), fresh().keys[0].key_id, now=now, delete=True)
    assert "keys rotate --kind sealing" in caught.value.person


def test_deleted_key_is_gone_at_once() -> None:
    """From the schedule, whatever state it was in, and its seed with it."""
    now = START + DAY + 60
    key_id = fresh().keys[0].key_id
    schedule = retire(rotated(KeyKind.SEALING), key_id, now=now, delete=True)
    assert schedule.find(key_id) is None
    assert seed_name(KeyKind.SEALING, key_id) not in seeds_needed(schedule, now)
    expired = rotated(KeyKind.SEALING, pause=0)
    with pytest.raises(KeyFault, match="expired already"):
        retire(expired, key_id, now=now, delete=False)
    assert retire(expired, key_id, now=now, delete=True).find(key_id) is None


def test_pending_key_that_is_retired_leaves_the_active_one_in_use() -> None:
    """As if it had never been announced; in particular its delete time is what it was."""
    now = START + DAY + 60
    schedule = retire(
        rotated(KeyKind.SEALING), rotated(KeyKind.SEALING).keys[-1].key_id, now=now, delete=False
    )
    assert schedule == fresh()


@pytest.mark.parametrize("delete", [False, True])
def test_unknown_key_is_not_retired(delete: bool) -> None:
    """Nor is one that is gone."""
    with pytest.raises(KeyFault, match="no key has the id"):
        retire(fresh(), bytes(16), now=START, delete=delete)
    over = SEAL_UNTIL + SEALING_KEY_GRACE
    with pytest.raises(KeyFault, match="no key has the id"):
        retire(fresh(), fresh().keys[0].key_id, now=over, delete=delete)


def test_directory_lists_what_the_schedule_says() -> None:
    """Each kind with its state, sealing keys with their delete time; what is gone is not there."""
    schedule = Schedule(
        tuple(
            dataclasses.replace(each, public=SEALING) if each.kind is KeyKind.SEALING else each
            for each in rotated(KeyKind.LOG, pause=0).keys
        )
    )
    bare = bare_directory(bytes(32), now=START, expire_time=SEAL_UNTIL)
    now = START + DAY
    listing = with_keys(bare, schedule, now)
    assert [(each.state, each.delete_time) for each in listing.sealing_keys] == [
        (KeyState.ACTIVE, SEAL_UNTIL + SEALING_KEY_GRACE)
    ]
    assert [each.state for each in listing.receipt_keys] == [KeyState.ACTIVE]
    assert [each.state for each in listing.log_keys] == [KeyState.EXPIRED, KeyState.ACTIVE]
    assert with_keys(listing, schedule, SEAL_UNTIL + SEALING_KEY_GRACE).sealing_keys == ()
