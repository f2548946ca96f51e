"""Hands over what was given for research: sealed summaries as files, which the server cannot open.

Files are written in the order of their names, which are random: neither names, nor times, nor the
order on the disk tell which summaries are one person's.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kizashi_protocol.consent import ConsentRecipient, Scope, Terms
from kizashi_protocol.keys import KEY_ID_BYTES
from kizashi_protocol.research import EXPORTED_SUFFIX, MANIFEST_NAME, ResearchManifest
from kizashi_protocol.v1 import exchange_pb2

from kizashi_server.consent_gate import Permission, permit_held
from kizashi_server.errors import KeyFault, ReleaseRefused
from kizashi_server.keys.files import write_private
from kizashi_server.store.holdings_contract import HoldingsStore
from kizashi_server.store.standing_holdings import StandingHolding, read_standing

_NAME_BYTES = 16


def recipient_of(
    researchers: Sequence[ConsentRecipient], fingerprint: bytes | None
) -> ConsentRecipient:
    """Whom an export is for: the one researcher there is, or the one of this fingerprint.

    Args:
        researchers: those the root certifies for the programme now.
        fingerprint: 32 bytes, or None where nobody was named.

    Raises:
        ReleaseRefused: there is nobody, or several and none was named.
    """
    fitting = [each for each in researchers if fingerprint in (None, each.fingerprint)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(f"{each.name} ({each.fingerprint.hex()})" for each in researchers)
    raise ReleaseRefused(
        f"{len(fitting)} researchers fit",
        "Nothing was handed over: name one researcher with --recipient FINGERPRINT. Certified for "
        f"this programme now: {known or 'nobody'}.",
        reason="RECIPIENT_UNCLEAR",
    )


def items_for(
    found: Sequence[StandingHolding],
    recipient: ConsentRecipient,
    terms: Terms,
    now: int,
    *,
    one_each: bool = False,
) -> list[bytes]:
    """The sealed summaries that may be handed to a researcher, in no order that means anything.

    Left out is whatever rests on a consent that does not hold at this moment or names somebody
    else, and what was sealed to an earlier key.

    Args:
        found: what is kept for research in a programme.
        recipient: who is to receive.
        terms: those of the programme as it is now.
        now: seconds since the epoch.
        one_each: only the newest of each person.
    """
    items: list[bytes] = []
    for each in found:
        decision = permit_held(each.consent, terms, now, each.withdrawn_time)
        if isinstance(decision, Permission) and each.consent.recipient == recipient:
            fitting = [item for item in each.contents if _is_sealed_to(item, recipient)]
            items.extend(fitting[-1:] if one_each else fitting)
    return items


def export(  # noqa: PLR0913, PLR0917 - what is handed over to whom, and where from and to
    folder: Path,
    holdings: HoldingsStore,
    recipient: ConsentRecipient,
    terms: Terms,
    now: int,
    random: Callable[[int], bytes],
    *,
    one_each: bool = False,
) -> ResearchManifest:
    """Writes an export into a new folder, the manifest last: without it, it is not whole.

    Everything that may be handed over, or with `one_each` the newest of each person: then whoever
    measures with it knows that nobody counts twice, and still not who is who.

    Raises:
        KeyFault: the folder is there already, or cannot be written.
        StoreUnavailable: a database resists.
    """
    found = read_standing(holdings, Scope.RESEARCH, terms.programme_id)
    items = items_for(found, recipient, terms, now, one_each=one_each)
    manifest = ResearchManifest(
        programme_id=terms.programme_id,
        root_fingerprint=terms.root_fingerprint,
        recipient=recipient,
        count=len(items),
        date=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d"),
        one_each=one_each,
    )
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise KeyFault(
            f"{folder} is there already",
            f"{folder} is there already and was left as it is. Name a new folder.",
        ) from None
    except OSError as error:
        raise KeyFault(
            f"{folder} cannot be made ({error.strerror})",
            f"{folder} cannot be made ({error.strerror}). Name another folder.",
        ) from None
    named = {random(_NAME_BYTES).hex(): item for item in items}
    for name in sorted(named):
        write_private(folder / f"{name}{EXPORTED_SUFFIX}", named[name])
    write_private(folder / MANIFEST_NAME, manifest.written())
    return manifest


def _is_sealed_to(item: bytes, recipient: ConsentRecipient) -> bool:
    key_id = exchange_pb2.SealedItem.FromString(item).key_id
    return key_id == recipient.fingerprint[:KEY_ID_BYTES]
