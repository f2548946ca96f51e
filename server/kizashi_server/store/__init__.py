"""What the server remembers of reports, so that each is answered once and no more is kept."""
