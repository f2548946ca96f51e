"""The tag by which a recovery finds a check: its formula, and what it tells without the secret."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_protocol import ErasureReceipt, Scope, recovery_tag

SECRETS = st.binary(min_size=32, max_size=32)
REPORT_IDS = st.binary(min_size=16, max_size=16)


@given(SECRETS, REPORT_IDS)
def test_the_tag_is_the_hmac_of_label_and_id(secret: bytes, report_id: bytes) -> None:
    """Each part after its length in four bytes."""
    label = b"kizashi/v1 recovery tag"
    message = bytes([0, 0, 0, len(label)]) + label + bytes([0, 0, 0, 16]) + report_id
    assert recovery_tag(secret, report_id) == hmac.new(secret, message, hashlib.sha256).digest()


@given(SECRETS, st.lists(REPORT_IDS, min_size=2, max_size=2, unique=True))
def test_two_checks_of_one_person_have_nothing_in_common(secret: bytes, ids: list[bytes]) -> None:
    """Neither a tag nor the secret shows in another."""
    first, second = (recovery_tag(secret, each) for each in ids)
    assert first != second
    assert secret not in (first, second)


@pytest.mark.parametrize("scope", [Scope.FEEDBACK, Scope.SHARE])
def test_no_erasure_is_of_another_scope_of_a_check(scope: Scope) -> None:
    """Score stands for all of a check; what rests on it is not erased apart."""
    assert ErasureReceipt(None, "self-check", 1, 7, Scope.SCORE).report_id is None
    with pytest.raises(ValueError, match="of a check or of a scope"):
        ErasureReceipt(None, "self-check", 1, 7, scope)
