"""The messages that this laptop sent and received, kept encrypted for the person alone.

Every one of them, the exact bytes, but for two kinds: those of a command that keeps nothing on the
laptop, and looks at a directory before there is a ledger that no message about the person followed
(`recording`).
"""
