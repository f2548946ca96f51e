"""The Merkle log of receipts."""
