"""Frames to landmarks: 468 points of the face that is followed.

The networks are MediaPipe's, run in onnxruntime (kizashi_models/networks). The mediapipe package
itself is never imported: it reports usage to its maker at run time. Tests hold the two together.
"""

from kizashi_agent.landmarks.head_pose import head_pose
from kizashi_agent.landmarks.measures import face_width
from kizashi_agent.landmarks.observations import (
    LANDMARK_COUNT,
    Box,
    Detection,
    FaceObservation,
    Landmarks,
)
from kizashi_agent.landmarks.tracking import FaceTracker

__all__ = [
    "LANDMARK_COUNT",
    "Box",
    "Detection",
    "FaceObservation",
    "FaceTracker",
    "Landmarks",
    "face_width",
    "head_pose",
]
