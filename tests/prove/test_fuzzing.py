"""Over 100,000 malformed inputs, none of which crashes anything or yields a score, receipt or key."""

from pathlib import Path

import pytest

from tests.fuzz.campaign import FULL, all_surfaces, run

pytestmark = pytest.mark.proof

REACHED = {
    ("envelope", "ENVELOPE_SIZE"),
    ("report", "SIGNATURE_INVALID"),
    ("directory", "DIRECTORY_ROLLED_BACK"),
    ("directory", "DIRECTORY_MALFORMED"),
    ("sealed", "ENVELOPE_UNREADABLE"),
    ("sealed", "sealed SIGNATURE_INVALID"),
    ("sealed", "sealed REPORT_INVALID"),
    ("sealed", "sealed SUMMARY_INVALID"),
    ("sealed", "sealed CONSENT_INVALID"),
    ("sealed", "sealed CONSENT_MISSING"),
    ("sealed", "sealed CONSENT_AGE"),
    ("sealed", "sealed CONSENT_EXPIRED"),
    ("sealed", "sealed CONSENT_NOT_YET"),
    ("sealed", "sealed CONSENT_OTHER_REPORT"),
    ("sealed", "sealed CONSENT_TERMS_CHANGED"),
    ("sealed", "sealed SCORER_CHANGED"),
    ("sealed", "sealed REPORT_UNKNOWN"),
    ("sealed", "sealed RECOVERY_UNKNOWN"),
    ("sealed", "sealed SHARE_CONSENT_INVALID"),
    ("sealed", "sealed SHARE_CONSENT_MISSING"),
    ("sealed", "sealed SHARE_CONSENT_OTHER_REPORT"),
    ("sealed", "sealed SHARE_NOT_OPENED"),
    ("sealed", "sealed SHARE_UNKNOWN"),
    ("agent", "RECEIPT_INVALID"),
    ("agent", "REPLY_TAMPERED"),
    ("exchange call", "KEY_OUTDATED"),
    ("exchange call", "PROGRAMME_UNKNOWN"),
    ("exchange call", "RESOURCE_EXHAUSTED"),
    ("exchange call", "sealed CONSENT_INVALID"),
    ("directory call", "MALFORMED"),
}
"""How deep the inputs must get: each of these refusals is one that some of them met."""


def test_a_hundred_thousand_malformed_inputs_get_nothing(tmp_path: Path) -> None:
    """Over every surface, a server process among them; what they met is printed and complete."""
    with all_surfaces(tmp_path) as surfaces:
        tally = run(surfaces, FULL, seed=1)
    print(f"\n{tally.table()}")
    assert tally.faults == []
    assert tally.malformed.total() >= 100_000
    assert set(tally.reasons) >= REACHED
