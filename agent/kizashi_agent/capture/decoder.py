"""FFmpeg inside OpenCV kept quiet and offline.

OpenCV and FFmpeg print whole paths and decoder gossip to the standard error stream; what matters
of it comes back as an `InputError` that says what to do. FFmpeg can also follow a name inside a
file to the network; `is_video_container` turns such files away, and the allow-list here makes
sure of it should a crafted file pass for a video.
"""

import os

import cv2

_SETTINGS = {
    # OpenCV reads the level only with its debug switch on, once, as its FFmpeg backend starts.
    "OPENCV_FFMPEG_DEBUG": "1",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # AV_LOG_QUIET in FFmpeg's libavutil/log.h
    # FFmpeg's option of that name: the one protocol is the local file.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "protocol_whitelist;file",
}


def restrain_decoder() -> None:
    """Turns messages and network off, for the process; call before a capture is opened."""
    os.environ.update(_SETTINGS)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
