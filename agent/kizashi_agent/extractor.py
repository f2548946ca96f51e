"""From a frame to what is measured of it: tracker, action-unit head and face figures together.

`extractor_id` names the head and its major version, and with it every figure that the summary
holds: figures of two extractors are never compared. Frames are looked at and forgotten; nothing
of them is written or logged.
"""

import cv2
from kizashi_models.session import open_network
from kizashi_protocol.summary import MODE_STATIC

from kizashi_agent.action_units import ActionUnitHead
from kizashi_agent.face_figures import face_figures
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker, head_pose
from kizashi_agent.measurement import FaceMeasurement, FrameMeasurement

HEAD = "gradient_head"
"""The packaged head that `open_extractor` uses."""


class Extractor:
    """Measures the frames of a recording in order; one recording at a time, one thread.

    Attributes:
        extractor_id: who measures, as summaries and norms name it.
        mode: "static": intensities are absolute, not relative to the recording.
    """

    mode = MODE_STATIC

    def __init__(self, tracker: FaceTracker, head: ActionUnitHead) -> None:
        self.extractor_id = head.extractor_id
        self._tracker = tracker
        self._head = head

    def restart(self) -> None:
        """Forgets the recording; call before the first frame of another."""
        self._tracker.restart()

    def measure(self, frame: Frame) -> FrameMeasurement:
        """What is measured of the next frame of the recording."""
        seen = self._tracker.observe(frame)
        face: FaceMeasurement | None = None
        if seen.landmarks is not None:
            points = seen.landmarks.points
            face = FaceMeasurement(
                action_units=self._head.measure(frame.image, points),
                head_pose=head_pose(points),
                figures=face_figures(frame, seen.landmarks),
            )
        return FrameMeasurement(frame.index, frame.timestamp, seen.faces, face)


def open_extractor() -> Extractor:
    """An extractor with the packaged networks and head: the one place where they are opened.

    From then on OpenCV keeps to one thread in this process, as the networks do: pictures of a few
    hundred pixels gain nothing from a second, and the laptop has other things to do.

    Raises:
        ModelError: a model is missing, damaged, or cannot be used.
    """
    cv2.setNumThreads(1)
    return Extractor(FaceTracker.open(), ActionUnitHead(open_network(HEAD)))
