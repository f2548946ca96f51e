"""From frames to observations: the detector when needed, the landmark network on every frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from kizashi_models.session import open_network
from numpy.typing import NDArray

from kizashi_agent.frames import Frame
from kizashi_agent.landmarks.crop import Region, region_of_points
from kizashi_agent.landmarks.detector import FaceDetector
from kizashi_agent.landmarks.face_landmarker import FaceLandmarker
from kizashi_agent.landmarks.following import Following, advance, choose, is_face, must_detect
from kizashi_agent.landmarks.observations import Detection, FaceObservation, Landmarks

# Half a second at 30 frames a second: soon enough to notice somebody who joins.
DETECT_EVERY = 15


class FaceTracker:
    """Follows one face through a recording and counts the others.

    One tracker a recording; call `restart` before another. Not for several threads at once.

    Args:
        detector, landmarker: the two networks' users.
        follow: True looks where the face was in the frame before. False finds it anew in each
            frame, as MediaPipe's IMAGE mode does: slower, and no frame depends on another.
        detect_every: the detector runs at least once in this many frames.
    """

    def __init__(
        self,
        detector: FaceDetector,
        landmarker: FaceLandmarker,
        *,
        follow: bool = True,
        detect_every: int = DETECT_EVERY,
    ) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self._detect_every = detect_every if follow else 1
        self._follow = follow
        self._state = Following()

    @classmethod
    def open(
        cls,
        directory: Path | None = None,
        *,
        follow: bool = True,
        detect_every: int = DETECT_EVERY,
    ) -> FaceTracker:
        """A tracker with the packaged networks, or those of a directory.

        Raises:
            ModelError: a network is missing, damaged, or cannot be opened.
        """
        return cls(
            FaceDetector(open_network("face_detector", directory)),
            FaceLandmarker(open_network("face_mesh", directory)),
            follow=follow,
            detect_every=detect_every,
        )

    def restart(self) -> None:
        """Forget the face that was followed."""
        self._state = Following()

    def observe(self, frame: Frame) -> FaceObservation:
        """What is in the next frame of the recording."""
        landmarks, detections = self._find(frame.image)
        self._state = advance(self._state, landmarks, detections)
        return FaceObservation(
            index=frame.index,
            timestamp=frame.timestamp,
            width=frame.width,
            height=frame.height,
            landmarks=landmarks if is_face(landmarks) else None,
            faces=self._state.faces,
            boxes=self._state.boxes,
        )

    def _find(
        self, image: NDArray[np.uint8]
    ) -> tuple[Landmarks | None, Sequence[Detection] | None]:
        """The followed face's landmarks, and what the detector found if it ran.

        A face that is lost is looked for in the same frame, so that a quick movement costs no
        frame.
        """
        state = self._state
        landmarks: Landmarks | None = None
        detections: Sequence[Detection] | None = None
        if must_detect(state, self._detect_every):
            detections = self._detector.detect(image)
        if self._follow and state.region is not None:
            landmarks = self._landmarker.place(image, state.region)
        if not is_face(landmarks):
            if detections is None:
                detections = self._detector.detect(image)
            landmarks = self._place_anew(image, choose(detections, state.box))
        return landmarks, detections

    def _place_anew(self, image: NDArray[np.uint8], region: Region | None) -> Landmarks | None:
        """Landmarks of a face just detected.

        When following, they are placed a second time from the points of the first: a detection
        frames the face more tightly than its landmarks do, which moves points by about 2 pixels
        in a face of 250. So the first frame, and a still, are measured like all others.
        """
        if region is None:
            return None
        landmarks = self._landmarker.place(image, region)
        if self._follow and is_face(landmarks):
            landmarks = self._landmarker.place(image, region_of_points(landmarks.points))
        return landmarks
