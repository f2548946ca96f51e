"""Whether a file's first bytes are those of a video, before any decoder sees it.

FFmpeg opens far more than videos: pictures, playlists and session descriptions that name other
files or network addresses. The agent talks to nothing but its server, so only containers that
hold their own frames pass.
"""

HEADER_BYTES = 189
"""How much of a file `is_video_container` wants to see: one transport packet and a byte."""

_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""Box types that may stand first in ISO base media and QuickTime files (ISO/IEC 14496-12)."""

_SIGNATURES = (
    b"\x1a\x45\xdf\xa3",  # Matroska and WebM, the EBML header (RFC 8794)
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF: .wmv, .asf
    b"\x00\x00\x01\xba",  # MPEG program stream, a pack header (ISO/IEC 13818-1)
    b"\x00\x00\x01\xb3",  # MPEG-1 and -2 video, a sequence header
    b"OggS",  # Ogg (RFC 3533)
    b"FLV\x01",  # Flash video
)

_TRANSPORT_PACKET_BYTES = 188
_TRANSPORT_SYNC = 0x47  # first byte of every MPEG transport packet (ISO/IEC 13818-1, 2.4.3.2)


def is_video_container(header: bytes) -> bool:
    """Whether `header`, the first `HEADER_BYTES` of a file, belongs to a container we open."""
    if header[:4] == b"RIFF":
        return header[8:12] == b"AVI "
    if header[4:8] in _MP4_BOXES:
        return True
    return header.startswith(_SIGNATURES) or _is_transport_stream(header)


def _is_transport_stream(header: bytes) -> bool:
    return (
        len(header) > _TRANSPORT_PACKET_BYTES
        and header[0] == header[_TRANSPORT_PACKET_BYTES] == _TRANSPORT_SYNC
    )
