"""An independent eye on a server's log: heads that somebody else has seen and signed too."""
