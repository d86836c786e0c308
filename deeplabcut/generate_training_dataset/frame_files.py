"""Frames as files: ``labeled-data/<video>/img<number>.png``, all those of one video written at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deeplabcut.core import progress
from deeplabcut.core.files import storage_error, transaction
from deeplabcut.core.history import FOLDER
from deeplabcut.core.locks import hold
from deeplabcut.core.text import same_text
from deeplabcut.io.annotations import LabelFiles, read_label_table
from deeplabcut.io.images import png_bytes
from deeplabcut.io.tables import image_keys
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.thumbnails import Crop

_WAIT_S = 20.0


@dataclass(frozen=True)
class Written:
    """The numbers of the frames that were written, that were there before, and that are damaged."""

    new: tuple[int, ...]
    there: tuple[int, ...]
    damaged: dict[int, str]


def frame_name(index: int, n_frames: int) -> str:
    """The file of a frame; with as many digits as the numbers of the video's frames need."""
    n_digits = len(str(n_frames - 1)) if n_frames > 1 else 0
    return f"img{str(index).zfill(n_digits)}.png"


def frame_files(folder: Path) -> dict[int, str]:
    """The frames that are in a folder: number -> name of the file."""
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    matches = [re.fullmatch(r"img(\d{1,18})\.png", name, re.IGNORECASE) for name in names]
    return {int(match[1]): match[0] for match in matches if match}


@contextmanager
def writable_folder(folder: Path) -> Iterator[None]:
    """Make the folder if it is not there, and see that it can be written, before work begins.

    If the work fails, a folder that was made for it is removed again.
    """
    is_new = not folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, folder.parent, f"the folder {folder.name}") from error
    try:
        with hold(folder, "extracting frames", wait_s=_WAIT_S):
            pass
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):  # somebody else put something there
                folder.rmdir()
        raise


def write_frames(video: Video, folder: Path, numbers: Iterable[int], crop: Crop | None = None) -> Written:
    """Write frames into a folder, all at once or none; a frame that is there is left as it is.

    Parameters
    ----------
    crop : x1, x2, y1, y2; the pictures show only this part.
    """
    wanted = sorted(set(numbers))
    x1, x2, y1, y2 = crop or (0, video.width, 0, video.height)
    new: list[int] = []
    damaged: dict[int, str] = {}
    with hold(folder, "extracting frames", wait_s=_WAIT_S):
        there = frame_files(folder)
        missing = [number for number in wanted if number not in there]
        task = progress.current().task("write", total=len(missing), unit="frame", label=video.path.name)
        with task as counting, transaction(folder) as change:
            for frame in video.read_many(missing):
                if frame.image is None or frame.error is not None:
                    damaged[frame.index] = frame.error or "damaged"
                else:
                    with change.open(frame_name(frame.index, video.n_frames)) as file:
                        file.write(png_bytes(frame.image[y1:y2, x1:x2]))
                    new.append(frame.index)
                counting.advance()
    return Written(tuple(new), tuple(number for number in wanted if number in there), damaged)


def labelled_images(folder: Path) -> set[str]:
    """Names of the images that any file of labels in the folder lists, or an earlier version of a lost one.

    A file that cannot be read, or is none of labels, is an error: who wants to remove images has to know.
    """
    places = [place for place in (folder, folder / FOLDER) if place.is_dir()]
    names = [Path(name) for place in places for name in os.listdir(place)]
    stems = sorted({name.stem for name in names if name.suffix in (".h5", ".csv") and not name.name.startswith(".")})
    tables = [read_label_table(LabelFiles(folder / f"{stem}.h5")) for stem in stems]
    return {same_text(key[-1]) for table in tables for key in image_keys(table.rows)}
