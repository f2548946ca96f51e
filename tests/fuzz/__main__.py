"""Fuzzes every way in.

usage: python -m tests.fuzz [--inputs N] [--seed S] [--surface NAME]

Prints a table of what malformed inputs came to, and every fault. Exits with 1 if there is one.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.campaign import FULL, all_surfaces, run


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=FULL, help="over all surfaces together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--surface", help="only this one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, all_surfaces(Path(name)) as surfaces:
        chosen = [each for each in surfaces if given.surface in {None, each.name}]
        if not chosen:
            parser.error(f"surfaces: {', '.join(each.name for each in surfaces)}")
        begun = time.perf_counter()
        tally = run(chosen, given.inputs, given.seed)
    print(tally.table())
    print(f"seed {given.seed}, {time.perf_counter() - begun:.0f} s")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
