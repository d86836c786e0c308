"""Species: how long, how thick, how fast, and where on the body each keypoint sits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

BODYPARTS = (
    "snout", "leftear", "rightear", "neck", "spine1", "center", "spine2", "tailbase", "tail1", "tail2", "tailtip",
    "leftforepaw", "rightforepaw", "lefthindpaw", "righthindpaw",
)  # fmt: skip

BELOW_SKIN = ("snout", "neck", "spine1", "center", "spine2", "tailbase")  # these lie just below the skin

SKELETON = (
    ("snout", "leftear"), ("snout", "rightear"), ("leftear", "neck"), ("rightear", "neck"), ("neck", "spine1"),
    ("spine1", "center"), ("center", "spine2"), ("spine2", "tailbase"), ("tailbase", "tail1"), ("tail1", "tail2"),
    ("tail2", "tailtip"), ("spine1", "leftforepaw"), ("spine1", "rightforepaw"), ("spine2", "lefthindpaw"),
    ("spine2", "righthindpaw"),
)  # fmt: skip

N_HEAD = 2  # segments from the snout to the neck
N_BACK = 5  # segments from the neck to the root of the tail
N_TAIL = 9  # segments of the tail
N_NODES = N_HEAD + N_BACK + N_TAIL + 1
NECK, HIP, TAILBASE = N_HEAD, N_HEAD + N_BACK - 1, N_HEAD + N_BACK

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Body:
    """A four-legged animal with a tail. Lengths are mm, speeds mm/s, colours RGB from 0 to 255."""

    name: str
    length_mm: float  # from the tip of the snout to the root of the tail
    tail_mm: float
    neck_at: float  # fractions of the length, from the snout
    profile: tuple[tuple[float, float], ...]  # (fraction of the length, radius in mm)
    tail_radii_mm: tuple[float, float]
    ear_mm: float
    ear_at: tuple[float, float, float]  # (behind the snout, to the side, above the axis of the head), mm
    eye_mm: float
    eye_at: tuple[float, float, float]
    fore_mm: tuple[float, float]  # the forepaw's place: (to the side, ahead of the shoulder)
    hind_mm: tuple[float, float]  # the same from the hip
    paw_mm: float
    stride_mm: float
    speed_mm_s: float
    arena_mm: tuple[float, float]
    wall_mm: float
    coats: tuple[str, ...]
    skin: Colour = (214, 160, 148)

    def radius_mm(self, fraction: np.ndarray) -> np.ndarray:
        """Radius of the trunk and head at fractions of the length."""
        at, radii = np.array(self.profile).T
        return np.asarray(np.interp(fraction, at, radii))

    @property
    def node_fractions(self) -> np.ndarray:
        """Where the nodes of the spine lie, from the snout (0) to the root of the tail (1)."""
        head = np.linspace(0, self.neck_at, N_HEAD + 1)
        return np.concatenate([head, np.linspace(self.neck_at, 1, N_BACK + 1)[1:]])

    @property
    def node_radii_mm(self) -> np.ndarray:
        """Radii at all nodes: spine, then tail."""
        tail = np.linspace(*self.tail_radii_mm, N_TAIL + 1)[1:]
        return np.concatenate([self.radius_mm(self.node_fractions), tail])

    @property
    def segment_mm(self) -> np.ndarray:
        """Lengths of the segments between the nodes, from the snout to the tip of the tail."""
        spine = np.diff(self.node_fractions) * self.length_mm
        return np.concatenate([spine, np.full(N_TAIL, self.tail_mm / N_TAIL)])


MOUSE = Body(
    name="mouse",
    length_mm=88.0,
    tail_mm=82.0,
    neck_at=0.30,
    profile=(
        (0.0, 1.9), (0.035, 3.3), (0.09, 5.6), (0.15, 7.9), (0.21, 9.4), (0.28, 9.6), (0.36, 10.4), (0.46, 12.6),
        (0.58, 14.9), (0.70, 15.9), (0.80, 15.0), (0.88, 12.2), (0.95, 6.8), (1.0, 3.0),
    ),
    tail_radii_mm=(2.1, 0.6),
    ear_mm=6.6,
    ear_at=(21.0, 9.6, 7.2),
    eye_mm=1.7,
    eye_at=(12.5, 5.7, 3.6),
    fore_mm=(10.0, 8.5),
    hind_mm=(15.5, 5.0),
    paw_mm=2.0,
    stride_mm=62.0,
    speed_mm_s=150.0,
    arena_mm=(480.0, 360.0),
    wall_mm=110.0,
    coats=("black", "agouti", "white", "piebald", "cinnamon", "grey"),
)  # fmt: skip

RAT = replace(
    MOUSE,
    name="rat",
    length_mm=210.0,
    tail_mm=175.0,
    neck_at=0.28,
    profile=(
        (0.0, 4.2), (0.035, 7.6), (0.09, 12.4), (0.15, 16.8), (0.21, 19.4), (0.28, 20.2), (0.36, 22.6), (0.46, 26.5),
        (0.58, 29.6), (0.70, 30.5), (0.80, 28.5), (0.88, 23.0), (0.95, 13.5), (1.0, 6.8),
    ),
    tail_radii_mm=(5.4, 1.5),
    ear_mm=11.0,
    ear_at=(47.0, 17.5, 13.5),
    eye_mm=3.2,
    eye_at=(30.0, 12.0, 8.5),
    fore_mm=(21.0, 19.0),
    hind_mm=(31.0, 11.0),
    paw_mm=4.6,
    stride_mm=140.0,
    speed_mm_s=260.0,
    arena_mm=(1040.0, 780.0),
    wall_mm=260.0,
    coats=("hooded", "white", "black", "agouti", "grey", "cinnamon"),
)  # fmt: skip

SPECIES = {body.name: body for body in (MOUSE, RAT)}
