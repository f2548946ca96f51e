"""Make the demonstration clip: a portrait that is free to ship, moved along a commanded course.

Run in an environment of its own (demo-clip-requirements.txt says how). Writes
self_introduction.mp4 and, beside it, self_introduction.json: what was commanded and when, where
the portrait is from, the clip's digest, and what of it cannot be true.

Steps: take scikit-image's `astronaut` (NASA, public domain); place the agent's own landmarks on
it; cut it into triangles; turn the head level; take the smile down for a neutral face; move lips,
jaw and lids along demo_clip_course.py with a sway of the head; put teeth, mouth and eyes behind
the skin; add camera noise; encode. The same versions give the same bytes, networks included: the
clip in the agent was made when they were MediaPipe's 478-point ones, so a new one differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import skimage.data
from demo_clip_course import (
    FRAMES,
    FRAMES_PER_SECOND,
    SECONDS,
    amount,
    as_truth,
    head_motion,
)
from demo_clip_face import LEVELLED_DEGREES, Command, Face
from demo_clip_picture import ENLARGEMENT, HEIGHT, WIDTH, Painter
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker
from numpy.typing import NDArray

NAME = "self_introduction"
SEED = 1
# Standard deviation of the camera noise, in grey levels: what a laptop's camera shows in a room.
NOISE = 1.5
# x264's scale of quality; smaller is better and larger to ship.
QUALITY = "19"
PORTRAIT_SHA256 = "a8c429c18afa7b0fd5673e598d73a21225d94c864a71bbb3885126fdecb41071"
PACKAGES = ("scikit-image", "scipy", "av", "opencv-python-headless", "onnxruntime", "numpy")

CREDIT = "Portrait of the astronaut Eileen Collins: NASA, public domain, by way of scikit-image."
NOT_TRUE = (
    (
        "No muscle moves: landmarks of one photograph are warped, and the person never made these "
        "movements, spoke these words or took part in this project."
    ),
    (
        "No wrinkle, fold or bulge of skin forms, save that two smile folds fade with the smile; "
        "action units that show only as texture (AU06, AU09, AU14) cannot be read from it."
    ),
    (
        "The photograph nods by about 15 degrees; its pitch is levelled by a warp, so the shape of "
        "nose, chin and neck is not the person's."
    ),
    (
        "The photograph smiles broadly; the neutral face, closed lips included, is that smile warped "
        "down, and the truth is relative to that neutral face and to nothing else."
    ),
    "The inside of the mouth is painted; only the upper front teeth are the photograph's.",
    "There is no sound, and the jaw follows no real speech.",
    "One adult woman in one light: nothing about other people can be concluded from it.",
)


def portrait() -> NDArray[np.uint8]:
    """(512, 512, 3) uint8, blue, green, red; exits if it is not the picture this was made for."""
    picture = skimage.data.astronaut()
    found = hashlib.sha256(picture.tobytes()).hexdigest()
    if found != PORTRAIT_SHA256:
        raise SystemExit(f"scikit-image's astronaut has changed: sha256 {found}")
    return np.ascontiguousarray(picture[..., ::-1])


def face_of(picture: NDArray[np.uint8]) -> Face:
    """The face in a portrait, by the agent's own networks."""
    landmarks = FaceTracker.open().observe(Frame(0, 0.0, picture)).landmarks
    if landmarks is None:
        raise SystemExit("no face was found in the portrait")
    return Face(landmarks.points.astype(np.float64), picture.shape[1], picture.shape[0])


def frame_at(
    index: int, face: Face, painter: Painter, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One frame of the clip, noise included."""
    time = index / FRAMES_PER_SECOND
    motion = head_motion(time)
    command = Command(
        smile=amount("AU12", time), jaw=amount("AU26", time), blink=amount("AU45", time)
    )
    picture = painter.paint(
        vertices=face.move(command, motion),
        still=face.move(Command(smile=1, jaw=0, blink=0), motion),
        awake=face.move(Command(command.smile, command.jaw, blink=0), motion),
        command=command,
    )
    grey = rng.normal(0, NOISE, (HEIGHT, WIDTH, 1))
    colour = rng.normal(0, NOISE / 3, (HEIGHT, WIDTH, 3))
    return np.clip(np.rint(picture + grey + colour), 0, 255).astype(np.uint8)


def encode(path: Path, face: Face, painter: Painter) -> None:
    """Draws and writes every frame: H.264 without B-frames, so that frame n is shown at n/30 s."""
    rng = np.random.default_rng(SEED)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = {"crf": QUALITY, "preset": "slow", "bf": "0", "threads": "1"}
        for index in range(FRAMES):
            picture = frame_at(index, face, painter, rng)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())


def card(clip: Path) -> dict[str, Any]:
    """What is written beside the clip."""
    return {
        "file": clip.name,
        "sha256": hashlib.sha256(clip.read_bytes()).hexdigest(),
        "width": WIDTH,
        "height": HEIGHT,
        "frames": FRAMES,
        "frames_per_second": FRAMES_PER_SECOND,
        "seconds": SECONDS,
        "credit": CREDIT,
        "licence": "public domain (portrait); Apache-2.0 (what was made of it)",
        "endorsement": "Neither NASA nor the person shown endorses this project.",
        "source": {
            "picture": "skimage.data.astronaut(), from NASA's Great Images, flic.kr/p/r9qvLn",
            "pixels_sha256": PORTRAIT_SHA256,
        },
        "made": {
            "script": "models/training/make_demo_clip.py",
            "seed": SEED,
            "packages": {name: version(name) for name in PACKAGES},
            "enlargement": ENLARGEMENT,
            "levelled_degrees": LEVELLED_DEGREES,
            "noise_grey_levels": NOISE,
        },
        "cannot_be_true": list(NOT_TRUE),
        "truth": as_truth(),
    }


def written(values: dict[str, Any]) -> str:
    """JSON with each list of numbers on one line."""
    text = json.dumps(values, indent=1, ensure_ascii=False)
    return re.sub(r"\[[\d.,\s]+\]", lambda found: re.sub(r"\s+", "", found[0]), text) + "\n"


def main() -> None:
    """Make the clip and its card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the clip and its card")
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    picture = portrait()
    face = face_of(picture)
    clip = folder / f"{NAME}.mp4"
    encode(clip, face, Painter(picture, face))
    (folder / f"{NAME}.json").write_text(written(card(clip)), encoding="utf-8")
    print(f"{clip}: {clip.stat().st_size} bytes")


if __name__ == "__main__":
    main()
