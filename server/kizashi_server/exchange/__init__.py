"""One envelope to its answer: opened, verified, gated, scored, kept, sealed."""
