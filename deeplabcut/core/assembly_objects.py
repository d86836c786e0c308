"""Joints, links and assemblies as objects: the public face of what `assembly_frames` does on arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import SCORE, Array
from deeplabcut.core.similarity import extents, shared_fraction

Position = tuple[float, float]
GROUP = 3


@dataclass(frozen=True)
class Joint:
    """A detection.

    Parameters
    ----------
    pos : x and y in pixels.
    label : number of the bodypart.
    idx : number of the detection in its image.
    group : number of the identity, -1 for none.
    """

    pos: Position
    confidence: float = 1.0
    label: int | None = None
    idx: int | None = None
    group: int = -1


class Link:
    """Two joints and how well they fit together."""

    def __init__(self, j1: Joint, j2: Joint, affinity: float = 1) -> None:
        self.j1, self.j2, self.affinity = j1, j2, affinity
        self._length = float(np.hypot(j1.pos[0] - j2.pos[0], j1.pos[1] - j2.pos[1]))

    def __repr__(self) -> str:
        return f"Link {self.idx}, affinity={self.affinity:.2f}, length={self.length:.2f}"

    @property
    def confidence(self) -> float:
        """The product of the confidences of both joints."""
        return self.j1.confidence * self.j2.confidence

    @property
    def idx(self) -> tuple[int | None, int | None]:
        """The numbers of both joints."""
        return self.j1.idx, self.j2.idx

    @property
    def length(self) -> float:
        """The distance between the joints in pixels, unless it was set."""
        return self._length

    @length.setter
    def length(self, length: float) -> None:
        self._length = length

    def to_vector(self) -> list[float]:
        """Both positions as x, y, x, y."""
        return [*self.j1.pos, *self.j2.pos]


class Assembly:
    """An individual: ``data`` is (n_bodyparts, 4) x, y, confidence, identity; absent points are NaN, NaN, 0, NaN.

    ``confidence`` counts absent points as 0, except in an assembly made by `from_array`, which leaves them out.
    """

    def __init__(self, size: int) -> None:
        self.data: Array = np.full((size, 4), np.nan)
        self.data[:, SCORE] = 0
        self._affinity = 0.0
        self._visible: set[int] = set()
        self._idx: set[int | None] = set()
        self._n_links = 0
        self._find_links: Callable[[], list[Link]] = list
        self._dict: dict[str, Any] = {}

    @classmethod
    def from_array(cls, array: npt.ArrayLike) -> Assembly:
        """From (n_bodyparts, 2 to 4) values; a row with any NaN is absent, a missing confidence is 1."""
        array = np.array(array, float)
        if array.ndim != 2 or not 2 <= array.shape[1] <= 4:
            raise InvalidInput(f"An assembly needs 2 to 4 columns x, y, confidence, identity; got {array.shape}.")
        absent = np.isnan(array).any(axis=1)
        array[absent] = np.nan
        assembly = cls(len(array))
        assembly.data[:, SCORE] = np.where(absent, np.nan, 1.0)
        assembly.data[:, : array.shape[1]] = array
        assembly._visible = set(np.flatnonzero(~absent).tolist())
        return assembly

    @classmethod
    def from_frame(
        cls, pose: Array, joints: list[int], affinity: float, n_links: int, find_links: Callable[[], list[Link]]
    ) -> Assembly:
        """From one individual of a `FrameAssembly`; links become objects when somebody needs them."""
        assembly = cls.__new__(cls)
        assembly.data, assembly._affinity, assembly._n_links = pose, affinity, n_links
        assembly._visible = {part for part, joint in enumerate(joints) if joint >= 0}
        assembly._idx = {joint for joint in joints if joint >= 0}
        assembly._find_links, assembly._dict = find_links, {}
        return assembly

    @cached_property
    def _links(self) -> list[Link]:
        return self._find_links()

    def __len__(self) -> int:
        return len(self._visible)

    def __contains__(self, other: Assembly) -> bool:
        return not self._visible.isdisjoint(other._visible)

    def __add__(self, other: Assembly) -> Assembly:
        """Both as one individual; they must not have a bodypart in common."""
        if other in self:
            raise InvalidInput("The two assemblies have bodyparts in common, so they cannot be one individual.")
        both = Assembly(len(self.data))
        for part in (self, other):
            rows = list(part._visible)
            both.data[rows] = part.data[rows]
            both._visible |= part._visible
            both._idx |= part._idx
            both._links += part._links
            both._n_links += part._n_links
            both._affinity += part._affinity
        return both

    def __repr__(self) -> str:
        return f"Assembly of {len(self)} joints and {self.n_links} links"

    @property
    def xy(self) -> Array:
        """The positions (n_bodyparts, 2)."""
        return self.data[:, :2]

    @property
    def extent(self) -> Array:
        """The box around the points as x_min, y_min, x_max, y_max."""
        return extents(self.xy)

    @property
    def area(self) -> float:
        """The area of the box around the points."""
        x1, y1, x2, y2 = self.extent
        return float((x2 - x1) * (y2 - y1))

    @property
    def confidence(self) -> float:
        """The mean confidence of the bodyparts; NaN where there are none."""
        known = self.data[np.isfinite(self.data[:, SCORE]), SCORE]
        return float(known.mean()) if len(known) else float("nan")

    @confidence.setter
    def confidence(self, confidence: float) -> None:
        self.data[:, SCORE] = confidence

    @property
    def soft_identity(self) -> dict[int, float]:
        """Identity -> how likely the individual is the one, by the confidence of the joints that say so."""
        known = self.data[np.isfinite(self.data[:, GROUP])]
        groups = np.unique(known[:, GROUP])
        if not len(groups):
            return {}
        mean = np.array([known[known[:, GROUP] == group, SCORE].mean() for group in groups])
        weight = np.exp(mean - mean.max())
        return dict(zip(groups.astype(int).tolist(), (weight / weight.sum()).tolist(), strict=True))

    @property
    def affinity(self) -> float:
        """The mean affinity of the links; 0 without links."""
        return self._affinity / self._n_links if self._n_links else 0.0

    @property
    def n_links(self) -> int:
        """How many links hold the joints together."""
        return self._n_links

    def intersection_with(self, other: Assembly) -> float:
        """Which part of the two is shared, from 0 to 1 (`similarity.shared_fraction`)."""
        return float(shared_fraction(self.xy, other.xy))

    def add_joint(self, joint: Joint) -> bool:
        """Add a joint; False if its bodypart is there already, or not known."""
        if joint.label is None or joint.label in self._visible:
            return False
        self.data[joint.label] = *joint.pos, joint.confidence, joint.group
        self._visible.add(joint.label)
        self._idx.add(joint.idx)
        return True

    def remove_joint(self, joint: Joint) -> bool:
        """Remove a joint; False if its bodypart is not there."""
        if joint.label is None or joint.label not in self._visible:
            return False
        self.data[joint.label] = np.nan, np.nan, 0, np.nan
        self._visible.remove(joint.label)
        self._idx.discard(joint.idx)
        return True

    def add_link(self, link: Link, store_dict: bool = False) -> bool:
        """Add a link and its joints; False if no joint is new, or if both bodyparts are taken by other joints.

        Parameters
        ----------
        store_dict : bool, optional
            Keep the state before, in ``_dict``; ``vars(assembly).update(assembly._dict)`` brings it back.
        """
        if store_dict:
            self._dict = {
                **vars(self),
                "data": self.data.copy(),
                "_visible": set(self._visible),
                "_idx": set(self._idx),
                "_links": list(self._links),
            }
        closes = link.j1.idx in self._idx and link.j2.idx in self._idx
        if not closes and link.j1.label in self._visible and link.j2.label in self._visible:
            return False
        if not closes:
            self.add_joint(link.j1)
            self.add_joint(link.j2)
        self._links.append(link)
        self._n_links += 1
        self._affinity += link.affinity
        return not closes

    def calc_pairwise_distances(self) -> Array:
        """The squared distances between all pairs of bodyparts, in the order (0, 1), (0, 2), ...; NaN where absent."""
        first, second = np.triu_indices(len(self.data), 1)
        return np.asarray(((self.xy[first] - self.xy[second]) ** 2).sum(axis=1))
