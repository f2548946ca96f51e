"""The portrait's landmarks as a mesh, and where its vertices go for a command.

Everything is in pixels of the portrait, x to the right, y down, until a renderer enlarges it.
The movements are smooth fields over the landmarks, written by hand for this one face; only at
the lips and the lids, where skin parts, do upper and lower vertices move on their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from demo_clip_course import HeadMotion
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import Delaunay, cKDTree

Array = NDArray[np.float64]

# Landmark indices of MediaPipe's face mesh; upper and lower run from the portrait's left edge to
# its right one and share their ends.
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
RIGHT_UPPER_LID = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_LOWER_LID = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_UPPER_LID = (362, 398, 384, 385, 386, 387, 388, 466, 263)
LEFT_LOWER_LID = (362, 382, 381, 380, 374, 373, 390, 249, 263)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
# Skin over the upper jaw, which the mouth does not move: the teeth are hung from it.
UPPER_JAW = (1, 2, 4, 5, 6, 98, 97, 326, 327, 197, 195, 168, 129, 358, 48, 278)

# The portrait nods by about 15 degrees; this much of it is turned back.
LEVELLED_DEGREES = 10.0
# Depth about which the head turns, in portrait pixels on the landmarks' own scale.
DEPTH_OF_AXIS = 15.0
# The landmark network sets the inner lip a little inside the teeth: without this, a white seam.
LIP_SEAM = 0.4
# Vertices set between two neighbouring landmarks of a lip or a lid, so that edges curve.
BETWEEN = 4
# How far an expression pulls what lies around the face, portrait pixels.
PULL = 13.0


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """A slit in the skin: mouth or eye.

    Attributes:
        upper: vertices along its upper edge, ends included.
        lower: the same number along its lower edge.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]

    @property
    def loop(self) -> list[int]:
        """Indices once around."""
        return [*self.upper, *self.lower[-2:0:-1]]


@dataclass(frozen=True, slots=True)
class Command:
    """Amounts of each action unit, 0-1."""

    smile: float
    jaw: float
    blink: float


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """The portrait cut into triangles.

    Attributes:
        source: (v, 2) vertices in the portrait; the first 468 are landmarks, then come those
            that make edges curve, then those around the face.
        triangles: (t, 3) indices of vertices; none lies in mouth or eyes.
    """

    source: Array
    triangles: NDArray[np.int32]


class Face:
    """The portrait's face, to be moved.

    Attributes:
        mesh: the portrait cut into triangles.
        mouth: its opening.
        eyes: theirs, the portrait's left one first.
        ear_to_ear: portrait pixels.

    Args:
        points: (468, 3) landmarks of the portrait, its pixels.
        width: of the portrait, pixels.
        height: of the portrait, pixels.
    """

    def __init__(self, points: Array, width: int, height: int) -> None:
        skin = points.copy()
        skin[list(UPPER_LIP[1:-1]), 1] -= LIP_SEAM
        skin[list(LOWER_LIP[1:-1]), 1] += LIP_SEAM
        skin, self.mouth = _curved(skin, UPPER_LIP, LOWER_LIP)
        skin, right_eye = _curved(skin, RIGHT_UPPER_LID, RIGHT_LOWER_LID)
        skin, left_eye = _curved(skin, LEFT_UPPER_LID, LEFT_LOWER_LID)
        self.eyes = (right_eye, left_eye)
        oval = skin[list(OVAL)]
        around = _around(skin[:, :2], width, height)
        self.mesh = _mesh(skin[:, :2], around, (self.mouth, *self.eyes))
        self.ear_to_ear = float(np.linalg.norm(points[234, :2] - points[454, :2]))
        self._spread = _spread(oval[:, :2], around)
        self._solid = np.vstack([skin, np.column_stack([around, self._spread @ oval[:, 2]])])
        self._solid[:, 2] -= DEPTH_OF_AXIS
        self._held = np.concatenate([np.ones(len(skin)), _belongs_to_head(around)])
        self._pulled = np.exp(-((cKDTree(oval[:, :2]).query(around)[0] / PULL) ** 2))
        self._level = self._turned(self._solid, HeadMotion(0, LEVELLED_DEGREES, 0, 0, 0, 1))

    def move(self, command: Command, motion: HeadMotion) -> Array:
        """(v, 2) where the mesh's vertices are for a command."""
        moved = self._level.copy()
        moved[:, :2] += self._expression(command)
        return self._turned(moved, motion)[:, :2]

    def _turned(self, solid: Array, motion: HeadMotion) -> Array:
        """The head turned about its neck; what is not the head stays."""
        neck = np.array([225.0, 180.0, 0.0])
        yaw, pitch, roll = np.radians([motion.yaw, motion.pitch, motion.roll])
        about_x = np.array(
            [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
        )
        about_y = np.array(
            [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
        )
        about_z = np.array(
            [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
        )
        shift = np.array([motion.right, motion.down, 0.0]) * self.ear_to_ear
        turned = (solid - neck) @ (about_z @ about_y @ about_x).T * motion.scale + neck + shift
        return solid + (turned - solid) * self._held[:, np.newaxis]

    def _expression(self, command: Command) -> Array:
        """(v, 2) how an expression displaces the vertices of the levelled face."""
        points = self._level[: -len(self._pulled), :2]
        axes = _axes(points)
        frame = (points - points[13]) @ axes
        moved = frame + _lower_face(frame, command)
        moved += _close_mouth(frame, moved, self.mouth, command)
        for eye in self.eyes:
            moved += _close_eye(frame, eye, command)
        displaced = (moved - frame) @ axes.T
        outside = (self._spread @ displaced[list(OVAL)]) * self._pulled[:, np.newaxis]
        return np.vstack([displaced, outside])


def _axes(points: Array) -> Array:
    """(2, 2) columns: along the eyes, and down the face."""
    along = points[263] - points[33]
    along = along / np.linalg.norm(along)
    return np.column_stack([along, [-along[1], along[0]]])


def _bump(points: Array, centre: Array, reach: float) -> Array:
    return np.exp(-np.sum((points - centre) ** 2, axis=1) / reach**2)


def _smooth(low: float, high: float, values: Array) -> Array:
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def _lower_face(frame: Array, command: Command) -> Array:
    """Corners of the mouth, cheeks and jaw: what moves without parting the skin."""
    corners = frame[[78, 308]]
    half = np.linalg.norm(corners[1] - corners[0]) / 2
    sober = 1 - command.smile
    field = np.zeros_like(frame)
    for corner, side in zip(corners, (1, -1), strict=True):
        reach = _bump(frame, corner, 0.62 * half)
        inward = 0.24 * half * sober + 0.08 * half * command.jaw
        field[:, 0] += side * inward * reach
        field[:, 1] += (0.26 * half * sober + 0.10 * half * command.jaw) * reach
    for cheek in (50, 280):
        field[:, 1] += 0.10 * half * sober * _bump(frame, frame[cheek], 0.8 * half)
    chin = frame[152, 1]
    jaw = _smooth(-0.1 * chin, 0.9 * chin, frame[:, 1])
    jaw *= np.exp(-((frame[:, 0] / (2.1 * half)) ** 2))
    field[:, 1] += 0.36 * half * command.jaw * jaw
    return field


def _edges(opening: Opening, frame: Array) -> tuple[Array, Array]:
    return frame[list(opening.upper)], frame[list(opening.lower)]


def _sides(frame: Array, opening: Opening) -> tuple[NDArray[np.bool_], Array, Array]:
    """Which landmarks lie above an opening, and how far from its edges each one is."""
    upper, lower = _edges(opening, frame)
    x = frame[:, 0]
    upper_y = np.interp(x, upper[:, 0], upper[:, 1])
    lower_y = np.interp(x, lower[:, 0], lower[:, 1])
    above = frame[:, 1] < (upper_y + lower_y) / 2
    above[list(opening.upper)] = True
    above[list(opening.lower[1:-1])] = False
    return above, np.maximum(upper_y - frame[:, 1], 0), np.maximum(frame[:, 1] - lower_y, 0)


def _between(frame: Array, opening: Opening, values: Array) -> Array:
    """Values at the upper edge's landmarks carried to all landmarks by their place along it."""
    along = frame[list(opening.upper), 0]
    return np.interp(frame[:, 0], along, values, left=0.0, right=0.0)


def _close_mouth(frame: Array, moved: Array, mouth: Opening, command: Command) -> Array:
    """Lips brought together from where the smile left them, then parted by the jaw."""
    upper, lower = _edges(mouth, moved)
    half = (upper[-1, 0] - upper[0, 0]) / 2
    place = np.linspace(-1, 1, len(upper))
    gap = lower - upper
    parted = 0.42 * half * command.jaw * (1 - place**2) ** 0.8
    # Nearly shut: a thread of shadow stays between lips that rest on each other.
    closing = np.maximum(gap[:, 1] - 0.35 * (1 - place**4), 0)
    above, rise, fall = _sides(frame, mouth)
    lip = 0.45 * half
    field = np.zeros_like(frame)
    down = _between(frame, mouth, 0.62 * closing - 0.12 * parted)
    up = _between(frame, mouth, 0.38 * closing - 0.88 * parted)
    slide = _between(frame, mouth, 0.5 * gap[:, 0])
    near = np.where(above, np.exp(-((rise / lip) ** 2)), np.exp(-((fall / (1.7 * lip)) ** 2)))
    field[:, 1] = np.where(above, down, -up) * near
    field[:, 0] = np.where(above, slide, -slide) * near
    return field


def _close_eye(frame: Array, eye: Opening, command: Command) -> Array:
    """The upper lid brought down to the lower one, which rises to meet it a little."""
    upper, lower = _edges(eye, frame)
    gap = lower[:, 1] - upper[:, 1]
    above, rise, fall = _sides(frame, eye)
    width = upper[-1, 0] - upper[0, 0]
    down = _between(frame, eye, 0.90 * command.blink * gap)
    up = _between(frame, eye, 0.10 * command.blink * gap)
    field = np.zeros_like(frame)
    field[:, 1] = np.where(
        above,
        down * np.exp(-((rise / (0.3 * width)) ** 2)),
        -up * np.exp(-((fall / (0.3 * width)) ** 2)),
    )
    return field


def _around(landmarks: Array, width: int, height: int) -> Array:
    """A grid over the rest of the portrait, clear of the landmarks."""
    columns, rows = np.meshgrid(np.arange(0, width + 8, 9.0), np.arange(0, height + 8, 9.0))
    grid = np.column_stack([columns.ravel(), rows.ravel()])
    oval = landmarks[list(OVAL)]
    clear = cKDTree(landmarks).query(grid)[0] > 6
    return grid[clear & ~_inside(grid, oval)]


def _inside(points: Array, polygon: Array) -> NDArray[np.bool_]:
    """Whether each point lies in a polygon, by counting crossings to its right."""
    x, y = points[:, :1], points[:, 1:]
    x0, y0 = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return np.count_nonzero(spans & (x < crossing), axis=1) % 2 == 1


def _curved(skin: Array, upper: tuple[int, ...], lower: tuple[int, ...]) -> tuple[Array, Opening]:
    """The skin's vertices with more of them along an opening, and the opening."""
    edges = []
    for edge in (upper, lower):
        spline = CubicSpline(np.arange(len(edge)), skin[list(edge)])
        indices: list[int] = []
        for place in range(len(edge) - 1):
            more = spline(place + np.arange(1, BETWEEN + 1) / (BETWEEN + 1))
            indices += [edge[place], *range(len(skin), len(skin) + BETWEEN)]
            skin = np.vstack([skin, more])
        edges.append((*indices, edge[-1]))
    return skin, Opening(*edges)


def _mesh(skin: Array, around: Array, openings: tuple[Opening, ...]) -> Mesh:
    vertices = np.vstack([skin, around])
    triangles = Delaunay(vertices).simplices
    centres = vertices[triangles].mean(axis=1)
    hole = np.zeros(len(triangles), bool)
    for opening in openings:
        hole |= _inside(centres, skin[opening.loop])
    return Mesh(vertices, triangles[~hole].astype(np.int32))


def _spread(oval: Array, around: Array) -> Array:
    """(around, oval) weights: each outer vertex follows the nearest of the face's outline."""
    squared = np.sum((around[:, np.newaxis] - oval[np.newaxis]) ** 2, axis=2)
    weights = 1 / (squared + 25.0) ** 1.5
    return weights / weights.sum(axis=1, keepdims=True)


def _belongs_to_head(around: Array) -> Array:
    """1 on the hair and the face, falling to 0 over the backdrop and the collar."""
    ellipse = (around - [226.0, 98.0]) / [78.0, 92.0]
    return 1 - _smooth(1.0, 1.6, np.linalg.norm(ellipse, axis=1))
