"""The videos that a user means by a path, a folder, or a list of both."""

from __future__ import annotations

import fnmatch
import logging
import os
import random
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.deprecation import deprecated
from deeplabcut.core.errors import InvalidInput, Missing

logger = logging.getLogger(__name__)

SUPPORTED_VIDEOS = ("avi", "mp4", "mov", "mpeg", "mpg", "mpv", "mkv", "flv", "qt", "yuv")
DEFAULT_EXCLUDE_PATTERNS = ("*_labeled.*", "*_full.*")


class UnknownSuffixType(InvalidInput, TypeError):
    """Video suffixes given as something that is neither a text nor a sequence of texts."""


def collect_video_paths(
    data_path: str | Path | list[str | Path],
    extensions: str | Sequence[str] | None = None,
    shuffle: bool = False,
    exclude_patterns: Sequence[str] = DEFAULT_EXCLUDE_PATTERNS,
    *,
    warn_on_unsupported_ext: bool = True,
) -> list[Path]:
    """Absolute paths of the videos in ``data_path``, each once, sorted.

    Parameters
    ----------
    data_path : path or list of paths
        Files are taken whatever their suffix unless ``extensions`` says otherwise; of a folder (one level deep)
        the files with a suffix in ``extensions``, or in `SUPPORTED_VIDEOS` without it.
    extensions : str or sequence of str, optional
        With or without the dot, in any case.
    shuffle : bool
        In random order, so that several machines working on one list seldom meet.
    exclude_patterns : sequence of str
        Names to leave out, among the files given one by one too: videos that deeplabcut made. ``[]`` keeps all.
    """
    wanted = _suffixes(extensions)
    given = [data_path] if isinstance(data_path, (str, os.PathLike)) else list(data_path)
    found: set[Path] = set()
    for entry in given:
        path = Path(entry)
        if path.is_dir():
            allowed = wanted or {f".{name}" for name in SUPPORTED_VIDEOS}
            found.update(file for file in path.iterdir() if file.suffix.lower() in allowed and file.is_file())
        elif path.exists():
            if wanted is None or path.suffix.lower() in wanted:
                found.add(path)
        else:
            raise Missing(
                f"There is no video or folder {path.name!r}.", where=path, fix="check the spelling and the drive"
            )
    kept = {
        Path(os.path.abspath(path))  # noqa: PTH100 (links stay links)
        for path in found
        if not any(fnmatch.fnmatchcase(path.name, pattern) for pattern in exclude_patterns)
    }
    videos = sorted(kept)
    if warn_on_unsupported_ext:
        _warn_about_unknown_suffixes(videos)
    if shuffle:
        random.SystemRandom().shuffle(videos)
    return videos


@deprecated(name="get_list_of_videos", replacement="collect_video_paths")
def get_list_of_videos(
    videos: list[str] | str,
    videotype: str | Sequence[str] | None = SUPPORTED_VIDEOS,
    in_random_order: bool = True,
) -> list[str]:
    """The paths of the videos in ``videos``, as texts."""
    return [str(path) for path in collect_video_paths(videos, videotype or None, in_random_order)]  # type: ignore[arg-type]


@deprecated(name="list_videos_in_folder", replacement="collect_video_paths")
def list_videos_in_folder(
    data_path: str | Path | list[str | Path],
    video_type: str | Sequence[str] | None = SUPPORTED_VIDEOS,
    shuffle: bool = False,
) -> list[Path]:
    """The paths of the videos in ``data_path``."""
    return collect_video_paths(data_path, video_type or None, shuffle)


@deprecated(name="get_video_list", replacement="collect_video_paths")
def get_video_list(filename: str, videopath: str | Path, videtype: str) -> list[str]:
    """The names of the videos in a folder: all of them, or the one that is asked for if it is there."""
    names = [path.name for path in collect_video_paths(videopath, videtype or None, exclude_patterns=())]
    if filename == "all":
        return names
    if filename not in names:
        progress.current().message(f"There is no video {filename} in {videopath}.")
    return [name for name in names if name == filename]


def _suffixes(extensions: str | Sequence[str] | None) -> set[str] | None:
    """Lower-case suffixes with their dots; None where every video counts."""
    if extensions is None:
        return None
    if isinstance(extensions, str):
        names: list[str] = [extensions]
    elif isinstance(extensions, Sequence) and all(isinstance(name, str) for name in extensions):
        names = list(extensions)
    else:
        raise UnknownSuffixType(
            f"Video suffixes must be a text or a list of texts, not {type(extensions).__name__}: {extensions!r}.",
            fix='write for example extensions="mp4" or extensions=["mp4", "avi"]',
        )
    if not names:
        raise InvalidInput(
            "The list of video suffixes is empty, so no video could be found.",
            fix="leave it out (None) to take every kind of video",
        )
    if names == [""]:
        warnings.warn(
            "An empty video suffix stands for every kind of video; write None instead.",
            DeprecationWarning,
            stacklevel=3,
        )
        return None
    return {"." + name.lower().removeprefix(".") for name in names}


def _warn_about_unknown_suffixes(videos: Iterable[Path]) -> None:
    unknown = [path.name for path in videos if path.suffix.lower().removeprefix(".") not in SUPPORTED_VIDEOS]
    if unknown:
        logger.warning(
            "Not among the usual kinds of video (%s), and perhaps not readable: %s",
            ", ".join(SUPPORTED_VIDEOS),
            ", ".join(unknown),
        )
