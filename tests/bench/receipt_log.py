"""What the log adds to a reply, as it grows; prints milliseconds and asserts nothing.

usage: python -m tests.bench.receipt_log [ENTRIES]

A log in a SQLite file of its own is filled to each size; then replies with two receipts each are
entered one by one, each on the disk before the next, with the proofs and the head a laptop gets.
Beside it stand the time of a published head with a consistency proof, and of `log verify`'s work.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kizashi_protocol import Reply, SigningKey, Withheld, key_id_of
from kizashi_server.log.check import StoredLog, check_log
from kizashi_server.log.receipt_log import ReceiptLog
from kizashi_server.store.database import open_log_store

SIZES = (100, 1_000, 10_000, 100_000)
REPLIES = 50
KEY = SigningKey.from_seed(b"l" * 32)
"""A test key."""


def main() -> None:
    """Prints a line for each size."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    with tempfile.TemporaryDirectory() as folder:
        store = open_log_store(Path(folder) / "log.sqlite")
        log = ReceiptLog(store, lambda: int(time.time()), os.urandom)
        print("entries    a reply's two receipts    a published head    log verify")
        for size in (each for each in SIZES if each <= largest):
            while (missing := size - store.size()) > 0:
                store.append([os.urandom(32) for _ in range(min(missing, 5_000))])
            reply = _median(partial(_enter, log, size // 2))
            head = _median(partial(log.shown, size // 3, KEY))
            start = time.perf_counter()
            findings = check_log(StoredLog.read(store), {key_id_of(KEY.public): KEY.public})
            whole = time.perf_counter() - start
            print(f"{size:7,}    {reply:19.2f} ms    {head:13.2f} ms    {whole:8.2f} s", findings)
        store.close()


def _enter(log: ReceiptLog, log_size: int) -> None:
    receipts = (os.urandom(1200).hex(), os.urandom(1200).hex())
    log.entered(Reply(Withheld(), receipts), log_size, KEY)


def _median(work: Callable[[], object]) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(REPLIES):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    main()
