"""Checking a video from the first frame to the last: what is damaged, miscounted or irregular."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core import progress as voices
from deeplabcut.core.errors import InvalidInput, Missing, VideoError
from deeplabcut.core.progress import Progress
from deeplabcut.io.video.isolate import IsolatedVideo
from deeplabcut.io.video.reader import Video

_N_NAMED = 5


@dataclass
class VideoReport:
    """The outcome of a check; ``ok`` if every frame can be decoded and none may be smeared by damage before it.

    Wrong counts and irregular times are told in ``lines`` and do not spoil ``ok``: frames are numbered right anyhow.
    """

    path: Path
    n_frames: int = 0
    damaged: list[int] = field(default_factory=list)
    smeared: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    failure: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all pictures are as they were recorded, as far as can be told."""
        return not (self.damaged or self.smeared or self.failure)


def check_video(
    path: str | os.PathLike[str], *, progress: Progress | None = None, isolated: bool = True
) -> VideoReport:
    """Decode the whole video and report what is wrong with it; a video that cannot be read is a report too."""
    report = VideoReport(Path(path).absolute())
    progress = progress or voices.current()
    try:
        with IsolatedVideo(path) if isolated else Video(path) as video:
            report.n_frames = video.n_frames
            report.lines.append(f"{video.n_frames} frames, {video.width} x {video.height}, {video.fps:g} frames/s")
            report.lines += video.facts.warnings
            report.lines += timing_lines(video.times_s)
            with progress.task("check", total=video.n_frames, unit="frame", label=report.path.name) as task:
                for state in video.states():
                    if not state.is_whole:
                        report.damaged.append(state.index)
                    elif state.error is not None:
                        report.smeared.append(state.index)
                    task.advance()
    except (VideoError, Missing) as error:
        progress.check()  # who stops a whole group of processes ends the decoder too: that is no fault of the video
        report.failure = error.message
        report.lines.append(error.message)
    if report.damaged:
        report.lines.append(f"{len(report.damaged)} damaged frame(s): {ranges(report.damaged)}.")
    if report.smeared:
        report.lines.append(f"{len(report.smeared)} frame(s) after damage, perhaps smeared: {ranges(report.smeared)}.")
    if report.ok:
        report.lines.append("Every frame can be decoded.")
    return report


@dataclass(frozen=True)
class CheckedVideos:
    """The outcome of checking several videos."""

    reports: tuple[VideoReport, ...]

    @property
    def exit_code(self) -> int:
        """1 if any video is damaged or cannot be read."""
        return int(not all(report.ok for report in self.reports))

    def lines(self) -> list[str]:
        """The report for people, video by video, with a summary of what failed."""
        told = []
        for report in self.reports:
            told += [f"{voices.printable(report.path.name)}: {'ok' if report.ok else 'PROBLEMS'}"]
            told += [f"    {line}" for line in report.lines]
        failed = [voices.printable(report.path.name) for report in self.reports if not report.ok]
        if failed:
            told.append(f"{len(failed)} of {len(self.reports)} videos have problems: {', '.join(failed)}")
        return told


def check_videos(videos: Sequence[str | os.PathLike[str]]) -> CheckedVideos:
    """Decode videos from the first frame to the last and say what is damaged, miscounted or irregular.

    One bad video does not keep the others from being checked, and nothing is written.

    Parameters
    ----------
    videos : list of paths
        The videos; each is decoded in a process of its own.
    """
    if not videos:
        raise InvalidInput("No video was given.", fix="name one or more videos")
    return CheckedVideos(tuple(check_video(path) for path in videos))


def timing_lines(times_s: NDArray[np.float64]) -> list[str]:
    """Sentences about irregular times; none if the frames come at a constant rate."""
    steps_s = np.diff(times_s)
    if len(steps_s) < 2:
        return []
    usual_s = float(np.median(steps_s))
    odd = np.flatnonzero(np.abs(steps_s - usual_s) > np.maximum(0.1 * usual_s, 0.0021))
    if not len(odd):
        return []
    lines = [f"{len(odd)} of {len(steps_s)} steps between frames differ from the usual {1e3 * usual_s:.4g} ms."]
    worst = odd[np.argsort(-steps_s[odd], kind="stable")][:_N_NAMED]
    gaps = ", ".join(f"{1e3 * steps_s[i]:.4g} ms after frame {i}" for i in sorted(worst) if steps_s[i] > 1.5 * usual_s)
    return [*lines, f"Longest gaps: {gaps}."] if gaps else lines


def ranges(numbers: Iterable[int]) -> str:
    """Numbers as ranges: ``3, 7-9``."""
    values = np.array(sorted(numbers))
    groups = np.split(values, np.flatnonzero(np.diff(values) > 1) + 1)
    return ", ".join(f"{g[0]}-{g[-1]}" if len(g) > 1 else f"{g[0]}" for g in groups)
