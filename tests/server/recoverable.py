"""Checks that a recovery code reaches, for the server's tests."""

import os
from dataclasses import replace

from kizashi_protocol import ConsentRecord, Scope, recovery_tag

from tests.server.laptop import Change, Sent
from tests.server.world import World

SECRET = b"anna's secret of her checks....."
OTHER_SECRET = b"ben's secret of his checks......"


def tagged(secret: bytes = SECRET) -> Change:
    """Puts the tag of a secret into a consent to score."""

    def change(record: ConsentRecord) -> ConsentRecord:
        if record.scope is not Scope.SCORE or record.report_id is None:
            return record
        return replace(record, recovery_digest=recovery_tag(secret, record.report_id))

    return change


def check(world: World, secret: bytes = SECRET) -> Sent:
    """A check, made now and not sent yet, that the code behind a secret reaches."""
    return world.laptop.check(report_id=os.urandom(16), change=tagged(secret))
