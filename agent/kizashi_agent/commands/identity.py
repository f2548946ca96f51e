"""Backs up a participant's keys and records, and restores them."""

from pathlib import Path

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.errors import StateError
from kizashi_agent.identity.container import (
    LONGEST_FILE,
    BackupDamaged,
    open_backup,
    seal_backup,
)
from kizashi_agent.identity.contents import Identity
from kizashi_agent.new_file import write_new
from kizashi_agent.submit.standing import restored_programmes, standing_consents


def back_up(surroundings: Surroundings, file: Path, passphrase: str) -> Identity:
    """Writes a backup to a new file, mode 0600; returns what is in it.

    Raises:
        StateError: there is nothing to back up, a record is damaged, the file is there already, or
            the passphrase is too short.
        OSError: it cannot be written.
    """
    state = surroundings.state
    with state.files.sole():
        seed = state.seeds.read()
        for damaged in state.damaged_checks():
            raise damaged
        if seed is None:
            raise StateError(
                "there is no seed to back up",
                "There is nothing to back up: this laptop has no keys, because nothing that could "
                "be withdrawn was sent from it.",
                reason="NOTHING_TO_BACK_UP",
            )
        standing = tuple(standing_consents(state).every())
        identity = Identity(seed, state.invite(), tuple(state.checks()), standing)
    sealed = seal_backup(identity.encode(), passphrase, surroundings.random_bytes)
    try:
        write_new(file, sealed)
    except FileExistsError:
        raise StateError(
            "the backup's file is there already",
            f"{file} is there already and was left as it is. Name another file.",
            reason="BACKUP_EXISTS",
        ) from None
    return identity


def restore(surroundings: Surroundings, file: Path, passphrase: str, *, replace: bool) -> Identity:
    """Puts the seed and the records of a backup on this laptop; returns what was in it.

    Records that are here already are kept as they are. With `replace`, a seed that is here goes,
    and all that belongs to it: without that seed no consent could be withdrawn, and no ledger or
    history read.

    Raises:
        StateError: the file is damaged, the passphrase wrong, or another seed is here.
        OSError: the file cannot be read, or the state not be written.
    """
    identity = Identity.decode(open_backup(_read(file), passphrase))
    state = surroundings.state
    with state.files.sole():
        here = state.seeds.read()
        if here is not None and here != identity.seed:
            if not replace:
                raise _another_seed(len(state.checks()))
            state.forget_everything()
        if here != identity.seed or replace:
            state.replace_seed(identity.seed)
        known = {check.report_id for check in state.checks()}
        for check in identity.checks:
            if check.report_id not in known:
                state.remember_check(check)
        kept = standing_consents(state)
        places = {(each.invite, each.record.scope) for each in kept.every()}
        for consent in identity.standing:
            if (consent.invite, consent.record.scope) not in places:
                kept.keep(consent)
        for invite in identity.invites():
            restored_programmes(state).remember(invite)
        if identity.invite is not None and state.invite() is None:
            state.remember_invite(identity.invite)
    return identity


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        data = opened.read(LONGEST_FILE + 1)
    if len(data) > LONGEST_FILE:
        raise BackupDamaged("a backup is larger than any that was made")
    return data


def _another_seed(checks: int) -> StateError:
    return StateError(
        "another seed is on this laptop",
        f"This laptop has keys of its own, with {checks} checks on record, and was left as it is. "
        "Withdraw all or back them up first; then --replace erases those keys, the records of their "
        "checks and consents, their ledger, history and answers, and puts the backup's in their "
        "place.",
        reason="SEED_WOULD_BE_REPLACED",
    )
