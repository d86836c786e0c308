"""Results of videos in other formats."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.errors import DamagedFile, Missing, UnsafeFile
from deeplabcut.core.text import printable, same_text
from deeplabcut.io.csv_copies import copy_as_csv
from deeplabcut.io.video.collect import collect_video_paths

logger = logging.getLogger(__name__)

_MADE_BY_US = ("DLC", "DeepCut")


def analyze_videos_converth5_to_csv(
    video_folder: str | Path | Sequence[str | Path],
    videotype: str | Sequence[str] | None = None,
    listofvideos: bool = False,
    video_extensions: str | Sequence[str] | None = None,
) -> list[Path]:
    """Write every result of some videos (poses, filtered ones, tracks, bones) as csv beside its h5.

    A file that cannot be read is reported and the others follow. A folder without results gives an empty list.

    Parameters
    ----------
    video_folder : path, or list of paths
        A folder of videos, one video, or with ``listofvideos`` a list of videos, which need not exist any more.
    videotype : str or list of str, optional
        Suffixes of the videos; every usual kind if it is not given.
    listofvideos : bool
        Whether ``video_folder`` is a list of videos.
    video_extensions : str or list of str, optional
        Another name of ``videotype``.
    """
    if videotype is not None and video_extensions is not None:
        raise TypeError(
            "analyze_videos_converth5_to_csv() got both 'videotype' and 'video_extensions', which are the same; "
            "give one of them"
        )
    videos = _videos(video_folder, video_extensions if videotype is None else videotype, listofvideos)
    files = list(dict.fromkeys(file for video in videos for file in _results(video)))
    written, failures = [], []
    with progress.current().task("convert", total=len(files), unit="file") as task:
        for file in files:
            try:
                written.append(copy_as_csv(file))
            except (DamagedFile, UnsafeFile) as error:
                failures.append(error)
                logger.warning("%s was not converted: %s", printable(str(file)), error)
            task.advance()
    if failures and not written:
        raise failures[0]
    if not files:
        progress.current().message("There are no results of these videos to convert.")
    return written


def _videos(
    given: str | Path | Sequence[str | Path], extensions: str | Sequence[str] | None, is_list: bool
) -> list[Path]:
    if not is_list:
        entries = [given] if isinstance(given, (str, Path)) else list(given)
        return collect_video_paths(list(entries), extensions)
    videos = [Path(given)] if isinstance(given, (str, Path)) else [Path(video) for video in given]
    for video in videos:
        if not video.parent.is_dir():
            raise Missing(
                f"There is no folder of the video {video.name!r}.", where=video.parent, fix="correct the path"
            )
    return videos


def _results(video: Path) -> Iterator[Path]:
    """The h5 files beside a video that were made of it."""
    stem = same_text(video.stem)
    for file in sorted(video.parent.iterdir()):
        name = same_text(file.name)
        ours = stem in name and any(mark in name for mark in _MADE_BY_US)
        if ours and file.suffix == ".h5" and not name.startswith(".") and file.is_file():
            yield file
