"""The study kit: for researchers who repeat the study with their own consenting people."""
