"""The public door of the protocol: what it shows, and what it does not bring along."""

import subprocess
import sys

import kizashi_protocol

EXPORTED = """
CHECK_VALIDITY CIPHERTEXT_BYTES DIRECTORY_KEY_VALIDITY INTENSITY_UNITS LOCALES MODE_STATIC
NAMING_A_RECIPIENT PLAINTEXT_BYTES PRESENCE_UNITS PROTOCOL_VERSION STANDING
Acknowledged Acknowledgement ActionUnitFigures Band Check ConsentReceipt ConsentRecord ConsentText
Content Directory Envelope Erased ErasureReceipt Feedback HeadMotion Header HelpResource
InvalidConsent InvalidSigner Invite KeyState Label Locale MalformedInvite MalformedMessage Method
Outcome Programme ProtocolError ReceiptKeyEntry RecordingQuality Refusal Reply Report Scope
SealedItem SealingKeyEntry SealingPublicKey Setting SignedCertificate SigningKey Summary Terms
ConsentRecipient Recovery ScopeWithdrawal Trend TrendEntry TrendRequest
UnreadableEnvelope UntrustedDirectory UntrustedLog Withdrawal Withheld
certify_directory_key consent_text countersign fault_of fingerprint key_id_of read_consent
read_erasure read_receipt read_reply read_report seal_item seal_reply seal_report sign_consent
sign_directory seal_trend_entry trend_context
LogKeyEntry Recipient RecipientRole SignedRecipient certify_recipient read_recipient
MalformedShareCode Redeemed Redemption Share ShareCode ShareWithdrawal Shared seal_feedback share_context
NO_HEAD LogEvidence LogHead LogProof ReceiptBundle VerifiedReceipt WitnessedHead cosign
read_log_head read_witnessed_head receipt_leaf sign_log_head verify_bundle verify_evidence
research_context seal_for_research AddedForResearch ResearchAnswers ResearchItem ResearchTotal
verify_logged recovery_tag
verify verify_directory write_erasure write_reply write_report
"""


def test_the_exported_members_are_these() -> None:
    """Adding or removing a public name is a decision, and this is where it shows."""
    assert sorted(kizashi_protocol.__all__) == sorted(EXPORTED.split())


def test_every_exported_member_is_there() -> None:
    """What is announced can be had."""
    assert all(hasattr(kizashi_protocol, name) for name in kizashi_protocol.__all__)


def test_nothing_exported_opens_an_envelope() -> None:
    """Private keys and openers have modules of their own."""
    assert not [name for name in kizashi_protocol.__all__ if "open" in name or "Private" in name]


def test_importing_the_protocol_brings_no_opener() -> None:
    """A fresh interpreter that imports the protocol has loaded no opener."""
    code = "import sys, kizashi_protocol; print(*(n for n in sys.modules if 'kizashi' in n))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "kizashi_protocol.report" in loaded
    assert "kizashi_protocol.open_report" not in loaded
    assert "kizashi_protocol.open_reply" not in loaded
    assert "kizashi_protocol.open_item" not in loaded
    assert "kizashi_protocol.open_research" not in loaded
