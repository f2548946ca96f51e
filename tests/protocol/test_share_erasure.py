"""Erasure receipts: of a check, of its share alone, or of a scope, and of nothing between."""

import pytest
from kizashi_protocol import ErasureReceipt, Scope, read_erasure, write_erasure
from kizashi_protocol.keys import key_id_of

from tests.protocol.values import NOW, RECEIPT_KEY, REPORT_ID

KEYS = {key_id_of(RECEIPT_KEY.public): RECEIPT_KEY.public}
STANDS = {
    (REPORT_ID, None),
    (REPORT_ID, Scope.SHARE),
    (None, Scope.TREND),
    (None, Scope.COHORT),
    (None, Scope.RESEARCH),
}


@pytest.mark.parametrize("report_id", [None, REPORT_ID], ids=["no check", "a check"])
@pytest.mark.parametrize("scope", [None, *Scope])
def test_a_receipt_is_of_one_of_these(report_id: bytes | None, scope: Scope | None) -> None:
    """Written and read it is the same; another pair of check and scope makes none."""
    parts = (report_id, "spring-check", NOW, 30, scope)
    if (report_id, scope) not in STANDS:
        with pytest.raises(ValueError, match="an erasure is"):
            ErasureReceipt(*parts)
        return
    receipt = ErasureReceipt(*parts)
    assert read_erasure(write_erasure(receipt, RECEIPT_KEY), KEYS) == receipt
