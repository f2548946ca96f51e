"""What a person is asked and shown on a terminal, in English and Japanese."""
