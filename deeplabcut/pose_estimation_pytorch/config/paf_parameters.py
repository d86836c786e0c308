"""Limbs, along which bottom-up networks join bodyparts to individuals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import Mistake
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.config.validation import NonNegativeInt
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.paf_graph import complete_graph, edges_of_names, prune_paf_graph
from deeplabcut.pose_estimation_pytorch.config.metadata import AnyProject, project_of

if TYPE_CHECKING:
    from typing_extensions import Self


class PAFParameters(DLCBaseConfig):
    """The limbs that a network learns, and those that are used to join bodyparts."""

    paf_graph: list[list[NonNegativeInt]] = Field(default_factory=list)
    num_limbs: NonNegativeInt = 0
    paf_edges_to_keep: list[NonNegativeInt] = Field(default_factory=list)

    def contradicting(self) -> Iterable[Mistake]:
        """Limbs are pairs, and those to keep exist."""
        if any(len(edge) != 2 or edge[0] == edge[1] for edge in self.paf_graph):
            yield Mistake(("paf_graph",), self.paf_graph, "pairs of different numbers of bodyparts")
        if self.num_limbs != len(self.paf_graph):
            yield Mistake(("num_limbs",), self.num_limbs, f"{len(self.paf_graph)}, the length of paf_graph",
                          involves=frozenset({"paf_graph", "num_limbs"}))  # fmt: skip
        if any(edge >= len(self.paf_graph) for edge in self.paf_edges_to_keep):
            yield Mistake(("paf_edges_to_keep",), self.paf_edges_to_keep,
                          f"positions in paf_graph, which has {len(self.paf_graph)} limbs",
                          involves=frozenset({"paf_graph", "paf_edges_to_keep"}))  # fmt: skip

    @classmethod
    def build(
        cls,
        project_config: AnyProject,
        *,
        bodyparts: list[str] | None = None,
        num_limbs_threshold: int = 105,
        paf_graph_degree: int = 6,
        graph: str | Sequence[Sequence[int]] | None = None,
        seed: int | None = None,
    ) -> Self:
        """The limbs of a project.

        Parameters
        ----------
        bodyparts : names in place of those of the project.
        num_limbs_threshold : a complete graph with as many limbs or more keeps a random part, which is connected.
        paf_graph_degree : how many limbs a bodypart then has on average.
        graph : pairs of numbers, or ``"config"`` for the skeleton of the project; by default every pair.
        seed : the same seed keeps the same part.
        """
        project = project_of(project_config)
        names = project.bodyparts_list if bodyparts is None else list(bodyparts)
        edges = _given_graph(project, graph, names)
        if not edges:
            edges = complete_graph(len(names))
            n_kept = math.ceil(len(names) * paf_graph_degree / 2)
            if len(edges) >= num_limbs_threshold and n_kept < len(edges):
                edges = prune_paf_graph(edges, max(n_kept, len(names) - 1), rng=np.random.default_rng(seed))
        best = project.get("paf_best")
        kept = list(range(len(edges))) if best is None else [int(edge) for edge in best]
        return cls(paf_graph=edges, num_limbs=len(edges), paf_edges_to_keep=kept)


def get_paf_parameters(
    project_config: Mapping[str, Any] | Path | str,
    bodyparts: list[str],
    num_limbs_threshold: int = 105,
    paf_graph_degree: int = 6,
) -> dict[str, Any]:
    """The limbs of a project as a dict."""
    return PAFParameters.build(
        project_config, bodyparts=bodyparts, num_limbs_threshold=num_limbs_threshold, paf_graph_degree=paf_graph_degree
    ).to_dict()


def _given_graph(
    project: ProjectConfig, graph: str | Sequence[Sequence[int]] | None, names: Sequence[str]
) -> list[list[int]]:
    if graph is None:
        return []
    if isinstance(graph, str):
        if graph != "config":
            raise InvalidInput(f"paf_graph {graph!r} is unknown.", fix="use 'config' for the skeleton, or pairs")
        edges = edges_of_names(project.skeleton, names)[0]
    else:
        edges = [[int(a), int(b)] for a, b in graph]
    edges = [edge for edge in edges if max(edge) < len(names)]  # unique bodyparts belong to no individual
    alone = [name for number, name in enumerate(names) if number not in {node for edge in edges for node in edge}]
    if alone and len(names) > 1:
        raise InvalidInput(f"No limb reaches {', '.join(alone)}, so these bodyparts could not be assigned.",
                           fix="add limbs, or leave paf_graph out")  # fmt: skip
    return edges
