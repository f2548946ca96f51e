"""From a summary to feedback: identity, trust, transport and the sealed exchange."""
