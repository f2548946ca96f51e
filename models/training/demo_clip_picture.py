"""From a moved mesh to a picture of the demonstration clip."""

from __future__ import annotations

import cv2
import numpy as np
from demo_clip_face import UPPER_JAW, Command, Face, Opening
from numpy.typing import NDArray

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 640, 480
# Portrait pixels to clip pixels: 91 become 191 from ear to ear.
ENLARGEMENT = 2.1
# The portrait's pixel in the middle of the clip.
CENTRE = (224.0, 115.0)
# Drawn this much larger and averaged down, so that lips and lids have smooth edges.
OVERSAMPLING = 3
# The portrait is enlarged this much before it is warped: a Lanczos filter is better at it.
TEXTURE = 4
# Folds from the nose to beside the mouth, as landmarks; a smile carves them, a sober face has less.
FOLDS = ((49, 203, 206, 216), (358, 423, 426, 436))
# Dark of an open mouth and colour of the tongue: blue, green, red.
CAVITY = (26.0, 20.0, 46.0)
TONGUE = (86.0, 78.0, 150.0)


class Painter:
    """Draws the face in any position.

    Args:
        portrait: (height, width, 3) uint8, blue, green, red.
        face: its mesh.
    """

    def __init__(self, portrait: Picture, face: Face) -> None:
        self._face = face
        self._smiling = _enlarged(portrait)
        self._sober = _enlarged(_without_folds(portrait, face.mesh.source))
        self._mouth = _enlarged(_teeth(portrait, face.mesh.source[face.mouth.loop]))

    def paint(self, vertices: Array, still: Array, awake: Array, command: Command) -> Picture:
        """One picture without noise.

        Args:
            vertices: (v, 2) where the mesh is, portrait pixels.
            still: (v, 2) where it would be without any expression: skull and teeth.
            awake: (v, 2) where it would be without a blink: the eyeballs.
            command: what the vertices were moved by: folds and tongue follow it.
        """
        texture = cv2.addWeighted(self._smiling, command.smile, self._sober, 1 - command.smile, 0)
        place = ENLARGEMENT * OVERSAMPLING
        centre = np.array([WIDTH, HEIGHT]) * OVERSAMPLING / 2
        view = [(points - CENTRE) * place + centre for points in (vertices, still, awake)]
        picture, skin = self._paint_skin(view[0], texture)
        for eye in self._face.eyes:
            inside = _affine(texture, self._face.mesh.source, view[2], eye.loop)
            _put_behind(picture, skin, inside, view[0], eye)
        mouth = _affine(self._mouth, self._face.mesh.source, view[1], list(UPPER_JAW))
        mouth = _with_tongue(mouth, view[0], command.jaw)
        _put_behind(picture, skin, _shaded(mouth, skin), view[0], self._face.mouth)
        return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)

    def _paint_skin(self, view: Array, texture: Picture) -> tuple[Picture, NDArray[np.bool_]]:
        """The skin, and where it is."""
        mesh = self._face.mesh
        owner = np.full((HEIGHT * OVERSAMPLING, WIDTH * OVERSAMPLING), -1, np.int32)
        corners = view[mesh.triangles]
        fixed = np.round(corners * 16).astype(np.int32)
        for index, triangle in enumerate(fixed):
            cv2.fillConvexPoly(owner, triangle, index, cv2.LINE_8, 4)
        back = _back_to_source(corners, mesh.source[mesh.triangles] * TEXTURE)
        rows, columns = np.indices(owner.shape, np.float32)
        matrix = back[np.maximum(owner, 0)]
        x = matrix[..., 0, 0] * columns + matrix[..., 1, 0] * rows + matrix[..., 2, 0]
        y = matrix[..., 0, 1] * columns + matrix[..., 1, 1] * rows + matrix[..., 2, 1]
        picture = cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return picture, owner >= 0


def _enlarged(picture: Picture) -> Picture:
    """Corner to corner: pixel (x, y) of the picture is pixel (4x, 4y) of the result."""
    size = (picture.shape[1] * TEXTURE, picture.shape[0] * TEXTURE)
    matrix = np.array([[TEXTURE, 0, 0], [0, TEXTURE, 0]], np.float64)
    return cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
    )


def _without_folds(portrait: Picture, source: Array) -> Picture:
    """The portrait with the folds beside the mouth mostly filled from the skin around them."""
    mask = np.zeros(portrait.shape[:2], np.uint8)
    for fold in FOLDS:
        line = source[list(fold)]
        line = np.vstack([line, line[-1] + 0.5 * (line[-1] - line[-2])])
        cv2.polylines(mask, [np.round(line * 16).astype(np.int32)], False, 255, 6, cv2.LINE_8, 4)
    filled = cv2.inpaint(portrait, mask, 4, cv2.INPAINT_TELEA)
    filled = cv2.GaussianBlur(filled, (0, 0), 1.5)
    alpha = 0.75 * cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 1.5)[..., np.newaxis]
    return (portrait * (1 - alpha) + filled * alpha).astype(np.uint8)


def _back_to_source(corners: Array, source: Array) -> NDArray[np.float32]:
    """(t, 3, 2) matrices from (x, y, 1) in the picture to the texture; flat triangles get zeros."""
    ones = np.ones((*corners.shape[:2], 1))
    homogeneous = np.concatenate([corners, ones], axis=2)
    solid = np.abs(np.linalg.det(homogeneous)) > 1e-3
    homogeneous[~solid] = np.eye(3)
    back = np.linalg.inv(homogeneous) @ source
    back[~solid] = 0
    return back.astype(np.float32)


def _affine(texture: Picture, source: Array, view: Array, chosen: list[int]) -> Picture:
    """A texture carried into the view by the affine map that suits some vertices best."""
    homogeneous = np.column_stack([source[chosen] * TEXTURE, np.ones(len(chosen))])
    matrix = np.linalg.lstsq(homogeneous, view[chosen], rcond=None)[0].T
    size = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING)
    return cv2.warpAffine(texture, matrix, size, flags=cv2.INTER_LINEAR)


def _put_behind(
    picture: Picture, skin: NDArray[np.bool_], behind: Picture, view: Array, opening: Opening
) -> None:
    """Fills what an opening leaves free of skin."""
    left, top = np.floor(view[opening.loop].min(axis=0)).astype(int) - 2
    right, bottom = np.ceil(view[opening.loop].max(axis=0)).astype(int) + 3
    window = (slice(top, bottom), slice(left, right))
    free = ~skin[window]
    picture[window][free] = behind[window][free]


def _teeth(portrait: Picture, loop: Array) -> Picture:
    """The portrait with the dark of a mouth everywhere but on its front teeth."""
    mask = np.zeros(portrait.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(loop * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
    luma = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY).astype(np.float32)
    alpha = (mask / 255.0) * np.clip((luma - 120) / 50, 0, 1)
    middle, half = loop[:, 0].mean(), np.ptp(loop[:, 0]) / 2
    aside = (np.arange(portrait.shape[1]) - middle) / half
    alpha *= np.exp(-((aside / 0.6) ** 4))
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.5)[..., np.newaxis]
    mixed = portrait * alpha * 0.95 + np.array(CAVITY) * (1 - alpha)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _with_tongue(mouth: Picture, view: Array, jaw: float) -> Picture:
    """A soft tongue low in the mouth, seen only when the jaw has dropped."""
    if jaw <= 0:
        return mouth
    low, high = view[14], view[13]
    half = np.linalg.norm(view[308] - view[78]) / 2
    centre = low * 0.9 + high * 0.1
    rows, columns = np.indices(mouth.shape[:2], np.float32)
    across, along = (rows - centre[1]) / (0.22 * half), (columns - centre[0]) / (0.6 * half)
    distance = across**2 + along**2
    alpha = (0.75 * np.exp(-(distance**2)))[..., np.newaxis]
    teeth = np.clip((mouth.max(axis=2, keepdims=True).astype(np.float32) - 70) / 60, 0, 1)
    alpha *= 1 - teeth
    return (mouth * (1 - alpha) + np.array(TONGUE) * alpha).astype(np.uint8)


def _shaded(mouth: Picture, skin: NDArray[np.bool_]) -> Picture:
    """The shadow that lips throw on what lies behind them."""
    shade = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 2.5 * OVERSAMPLING)
    return (mouth * (1 - 0.55 * shade)[..., np.newaxis]).astype(np.uint8)
