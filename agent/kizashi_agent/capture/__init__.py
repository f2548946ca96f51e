"""From a file or a camera to frames, in memory only."""

from kizashi_agent.capture.camera import Camera
from kizashi_agent.capture.source import FrameSource
from kizashi_agent.capture.video_file import VideoFile

__all__ = ["Camera", "FrameSource", "VideoFile"]
