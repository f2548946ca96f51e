"""Whether a feedback may be left for a counsellor: one pure decision over all that comes with it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from kizashi_protocol.consent import ConsentRecipient, ConsentRecord, Scope, Terms
from kizashi_protocol.context import Label
from kizashi_protocol.recipients import Recipient
from kizashi_protocol.report import Share

from kizashi_server.consent_gate import NotPermitted, Permission, permit


def permit_share(  # noqa: PLR0913 - share and consents; the rest is what they must hold for
    share: Share,
    consents: Sequence[ConsentRecord],
    *,
    signers: AbstractSet[bytes],
    terms: Terms,
    counsellors: Sequence[Recipient],
    now: int,
) -> Permission | NotPermitted:
    """Whether a share may be kept, as far as it says so itself; never raises.

    Whether the nonce is the right one, the store knows.

    Args:
        share: as received.
        consents: its consents, whose signatures were checked, in any order.
        signers: public keys (32 bytes each) whose signatures on the report hold.
        terms: those of the programme as it is now.
        counsellors: those of the programme now.
        now: seconds since the epoch.

    Returns:
        The permission, its records being those of share, feedback and score in this order, or a
        refusal: SHARE_ before a reason of `permit`, SIGNATURE_INVALID, SHARE_RECIPIENT_UNKNOWN or
        SHARE_SIZE.
    """
    permission = permit(consents, Scope.SHARE, terms, share.report_id, now)
    if isinstance(permission, NotPermitted):
        return NotPermitted(f"SHARE_{permission.reason}", permission.scope)
    sharing, _, scoring = permission.records
    if not {sharing.subject, scoring.subject} <= signers:
        return NotPermitted("SIGNATURE_INVALID", Scope.SHARE)
    named = [each for each in counsellors if _is_named(each, sharing.recipient)]
    if share.sealed.key_id not in [each.public.key_id for each in named]:
        return NotPermitted("SHARE_RECIPIENT_UNKNOWN", Scope.SHARE)
    if not share.sealed.is_sized_for(Label.SHARED_FEEDBACK):
        return NotPermitted("SHARE_SIZE", Scope.SHARE)
    return permission


def _is_named(counsellor: Recipient, named: ConsentRecipient | None) -> bool:
    return named == ConsentRecipient(counsellor.name, counsellor.fingerprint)
