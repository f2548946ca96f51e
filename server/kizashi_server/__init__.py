"""The server: opens sealed reports, scores with consent, seals the answer."""

import os

# gRPC's core writes lines of its own to stderr, some with the addresses of callers. It reads this
# when it is first imported, so it is set before any module of this package can do so.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
