"""Runs an agent's program as it is, with watchers that note what must not get out and what did.

usage: python -m tests.prove.watched_agent EVIDENCE LEAK PROGRAM WORDS...

EVIDENCE receives `fingerprints.npy`, of every frame, its crops, its landmarks, the aligned face and
its features; `sealed-N`, each plaintext handed to the sealer; `sent-N`, each message handed to the
transport, and `received-N`, each that it gave back. PROGRAM is `kizashi` or `kizashi-witness`. LEAK is
"none", or the name of a fault to plant, which the checks must catch; the faults
exist in this file alone.
"""

import base64
import importlib
import itertools
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
from kizashi_agent import cli
from kizashi_agent.action_units.aligned_face import AlignedFace
from kizashi_agent.capture import VideoFile
from kizashi_agent.command_line.witness import app as witness
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceObservation, FaceTracker
from kizashi_agent.landmarks.crop import Cropper
from kizashi_agent.submit import exchange
from kizashi_protocol import envelope, write_report
from kizashi_protocol.keys import SUITE

from tests.prove.pictures import Fingerprints, fingerprints

LEAKS = (
    "png-file",
    "raw-file",
    "sealed-jpeg",
    "sealed-base64",
    "sealed-landmarks",
    "sealed-aligned",
    "sealed-features",
    "log-hex",
    "other-host",
)
# By its path: the package has a function of that name.
FEATURES = importlib.import_module("kizashi_agent.action_units.features")
_PIECE = 2000
"""Bytes of a planted leak, small enough to fit an envelope."""


class Watch:
    """Collects fingerprints and messages; keeps the last of each picture for a planted leak."""

    def __init__(self, evidence: Path) -> None:
        self.evidence = evidence
        self.seen: list[Fingerprints] = []
        self.crop = np.zeros((64, 64, 3), np.uint8)
        self.points = np.zeros((468, 3), np.float32)
        self.aligned = b""
        self.features = b""
        self.numbers = itertools.count()

    def measured(self, values: "np.ndarray[Any, Any]") -> None:
        """Remembers a picture, or landmarks, that must not get out."""
        self.seen.append(fingerprints(np.ascontiguousarray(values).tobytes()))

    def message(self, kind: str, data: bytes) -> None:
        """Keeps a message that is about to go out."""
        (self.evidence / f"{kind}-{next(self.numbers):03d}").write_bytes(data)

    def install(self) -> None:
        """Puts the watchers where pictures come in and messages go out."""
        self._watch_crops()
        self._watch_measurements()
        frames = VideoFile.__iter__

        def watched_frames(source: VideoFile) -> Iterator[Frame]:
            for frame in frames(source):
                self.measured(frame.image)
                yield frame

        _replace(VideoFile, "__iter__", watched_frames)
        _replace(envelope, "SUITE", _WatchedSuite(self))
        _replace(grpc, "secure_channel", _watched_channel(self, grpc.secure_channel))

    def _watch_crops(self) -> None:
        cut, cut_bytes = Cropper.cut, Cropper.cut_bytes

        def watched_cut(cropper: Cropper, *words: Any) -> Any:
            crop = cut(cropper, *words)
            self.measured(crop)
            return crop

        def watched_cut_bytes(cropper: Cropper, *words: Any) -> Any:
            crop = cut_bytes(cropper, *words)
            self.crop = crop[0].copy()
            for form in (self.crop, self.crop[..., ::-1]):
                self.measured(form)
            return crop

        _replace(Cropper, "cut", watched_cut)
        _replace(Cropper, "cut_bytes", watched_cut_bytes)

    def _watch_measurements(self) -> None:
        observe, features_of = FaceTracker.observe, FEATURES.features_of

        def watched_observe(tracker: FaceTracker, frame: Frame) -> FaceObservation:
            seen = observe(tracker, frame)
            if seen.landmarks is not None:
                self.points = seen.landmarks.points
                self.measured(self.points)
            return seen

        def watched_features(face: AlignedFace) -> Any:
            row = features_of(face)
            for values in (face.picture, face.points, row):
                self.measured(values)
            self.aligned, self.features = face.picture.tobytes(), row.tobytes()
            return row

        _replace(FaceTracker, "observe", watched_observe)
        _replace(FEATURES, "features_of", watched_features)

    def plant(self, leak: str) -> None:
        """Makes the agent leak a crop when it writes its first report."""

        def leaking(*words: Any) -> bytes:
            return write_report(*words) + self._leak(leak)

        _replace(exchange, "write_report", leaking)

    def _leak(self, how: str) -> bytes:
        raw = np.ascontiguousarray(self.crop).tobytes()
        middle = raw[len(raw) // 2 : len(raw) // 2 + _PIECE]
        if how == "png-file":
            cv2.imwrite(f"{tempfile.gettempdir()}/leak.dat.png", self.crop)
        elif how == "raw-file":
            (Path.home() / "leak.bin").write_bytes(raw)
        elif how == "log-hex":
            sys.stderr.write(middle.hex())
        elif how == "other-host":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(middle, ("127.0.0.2", 9))
        elif how == "sealed-jpeg":
            return _unknown_field(
                cv2.imencode(".jpg", cv2.resize(self.crop, (48, 48)))[1].tobytes()
            )
        elif how == "sealed-base64":
            return _unknown_field(base64.b64encode(middle))
        elif how == "sealed-landmarks":
            return _unknown_field(self.points.tobytes()[:_PIECE])
        elif how == "sealed-aligned":
            return _unknown_field(self.aligned[len(self.aligned) // 2 :][:_PIECE])
        elif how == "sealed-features":
            return _unknown_field(self.features[len(self.features) // 2 :][:_PIECE])
        return b""

    def finish(self) -> None:
        """Writes the fingerprints for the checker."""
        seen = np.concatenate([np.zeros(0, np.uint64), *self.seen])
        np.save(self.evidence / "fingerprints.npy", np.unique(seen))


class _WatchedSuite:
    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def encrypt(self, plaintext: bytes, *words: Any, **named: Any) -> bytes:
        self.watch.message("sealed", plaintext)
        return SUITE.encrypt(plaintext, *words, **named)


class _WatchedCalls(grpc.UnaryUnaryClientInterceptor):
    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], details: Any, request: Any
    ) -> Any:
        self.watch.message("sent", request)
        answered = continuation(details, request)
        if answered.exception() is None:
            self.watch.message("received", answered.result())
        return answered


def _watched_channel(watch: Watch, opened: Callable[..., grpc.Channel]) -> Any:
    def secure_channel(*words: Any, **named: Any) -> grpc.Channel:
        return grpc.intercept_channel(opened(*words, **named), _WatchedCalls(watch))

    return secure_channel


def _replace(owner: object, name: str, value: object) -> None:
    # The one place where a test puts something in the product's way: it only looks on.
    setattr(owner, name, value)


def _unknown_field(data: bytes) -> bytes:
    # Field 1000, length-delimited: a reader that does not know it skips it without a word.
    length = len(data)
    varint = bytes([length & 0x7F | 0x80, length >> 7]) if length > 127 else bytes([length])
    return b"\xc2\x3e" + varint + data


def main() -> None:
    """Runs the command with the watchers in place."""
    evidence, leak, program, *words = sys.argv[1:]
    watch = Watch(Path(evidence))
    watch.install()
    if leak != "none":
        watch.plant(leak)
    sys.argv = [program, *words]
    try:
        {"kizashi": cli.app, "kizashi-witness": witness}[program]()
    finally:
        watch.finish()


if __name__ == "__main__":
    main()
