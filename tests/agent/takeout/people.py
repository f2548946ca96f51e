"""A person whose messages are recorded, behind whom a real server's code answers."""

import os
from dataclasses import replace

from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.ledger.recording import LedgerRecorder

from tests.agent.submit.standing.in_process import Person


class Recorded(Person):
    """Somebody whose laptop keeps its ledger."""

    @property
    def world(self) -> Surroundings:
        """What their commands may touch, the ledger too."""
        world = super().world
        recorder = LedgerRecorder(world.ledger(), world.now)
        return replace(world, recorder=recorder, random_bytes=os.urandom)
