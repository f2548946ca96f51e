"""The server: opens sealed reports, scores with consent, seals the answer."""
