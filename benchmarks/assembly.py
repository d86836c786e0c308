"""Individuals from detections: our arrays against the same steps written plainly, with one object per thing.

    python benchmarks/assembly.py [--frames 300] [--rounds 3]

Synthetic frames: animals of 12 bodyparts with 10 % of the points missing and 30 % false peaks, affinities of true pairs
near 0.8 and of false ones near 0.1, which crowds share. Frames per CPU second on one core, best of rounds that take
turns. The floor is what no implementation in Python can save: one pass of SciPy's solver over each matrix of a frame.
Peak memory is that of the whole run.
"""

from __future__ import annotations

import argparse
import heapq
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from deeplabcut.core import progress
from deeplabcut.core.assembly import Assembler, Detections, assemble_frame

N_PARTS = 12
COMPLETE = [list(pair) for pair in combinations(range(N_PARTS), 2)]
CHAIN = [[i, i + 1] for i in range(N_PARTS - 1)]

Frame = dict[str, Any]


def crowd(n_animals: int, graph: list[list[int]], n_frames: int, seed: int = 0, false_peaks: float = 0.3) -> Frame:
    """The content of a ``_full`` file whose truth is an animal per row."""
    rng = np.random.default_rng(seed)
    kept = list(range(len(graph)))
    names = [f"part{i}" for i in range(N_PARTS)]
    data: Frame = {"metadata": {"all_joints_names": names, "PAFgraph": graph, "PAFinds": kept}}
    for frame in range(n_frames):
        body = rng.normal(0, 25, (n_animals, N_PARTS, 2)) + rng.uniform(50, 600, (n_animals, 1, 2))
        owners, points = [], []
        for part in range(N_PARTS):
            seen = np.flatnonzero(rng.random(n_animals) > 0.1)
            extra = rng.binomial(n_animals, false_peaks)
            owner = np.concatenate([seen, np.full(extra, -1)])
            xy = np.concatenate([body[seen, part], rng.uniform(0, 650, (extra, 2))])
            order = rng.permutation(len(owner))
            owners.append(owner[order])
            points.append(xy[order])
        score = [np.where(o >= 0, rng.uniform(0.6, 1, len(o)), rng.uniform(0.05, 0.6, len(o))) for o in owners]
        costs = {}
        for i, (a, b) in enumerate(graph):
            same = (owners[a][:, None] == owners[b][None]) & (owners[a][:, None] >= 0)
            affinity = np.where(same, rng.normal(0.8, 0.15, same.shape), np.abs(rng.normal(0, 0.1, same.shape)))
            distance = np.linalg.norm(points[a][:, None] - points[b][None], axis=-1)
            costs[i] = {"m1": np.clip(affinity, 0, 1).round(3).astype(np.float32), "distance": distance}
        data[f"frame{frame:05d}"] = {
            "coordinates": (points,),
            "confidence": [s[:, None].astype(np.float32) for s in score],
            "costs": costs,
        }
    return data


@dataclass
class PlainJoint:  # noqa: D101
    number: int
    part: int
    x: float
    y: float
    score: Any


@dataclass
class PlainLink:  # noqa: D101
    a: PlainJoint
    b: PlainJoint
    affinity: float
    number: int


@dataclass
class PlainAnimal:  # noqa: D101
    joints: dict[int, PlainJoint] = field(default_factory=dict)
    links: list[PlainLink] = field(default_factory=list)

    @property
    def affinity(self) -> float:
        return sum(link.affinity for link in self.links)

    def holds(self, joint: PlainJoint) -> bool:
        return self.joints.get(joint.part) is joint

    def add(self, link: PlainLink) -> None:
        if (
            not (self.holds(link.a) and self.holds(link.b))
            and link.a.part in self.joints
            and link.b.part in self.joints
        ):
            return
        self.joints.setdefault(link.a.part, link.a)
        self.joints.setdefault(link.b.part, link.b)
        self.links.append(link)

    def shared_with(self, other: PlainAnimal) -> float:
        mine, theirs = [[(j.x, j.y) for j in animal.joints.values()] for animal in (self, other)]
        low = [max(min(p[k] for p in mine), min(p[k] for p in theirs)) for k in (0, 1)]
        high = [min(max(p[k] for p in mine), max(p[k] for p in theirs)) for k in (0, 1)]
        if low[0] > high[0] or low[1] > high[1]:
            return 0.0
        parts = [
            sum(low[0] <= x <= high[0] and low[1] <= y <= high[1] for x, y in points) / len(points)
            for points in (mine, theirs)
        ]
        areas = [
            (max(p[0] for p in points) - min(p[0] for p in points))
            * (max(p[1] for p in points) - min(p[1] for p in points))
            for points in (mine, theirs)
        ]
        area = (high[0] - low[0]) * (high[1] - low[1])
        return max(min(parts), area / max(areas) if area == min(areas) and max(areas) > 0 else 0)


def plain(frame: Frame, graph: list[list[int]], most: int, pcutoff: float = 0.1, min_affinity: float = 0.05,
          min_n_links: int = 2, max_overlap: float = 0.8) -> list[PlainAnimal]:  # fmt: skip
    """The individuals of a frame: the default settings, step by step."""
    joints: list[list[PlainJoint]] = []
    number = 0
    for part, (xy, scores) in enumerate(zip(frame["coordinates"][0], frame["confidence"], strict=True)):
        joints.append([])
        for (x, y), (score,) in zip(xy, scores, strict=True):
            joints[-1].append(PlainJoint(number, part, x, y, score))
            number += 1
    links = plain_links(joints, frame["costs"], graph, most, pcutoff, min_affinity)
    animals = [animal for animal in plain_groups(links, most) if len(animal.links) >= min_n_links]
    kept: list[PlainAnimal] = []
    animals.sort(key=lambda animal: (-animal.affinity, -sum(joint.score for joint in animal.joints.values())))
    for animal in animals:
        if all(animal.shared_with(other) < max_overlap for other in kept):
            kept.append(animal)
    return kept if len(kept) <= most else sorted(kept, key=lambda animal: -len(animal.joints))[:most]


def plain_links(joints: list[list[PlainJoint]], costs: Frame, graph: list[list[int]], most: int, pcutoff: float,
                min_affinity: float) -> list[PlainLink]:  # fmt: skip
    links = []
    for i, (a, b) in enumerate(graph):
        if i not in costs or not joints[a] or not joints[b] or np.isinf(costs[i]["distance"]).all():
            continue
        best_a, best_b = [
            [k for k in sorted(sorted(range(len(peaks)), key=lambda k: -peaks[k].score)[:most])
             if peaks[k].score >= pcutoff]
            for peaks in (joints[a], joints[b])
        ]  # fmt: skip
        affinity = costs[i]["m1"][np.ix_(best_a, best_b)]
        for row, column in zip(*linear_sum_assignment(affinity, maximize=True), strict=True):
            if affinity[row, column] >= min_affinity:
                pair = joints[a][best_a[row]], joints[b][best_b[column]]
                links.append(PlainLink(*pair, float(affinity[row, column]), len(links)))
    return links


def plain_groups(links: list[PlainLink], most: int) -> list[PlainAnimal]:
    at: dict[int, list[PlainLink]] = {}
    for link in links:
        at.setdefault(link.a.number, []).append(link)
        at.setdefault(link.b.number, []).append(link)
    seen: set[int] = set()
    animals, used = [], set()
    for start in at:
        if start in seen:
            continue
        group, todo = {start}, [start]
        while todo:
            for link in at[todo.pop()]:
                for joint in (link.a, link.b):
                    if joint.number not in group:
                        group.add(joint.number)
                        todo.append(joint.number)
        seen |= group
        if len(group) == N_PARTS:
            animals.append(PlainAnimal())
            used |= group
            for link in links:
                if link.a.number in group:
                    animals[-1].add(link)
    if len(animals) == most:
        return animals
    for start_link in sorted(links, key=lambda link: -link.affinity):
        if start_link.a.number in used or start_link.b.number in used:
            continue
        animal = PlainAnimal()
        animal.add(start_link)
        met = {id(start_link)}
        queue: list[tuple[float, int, PlainLink]] = []
        new = [start_link.a, start_link.b]
        while True:
            for joint in new:
                for link in at[joint.number]:
                    if id(link) not in met:
                        met.add(id(link))
                        heapq.heappush(queue, (-link.affinity, link.number, link))
            if not queue or len(animal.joints) == N_PARTS:
                break
            _, _, link = heapq.heappop(queue)
            new = [joint for joint in (link.a, link.b) if not animal.holds(joint)]
            if any(joint.number in used for joint in new):
                new = []
                continue
            animal.add(link)
            new = [joint for joint in new if animal.holds(joint)]
        used |= {joint.number for joint in animal.joints.values()}
        animals.append(animal)
    return animals


def floor(frame: Frame) -> None:
    for cost in frame["costs"].values():
        linear_sum_assignment(cost["m1"], maximize=True)


def rates(n_animals: int, graph: list[list[int]], n_frames: int, rounds: int) -> dict[str, float]:
    """Frames per CPU second of each way, which agree on every individual."""
    data = crowd(n_animals, graph, n_frames)
    frames = [frame for name, frame in data.items() if name != "metadata"]
    assembler = Assembler(data, max_n_individuals=n_animals, n_multibodyparts=N_PARTS)
    options = assembler.options

    def arrays(frame: Frame) -> list[Any]:
        detections = Detections.gather(frame["coordinates"][0], frame["confidence"])
        return assemble_frame(detections, frame["costs"], options).members.tolist()

    for frame in frames[:50]:
        slow = [[a.joints[p].number if p in a.joints else -1 for p in range(N_PARTS)]
                for a in plain(frame, graph, n_animals)]  # fmt: skip
        assert slow == arrays(frame)
    ways: dict[str, Callable[[], object]] = {
        "plain": lambda: [plain(frame, graph, n_animals) for frame in frames],
        "assemble_frame": lambda: [arrays(frame) for frame in frames],
        "Assembler": assembler.assemble,
        "floor": lambda: [floor(frame) for frame in frames],
    }
    best = dict.fromkeys(ways, 0.0)
    for _ in range(rounds):
        for name, run in ways.items():
            start = time.process_time()
            with progress.in_force(progress.Progress()):
                run()
            best[name] = max(best[name], n_frames / (time.process_time() - start))
    return best


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--frames", type=int, default=300)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    print(f"Frames per CPU second, {N_PARTS} bodyparts, best of {given.rounds} rounds")
    print(f"{'':24}{'plain':>9}{'assemble_frame':>16}{'Assembler':>11}{'floor':>9}{'x plain':>9}{'x floor':>9}")
    for n_animals in (3, 10):
        for name, graph in (("11 edges", CHAIN), ("66 edges", COMPLETE)):
            best = rates(n_animals, graph, given.frames, given.rounds)
            ours = best["assemble_frame"]
            print(f"{f'{n_animals} animals, {name}':24}{best['plain']:9.0f}{ours:16.0f}{best['Assembler']:11.0f}"
                  f"{best['floor']:9.0f}{ours / best['plain']:9.1f}{best['floor'] / ours:9.1f}")  # fmt: skip
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
