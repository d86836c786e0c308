"""Links to individuals: whole groups at once, the rest by growing from the strongest link."""

from __future__ import annotations

import heapq

import numpy as np

from deeplabcut.core.assembly_links import AssemblyOptions, Links
from deeplabcut.core.poses import Array


class Draft:
    """An individual in the making: the detection of each bodypart, and the links that hold it together."""

    __slots__ = ("affinity", "joints", "links")

    def __init__(self, joints: dict[int, int] | None = None) -> None:
        self.joints = joints or {}
        self.links: list[int] = []
        self.affinity = 0.0

    def absorb(self, other: Draft) -> None:
        """Take over the joints and links of an individual without a common bodypart."""
        self.joints.update(other.joints)
        self.links += other.links
        self.affinity += other.affinity


def build_individuals(links: Links, bodypart: Array, xy: Array, options: AssemblyOptions) -> list[Draft]:
    """Individuals that the links hold together, not yet limited in number.

    A detection belongs to at most one of them. Without ``force_fusion`` more than ``max_n_individuals`` may come out.
    """
    drafts, rest = _whole_groups(links, bodypart, options.n_bodyparts)
    if len(rest) and len(drafts) != options.max_n_individuals:
        drafts += _grown(links, rest, bodypart, options.n_bodyparts)
    if options.force_fusion and len(drafts) > options.max_n_individuals:
        drafts = _fused(drafts, xy, options)
    return drafts


def _groups(ends: list[list[int]], n_joints: int) -> list[list[int]]:
    """For each detection the list of all that hang together with it, the same list for all of these."""
    group = [[joint] for joint in range(n_joints)]
    for a, b in ends:
        large, small = group[a], group[b]
        if large is small:
            continue
        if len(large) < len(small):
            large, small = small, large
        large += small
        for joint in small:
            group[joint] = large
    return group


def _whole_groups(links: Links, bodypart: Array, n_bodyparts: int) -> tuple[list[Draft], Array]:
    """Groups with exactly as many detections as an individual has bodyparts, and the links of all other groups.

    In a group that has a bodypart twice, and lacks another, the earlier edge decides which joint stays.
    """
    ends, affinity, part = links.ends.tolist(), links.affinity.tolist(), bodypart.tolist()
    group = _groups(ends, len(part))
    whole = np.array([len(one) for one in group], int)[links.ends[:, 0]] == n_bodyparts
    drafts: dict[int, Draft] = {}
    for link in np.flatnonzero(whole).tolist():
        a, b = ends[link]
        draft = drafts.setdefault(id(group[a]), Draft())
        joints = draft.joints
        at_a, at_b = joints.get(part[a]), joints.get(part[b])
        if at_a is None or at_b is None or (at_a == a and at_b == b):
            joints.setdefault(part[a], a)
            joints.setdefault(part[b], b)
            draft.links.append(link)
            draft.affinity += affinity[link]
    return list(drafts.values()), np.flatnonzero(~whole)


def _grown(links: Links, chosen: Array, bodypart: Array, n_bodyparts: int) -> list[Draft]:
    """Individuals that start at the strongest free link and take up the strongest link at their border in turn.

    Links go by their rank, the strongest first, so that the border is a heap of plain numbers.
    """
    order = chosen[np.argsort(-links.affinity[chosen], kind="stable")]
    ends, number, affinity = links.ends[order].tolist(), order.tolist(), links.affinity[order].tolist()
    part: list[int] = bodypart.tolist()
    at: list[list[tuple[int, int]]] = [[] for _ in part]  # of each joint the ranks of its links and the other joints
    for rank, (a, b) in enumerate(ends):
        at[a].append((rank, b))
        at[b].append((rank, a))
    used = [False] * len(part)
    drafts = []
    for start, (a, b) in enumerate(ends):
        if used[a] or used[b]:
            continue
        joints = {part[a]: a, part[b]: b}
        taken = [start]
        border = [one for joint in (a, b) for one in at[joint] if part[one[1]] not in joints and not used[one[1]]]
        heapq.heapify(border)
        while border and len(joints) < n_bodyparts:
            rank, joint = heapq.heappop(border)
            holder = joints.get(part[joint])
            if holder is None:
                joints[part[joint]] = joint
                for one in at[joint]:
                    if part[one[1]] not in joints and not used[one[1]]:
                        heapq.heappush(border, one)
            elif holder != joint:
                continue
            taken.append(rank)
        draft = Draft(joints)
        draft.links = [number[rank] for rank in taken]
        draft.affinity = sum(affinity[rank] for rank in taken)
        for joint in joints.values():
            used[joint] = True
        drafts.append(draft)
    return drafts


def _fused(drafts: list[Draft], xy: Array, options: AssemblyOptions) -> list[Draft]:
    """Join the smallest surplus individuals with the closest ones that have none of their bodyparts."""
    n = len(drafts)
    has = np.zeros((n, options.n_bodyparts), bool)
    for i, draft in enumerate(drafts):
        has[i, list(draft.joints)] = True
    distance = _nearest_points(drafts, xy)
    np.fill_diagonal(distance, np.inf)
    for small in sorted(range(n), key=lambda i: len(drafts[i].joints))[: n - options.max_n_individuals]:
        apart = np.where((has & has[small]).any(axis=1), np.inf, distance[small])
        other = int(apart.argmin())
        if np.isinf(apart[other]):
            continue
        drafts[other].absorb(drafts[small])
        has[other] |= has[small]
        nearer = np.minimum(distance[other], distance[small])
        nearer[other] = np.inf
        distance[other] = distance[:, other] = nearer
        distance[small] = distance[:, small] = np.inf
        drafts[small] = Draft()
    return [draft for draft in drafts if draft.joints]


def _nearest_points(drafts: list[Draft], xy: Array) -> Array:
    """The distance (n, n) between the closest points of each two individuals."""
    points = xy[[joint for draft in drafts for joint in draft.joints.values()]]
    first = np.cumsum([0, *(len(draft.joints) for draft in drafts[:-1])])
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return np.asarray(np.minimum.reduceat(np.minimum.reduceat(distance, first, axis=0), first, axis=1))
