"""Poses of individuals from peaks and part affinity fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch

from deeplabcut.core import arrays
from deeplabcut.core.assembly import Assembler, Detections, assemble_frame
from deeplabcut.core.codecs import peaks
from deeplabcut.core.codecs.heatmap import LOCREF_STD_PX
from deeplabcut.core.codecs.paf import PafCodec
from deeplabcut.pose_estimation_pytorch.models.predictors.base import PREDICTORS, BasePredictor

Graph = Sequence[Sequence[int]]


@PREDICTORS.register_module
class PartAffinityFieldPredictor(BasePredictor):
    """The peaks of all bodyparts, joined to individuals along the fields.

    Parameters
    ----------
    num_animals : int
        The most individuals in an image.
    num_multibodyparts : int
        Bodyparts of each individual.
    num_uniquebodyparts : int
        Bodyparts that exist once, the last of the heatmaps.
    graph : list of pairs of int
        Limbs, as numbers of bodyparts; one pair of fields for each.
    edges_to_keep : list of int
        Which limbs are used.
    locref_stdev : float
        The unit of the offsets, in pixels.
    nms_radius : int
        The window in which a peak is the highest cell.
    sigma : float
        Heatmaps are smoothed with a gaussian of this width, in cells.
    min_affinity : float
        What a field must say at least for two peaks to be joined.
    add_discarded : bool
        Give peaks that were left over to the individual next to them.
    apply_sigmoid : bool
        Heatmaps are logits.
    clip_scores : bool
        Scores are limited to 0 to 1.
    force_fusion : bool
        Join fragments beyond ``num_animals`` with what is next to them.
    return_preds : bool
        Return the peaks and affinities too, as ``preds``.
    max_peaks_per_bodypart : int, optional
        The highest peaks count; by default 100, or more for many individuals. A network that was not trained yet has
        a peak in every cell.
    """

    default_init: ClassVar[dict[str, Any]] = {
        "locref_stdev": LOCREF_STD_PX,
        "nms_radius": 5,
        "sigma": 1,
        "min_affinity": 0.05,
    }

    def __init__(
        self,
        num_animals: int,
        num_multibodyparts: int,
        num_uniquebodyparts: int,
        graph: Graph,
        edges_to_keep: list[int],
        locref_stdev: float,
        nms_radius: int,
        sigma: float,
        min_affinity: float,
        add_discarded: bool = False,
        apply_sigmoid: bool = True,
        clip_scores: bool = False,
        force_fusion: bool = False,
        return_preds: bool = False,
        *,
        max_peaks_per_bodypart: int | None = None,
    ) -> None:
        super().__init__()
        self.num_animals: int = num_animals
        self.num_multibodyparts = num_multibodyparts
        self.num_uniquebodyparts = num_uniquebodyparts
        self.graph = graph
        self.edges_to_keep = edges_to_keep
        self.locref_stdev = locref_stdev
        self.nms_radius = nms_radius
        self.sigma = sigma
        self.apply_sigmoid = apply_sigmoid
        self.clip_scores = clip_scores
        self.return_preds = return_preds
        self.max_peaks = max(100, 5 * num_animals) if max_peaks_per_bodypart is None else max_peaks_per_bodypart
        self.assembler = Assembler.empty(
            num_animals,
            n_multibodyparts=num_multibodyparts,
            n_uniquebodyparts=num_uniquebodyparts,
            graph=graph,
            paf_inds=edges_to_keep,
            min_affinity=min_affinity,
            add_discarded=add_discarded,
            force_fusion=force_fusion,
        )

    def forward(self, stride: float, outputs: dict[str, torch.Tensor]) -> dict[str, Any]:
        """``poses`` (batch, num_animals, bodyparts, 5): x, y, score, -1 for the identity, and the mean affinity.

        Missing individuals are -1; a missing bodypart of an individual is NaN, with a score of 0.
        """
        codec = PafCodec(
            stride,
            self.graph,
            nms_radius=self.nms_radius,
            sigma_cells=self.sigma,
            locref_std_px=self.locref_stdev,
            max_peaks=self.max_peaks,
        )
        heatmap = outputs["heatmap"]
        frames = codec.decode(
            heatmap, outputs.get("locref"), outputs["paf"], self.edges_to_keep, apply_sigmoid=self.apply_sigmoid
        )
        poses = np.full((len(frames), self.num_animals, self.num_multibodyparts, 5), -1.0, np.float32)
        unique = np.full((len(frames), 1, self.num_uniquebodyparts, 3), np.nan, np.float32)
        for i, frame in enumerate(frames):
            detections = Detections.gather(frame["coordinates"][0], frame["confidence"])
            found = assemble_frame(detections, frame["costs"], self.assembler.options)
            poses[i], unique[i, 0] = found.as_array(self.num_animals), found.unique
        if self.clip_scores:
            poses[..., 2] = poses[..., 2].clip(0, 1)
        predictions: dict[str, Any] = {"poses": torch.as_tensor(poses, device=heatmap.device)}
        if self.num_uniquebodyparts:
            predictions["unique_bodyparts"] = torch.as_tensor(unique, device=heatmap.device)
        return predictions | ({"preds": frames} if self.return_preds else {})

    def set_paf_edges_to_keep(self, edge_indices: list[int]) -> None:
        """Use these limbs from now on."""
        self.edges_to_keep = edge_indices
        self.assembler.paf_inds = edge_indices

    @staticmethod
    def find_local_peak_indices_maxpool_nms(input_: torch.Tensor, radius: int, threshold: float) -> torch.Tensor:
        """Peaks (n, 4) of maps, as image, map, row and column: the highest cells of windows of ``radius`` cells."""
        return torch.as_tensor(peaks.find_peaks(input_, radius, threshold=threshold), device=input_.device)

    @staticmethod
    def make_2d_gaussian_kernel(sigma: float, size: int) -> torch.Tensor:
        """A smoothing kernel (size, size) with sum 1."""
        row = torch.tensor(peaks.gaussian(sigma, size // 2))
        return torch.outer(row, row)

    @staticmethod
    def calc_peak_locations(
        locrefs: torch.Tensor, peak_inds_in_batch: torch.Tensor, strides: tuple[float, float]
    ) -> torch.Tensor:
        """Where peaks are (n, 2), in pixels; offsets (batch, maps, 2, height, width) are in pixels too."""
        cells = arrays.to_numpy(peak_inds_in_batch).astype(np.int64)
        xy = peaks.locations(cells, locrefs.flatten(1, 2), (float(strides[0]), float(strides[1])))
        return torch.as_tensor(xy, device=locrefs.device)

    @staticmethod
    def compute_edge_costs(
        pafs: torch.Tensor,
        peak_inds: torch.Tensor,
        graph: Graph,
        paf_limb_inds: list[int],
        n_bodyparts: int,
        n_points: int = 10,
        n_decimals: int = 3,
    ) -> list[dict[int, dict[str, npt.NDArray[np.float32]]]]:
        """For each image, what the fields (batch, 2 * limbs, height, width) say about pairs of peaks.

        ``graph`` holds the limbs numbered ``paf_limb_inds``, or all limbs.
        """
        pairs = graph if len(graph) == len(paf_limb_inds) else [graph[limb] for limb in paf_limb_inds]
        edges = [(limb, pair[0], pair[1]) for limb, pair in zip(paf_limb_inds, pairs, strict=True)]
        maps = pafs.flatten(1, 2) if pafs.ndim == 5 else pafs
        cells = arrays.to_numpy(peak_inds).astype(np.int64)
        return peaks.edge_costs(maps, cells, edges, n_bodyparts, n_points=n_points, n_decimals=n_decimals)
