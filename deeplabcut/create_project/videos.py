"""The videos of a new project: looked at before anything is made, then linked or copied into it."""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput, StorageError, VideoError
from deeplabcut.core.files import atomic_write
from deeplabcut.core.text import printable, same_text
from deeplabcut.io.video.collect import collect_video_paths
from deeplabcut.io.video.reader import Video
from deeplabcut.project.layout import safe_stem

logger = logging.getLogger(__name__)

_BLOCK = 1 << 22


@dataclass(frozen=True)
class Source:
    """A video that can be opened, and the size of its pictures."""

    path: Path
    width: int
    height: int

    @property
    def whole_picture(self) -> str:
        """The crop that takes nothing away."""
        return f"0, {self.width}, 0, {self.height}"


def usable_videos(
    videos: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    extensions: str | Sequence[str] | None,
    *,
    all_of_them: bool = False,
) -> list[Source]:
    """The videos meant by ``videos`` that can be opened, sorted; those that cannot are announced.

    A path that does not exist, or two videos that would share one folder of frames, is an error; with
    ``all_of_them`` also a video that cannot be opened.
    """
    given = [videos] if isinstance(videos, (str, os.PathLike)) else videos
    found = collect_video_paths([Path(path) for path in given], extensions)
    seen: dict[str, Path] = {}
    for path in found:
        first = seen.setdefault(same_text(safe_stem(path.name)), path)
        if first is not path:
            raise InvalidInput(
                f"Two videos are called {path.stem}: {first} and {path}. Their frames would share one folder.",
                fix="rename one of them",
            )
    sources = []
    for path in found:
        try:
            with Video(path) as video:
                sources.append(Source(path, video.width, video.height))
        except VideoError as error:
            if all_of_them:
                raise
            warnings.warn(f"{printable(path.name)} cannot be opened and is left out: {error.message}", stacklevel=3)
    return sources


def bring_in(source: Path, folder: Path, *, copy: bool) -> Path:
    """Link or copy a video into ``folder``; where links are not allowed it is copied. The new path."""
    target = folder / source.name
    if not copy:
        try:
            target.symlink_to(source)
            return target
        except (OSError, NotImplementedError) as error:
            logger.warning("%s cannot be linked (%s); it is copied instead.", printable(source.name), error)
    n_bytes = source.stat().st_size
    task = progress.current().task("copy", total=n_bytes, unit="byte", label=source.name)
    with task as counting, source.open("rb") as original, atomic_write(target) as copied:
        while block := original.read(_BLOCK):
            copied.write(block)
            counting.advance(len(block))
    try:
        shutil.copystat(source, target)
    except OSError as error:
        logger.debug("The times of %s were not copied: %s", target, error)
    if target.stat().st_size != n_bytes:
        raise StorageError("The video changed while it was copied.", where=source, fix="wait until it is recorded")
    return target
