"""Individuals from the detections of networks that find bodyparts first and animals second.

`Assembler` works through the frames of a ``_full`` file; `assemble_frame` does one image on arrays::

    detections = Detections.gather(coordinates, scores)
    poses = assemble_frame(detections, costs, options).as_array(options.max_n_individuals)
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.assembly_frames import FrameAssembly as FrameAssembly
from deeplabcut.core.assembly_frames import assemble_frame as assemble_frame
from deeplabcut.core.assembly_growth import build_individuals
from deeplabcut.core.assembly_links import AssemblyOptions as AssemblyOptions
from deeplabcut.core.assembly_links import Detections as Detections
from deeplabcut.core.assembly_links import Links, NearestLinks, link_detections
from deeplabcut.core.assembly_objects import Assembly as Assembly
from deeplabcut.core.assembly_objects import Joint as Joint
from deeplabcut.core.assembly_objects import Link as Link
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array

Frame = Mapping[str, Any]


class Assembler:
    """Groups the detections of every frame into individuals.

    After `assemble`, ``assemblies`` holds a list of `Assembly` for each frame that has any, and ``unique`` an array
    (n_unique, 3) for each frame where a unique bodypart was found; keys are positions of frames.

    Parameters
    ----------
    data : dict
        The content of a ``_full`` file: ``"metadata"`` and one entry per frame.
    max_n_individuals : int
        The most individuals in a frame.
    n_multibodyparts : int
        Bodyparts of each individual; the other ones are unique.
    graph : list of pairs of int, optional
        Limbs, by default those of the metadata.
    paf_inds : list of int, optional
        Positions of the limbs that are used.
    greedy : bool
        Take the best pairs one after the other instead of the best set of pairs.
    pcutoff : float
        The least confidence of a detection that is linked.
    min_affinity : float
        The least affinity of a link.
    min_n_links : int
        Individuals held together by fewer links are given up.
    max_overlap : float
        Of two individuals that share this fraction the weaker one is given up; 0 and 1 switch this off.
    identity_only : bool
        Group detections by the identity that the network gives them, without links.
    nan_policy : str
        How an assembler with a model of distances treats absent points; without one it has no effect.
    force_fusion : bool
        Join the fragments beyond ``max_n_individuals`` with what lies closest.
    add_discarded : bool
        Give detections without an individual to the closest one that lacks the bodypart.
    window_size : int
        How many earlier frames have a say in the links of a frame.
    method : str
        The key of the affinities among the costs.
    max_discarded_distance_px : float
        How far away an individual may be that is given a detection by ``add_discarded``.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        max_n_individuals: int,
        n_multibodyparts: int,
        graph: Sequence[Sequence[int]] | None = None,
        paf_inds: Sequence[int] | None = None,
        greedy: bool = False,
        pcutoff: float = 0.1,
        min_affinity: float = 0.05,
        min_n_links: float = 2,
        max_overlap: float = 0.8,
        identity_only: bool = False,
        nan_policy: str = "little",
        force_fusion: bool = False,
        add_discarded: bool = False,
        window_size: int = 0,
        method: str = "m1",
        max_discarded_distance_px: float = math.inf,
    ) -> None:
        self.data = data
        self.metadata = self.parse_metadata(data)
        self.max_n_individuals = max_n_individuals
        self.n_multibodyparts = n_multibodyparts
        self.n_uniquebodyparts = self.n_keypoints - n_multibodyparts
        self.graph = self.metadata["paf_graph"] if graph is None else graph
        self.paf_inds = self.metadata["paf"] if paf_inds is None else paf_inds
        self.greedy = greedy
        self.pcutoff = pcutoff
        self.min_affinity = min_affinity
        self.min_n_links = min_n_links
        self.max_overlap = max_overlap
        self.identity_only = identity_only
        self.nan_policy = nan_policy
        self.force_fusion = force_fusion
        self.add_discarded = add_discarded
        self.window_size = window_size
        self.method = method
        self.max_discarded_distance_px = max_discarded_distance_px
        self.assemblies: dict[int, list[Assembly]] = {}
        self.unique: dict[int, Array] = {}
        if identity_only and len(self) and "identity" not in self[0]:
            warnings.warn("The frames hold no identities, so identity_only has no effect.", stacklevel=2)
            self.identity_only = False
        _ = self.options  # mistakes show here rather than at the first frame

    @classmethod
    def empty(
        cls,
        max_n_individuals: int,
        n_multibodyparts: int,
        n_uniquebodyparts: int,
        graph: Sequence[Sequence[int]],
        paf_inds: Sequence[int],
        greedy: bool = False,
        pcutoff: float = 0.1,
        min_affinity: float = 0.05,
        min_n_links: float = 2,
        max_overlap: float = 0.8,
        identity_only: bool = False,
        nan_policy: str = "little",
        force_fusion: bool = False,
        add_discarded: bool = False,
        window_size: int = 0,
        method: str = "m1",
        max_discarded_distance_px: float = math.inf,
    ) -> Assembler:
        """An assembler without frames, for images that come one by one; parameters as for `Assembler`."""
        n_keypoints = n_multibodyparts + n_uniquebodyparts
        names = [str(i) for i in range(n_keypoints)]
        metadata = {"all_joints_names": names, "PAFgraph": graph, "PAFinds": paf_inds}
        return cls(
            {"metadata": metadata},
            max_n_individuals=max_n_individuals,
            n_multibodyparts=n_multibodyparts,
            greedy=greedy,
            pcutoff=pcutoff,
            min_affinity=min_affinity,
            min_n_links=min_n_links,
            max_overlap=max_overlap,
            identity_only=identity_only,
            nan_policy=nan_policy,
            force_fusion=force_fusion,
            add_discarded=add_discarded,
            window_size=window_size,
            method=method,
            max_discarded_distance_px=max_discarded_distance_px,
        )

    @staticmethod
    def parse_metadata(data: Mapping[str, Any]) -> dict[str, Any]:
        """Names, graph and frames of a ``_full`` file."""
        metadata = data["metadata"]
        names = list(metadata["all_joints_names"])
        graph = metadata.get("PAFgraph")
        graph = [] if graph is None else graph
        kept = metadata.get("PAFinds")
        return {
            "joint_names": names,
            "num_joints": len(names),
            "paf_graph": graph,
            "paf": list(range(len(graph))) if kept is None else kept,
            "bpts": list(range(len(names))),
            "ibpts": list(range(len(names))),
            "imnames": [name for name in data if name != "metadata"],
        }

    def __len__(self) -> int:
        return len(self.metadata["imnames"])

    def __getitem__(self, item: int) -> Frame:
        frame: Frame = self.data[self.metadata["imnames"][item]]
        return frame

    @property
    def n_keypoints(self) -> int:
        """All bodyparts, unique ones included."""
        return int(self.metadata["num_joints"])

    @property
    def options(self) -> AssemblyOptions:
        """The settings, as they are now, for `assemble_frame`."""
        return AssemblyOptions(
            max_n_individuals=self.max_n_individuals,
            n_bodyparts=self.n_multibodyparts,
            n_unique=self.n_uniquebodyparts,
            graph=self.graph,
            edges_kept=self.paf_inds,
            greedy=self.greedy,
            pcutoff=self.pcutoff,
            min_affinity=self.min_affinity,
            min_n_links=self.min_n_links,
            max_overlap=self.max_overlap,
            identity_only=self.identity_only,
            force_fusion=self.force_fusion,
            add_discarded=self.add_discarded,
            max_discarded_distance_px=self.max_discarded_distance_px,
            method=self.method,
        )

    def extract_best_links(
        self,
        joints_dict: Mapping[int, Sequence[Joint]],
        costs: Mapping[int, Mapping[str, Any]],
        trees: Sequence[NearestLinks] | None = None,
    ) -> list[Link]:
        """The links between the joints of one frame.

        Parameters
        ----------
        joints_dict : dict
            Number of a bodypart -> its joints, in the order of the rows and columns of ``costs``.
        costs : dict
            Number of a limb -> ``{"m1": affinities, "distance": lengths}``.
        trees : list of scipy.spatial.KDTree, optional
            The links of earlier frames, the nearest frame first.
        """
        parts = [list(joints_dict.get(label, ())) for label in range(self.n_keypoints)]
        joints = [joint for part in parts for joint in part]
        detections = Detections.gather(
            [[joint.pos for joint in part] for part in parts], [[joint.confidence for joint in part] for part in parts]
        )
        links = link_detections(detections, costs, self.options, trees or ())
        return [
            Link(joints[a], joints[b], affinity)
            for (a, b), affinity in zip(links.ends.tolist(), links.affinity.tolist(), strict=True)
        ]

    def build_assemblies(self, links: Sequence[Link]) -> list[Assembly]:
        """The individuals that links hold together, not yet limited in number."""
        joints = {joint.idx: joint for link in links for joint in (link.j1, link.j2)}
        place = {idx: i for i, idx in enumerate(joints)}
        arrays = Links(
            np.array([[place[i] for i in link.idx] for link in links], int).reshape(-1, 2),
            np.array([link.affinity for link in links], float),
        )
        xy = np.array([joint.pos for joint in joints.values()], float).reshape(-1, 2)
        labels = np.array([joint.label for joint in joints.values()], int)
        assemblies = []
        for draft in build_individuals(arrays, labels, xy, self.options):
            assembly = Assembly(self.n_multibodyparts)
            for link in draft.links:
                assembly.add_link(links[link])
            assemblies.append(assembly)
        return assemblies

    def assemble(self, chunk_size: int = 1, n_processes: int | None = None) -> None:
        """Find the individuals of all frames, in their order.

        Parameters
        ----------
        chunk_size, n_processes : int, optional
            Accepted as before and without effect: one process does all frames, and the result is always the same.
        """
        self.assemblies, self.unique = {}, {}
        options = self.options
        earlier: deque[NearestLinks | None] = deque(maxlen=self.window_size)
        with progress.current().task("assemble", total=len(self), unit="frame") as task:
            for i in range(len(self)):
                detections, found = self._found(i, options, [tree for tree in reversed(earlier) if tree is not None])
                if len(found):
                    self.assemblies[i] = _as_objects(found, detections)
                if np.isfinite(found.unique).any():
                    self.unique[i] = found.unique
                if self.window_size:
                    earlier.append(_tree(found, detections))
                task.advance()

    def _found(
        self, item: int, options: AssemblyOptions, earlier: Sequence[NearestLinks]
    ) -> tuple[Detections, FrameAssembly]:
        """The detections of a frame and the individuals made of them."""
        frame, name = self[item], self.metadata["imnames"][item]
        if not frame:
            frame = {"coordinates": ([[]] * self.n_keypoints,), "confidence": [[]] * self.n_keypoints, "costs": {}}
        detections = Detections.gather(frame["coordinates"][0], frame["confidence"], frame.get("identity"))
        costs = frame.get("costs")
        if costs is None and not self._needs_costs(options):
            costs = {}
        if costs is None:
            raise InvalidInput(
                f"{name} holds detections without affinities, so they cannot be assembled again.",
                fix="use the individuals in the _assemblies file that belongs to the detections",
            )
        return detections, assemble_frame(detections, costs, options, earlier)

    @staticmethod
    def _needs_costs(options: AssemblyOptions) -> bool:
        """Whether individuals are told apart by links."""
        return options.n_bodyparts > 1 and options.max_n_individuals > 1 and not options.identity_only


def _tree(found: FrameAssembly, detections: Detections) -> NearestLinks | None:
    """The links of a frame, to look up what lies near; None without links."""
    from scipy.spatial import KDTree

    tree: NearestLinks | None = KDTree(found.found.vectors(detections.xy)) if len(found.found.ends) else None
    return tree


def _as_objects(found: FrameAssembly, detections: Detections) -> list[Assembly]:
    """The individuals of a frame as objects."""
    n_links, affinity = found.n_links.tolist(), found.affinity.tolist()
    return [
        Assembly.from_frame(pose, joints, affinity[i], n_links[i], partial(_links_of, found, i, detections))
        for i, (pose, joints) in enumerate(zip(found.poses, found.members.tolist(), strict=True))
    ]


def _links_of(found: FrameAssembly, individual: int, detections: Detections) -> list[Link]:
    """The links of an individual as objects."""

    def joint(i: int) -> Joint:
        x, y = detections.xy[i].tolist()
        return Joint((x, y), float(detections.score[i]), int(detections.bodypart[i]), i, int(detections.group[i]))

    links = found.links[individual]
    ends, affinity = found.found.ends[links].tolist(), found.found.affinity[links].tolist()
    return [Link(joint(a), joint(b), weight) for (a, b), weight in zip(ends, affinity, strict=True)]
