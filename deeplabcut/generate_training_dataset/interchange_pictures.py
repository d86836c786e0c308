"""The pictures of foreign labels: where each is found, and what it is called in a project."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deeplabcut.core.errors import DamagedFile, InvalidInput, VideoError
from deeplabcut.core.text import same_text
from deeplabcut.generate_training_dataset.frame_files import frame_files, frame_name
from deeplabcut.io.foreign import Embedded, Picture
from deeplabcut.io.images import Image, image_shape, png_bytes, read_image
from deeplabcut.io.slp import embedded_pictures
from deeplabcut.io.video.reader import Video
from deeplabcut.project.layout import check_name, video_stem
from deeplabcut.project.project import Project, is_file, is_here, is_share, is_video

_MOST_PIXELS = 1 << 27
_LONGEST_NAME = 200
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Found:
    """A picture with its name in the project, and where its pixels come from: one of the last four.

    ``there`` says that the project has a picture of this name already.
    """

    picture: Picture
    name: str
    there: bool = False
    file: Path | None = None
    embedded: Embedded | None = None
    video: Path | None = None


@dataclass(frozen=True)
class Places:
    """Where to look for pictures and videos: folders given by the user, then those beside the labels."""

    source: Path
    images: tuple[Path, ...]
    beside: tuple[Path, ...]
    videos: tuple[Path, ...]

    def file_of(self, picture: Picture) -> Path | None:
        """The file of a picture; what the labels call it is never followed to other computers or out of a folder."""
        spelled = picture.path
        if not spelled or is_share(spelled):
            return None
        parts = [part for part in re.split(r"[\\/]", spelled) if part not in ("", ".")]
        if is_here(spelled) and Path(spelled).is_absolute() and not self.images and is_file(Path(spelled)):
            return Path(spelled)
        inside = [part for part in parts if not part.endswith(":")]
        tails = [] if ".." in inside else [inside[-n:] for n in range(len(inside), 0, -1)]
        candidates = [folder.joinpath(*tail) for folder in self.images for tail in tails]
        candidates += [folder.joinpath(*tail) for folder in self.beside for tail in tails if len(tail) > 1]
        candidates += [folder / inside[0] for folder in self.beside if len(inside) == 1 and inside[0] != ".."]
        return next((path for path in candidates if is_file(path)), None)

    def video_of(self, picture: Picture, folder: str, project: Project) -> Path | None:
        """The file of the video that a picture comes from."""
        for path in self.videos:
            alone = len(self.videos) == 1 and not picture.folder
            if alone or same_text(video_stem(path.name)) == same_text(folder):
                return path
        for known in project.videos:
            if known.path is not None and same_text(known.stem) == same_text(folder):
                return known.path
        spelled = picture.video
        if not spelled or not is_here(spelled) or is_share(spelled) or not is_video(spelled):
            return None
        path = self.source.parent / spelled
        return path if is_file(path) and (Path(spelled).is_absolute() or ".." not in Path(spelled).parts) else None


def checked_folder(name: str, project: Project) -> str:
    """The name of a folder of frames: as the project spells it, or a new name that every system can carry."""
    for video in project.videos:
        if video.state != "refused" and same_text(video.stem) == same_text(name):
            return project.labels_folder(video.key).name
    if name.startswith("."):
        raise InvalidInput(
            f"The name of the video {name[:80]!r} begins with a dot; it cannot be used.", fix="rename it"
        )
    return check_name(name, "The name of the video", max_bytes=_LONGEST_NAME)


def found_pictures(folder: Path, pictures: Sequence[Picture], places: Places, project: Project) -> list[Found]:
    """The pictures of one folder with their names and sources; those without a source and not there have none."""
    there = frame_files(folder)
    by_number = [p for p in pictures if not p.name and p.embedded is None]
    video = places.video_of(by_number[0], folder.name, project) if by_number else None
    names = _names(folder, pictures, there, _n_frames(video))
    result = []
    for picture, name in zip(pictures, names, strict=True):
        exists = (folder / name).is_file()
        file = None if picture.embedded else places.file_of(picture)
        from_video = video if not picture.name and picture.embedded is None else None
        result.append(Found(picture, name, exists, file, picture.embedded, from_video))
    return result


def check_pictures(folder: Path, found: Sequence[Found], source: Path) -> None:
    """Raise if pictures are missing, too large, or not those that the project has under their names."""
    if missing := [one for one in found if not (one.there or one.file or one.embedded or one.video)]:
        shown = ", ".join(one.picture.label for one in missing[:5])
        raise InvalidInput(
            f"{len(missing)} pictures of {folder.name} are not there: {shown}.", where=source,
            fix="say where they are with images=<folder>, or with video=<file>",
        )  # fmt: skip
    names: dict[str, Found] = {}
    for one in found:
        first = names.setdefault(one.name.lower(), one)
        if first is not one:
            raise InvalidInput(
                f"Two pictures would be {folder.name}/{one.name}: {first.picture.path or first.picture.label} and "
                f"{one.picture.path or one.picture.label}.",
                where=source, fix="give their folders or files names of their own",
            )  # fmt: skip
    for one in found:
        if one.file is not None:
            _, height, width = image_shape(one.file)
            if height * width > _MOST_PIXELS:
                raise InvalidInput(f"The picture has {width} x {height} pixels.", where=one.file)
    _check_numbers(folder, [one for one in found if one.video], source)
    _check_the_same(folder, [one for one in found if one.there], source)


def _check_numbers(folder: Path, found: Sequence[Found], source: Path) -> None:
    """Raise if frames are beyond the end of their video."""
    if not found or found[0].video is None:
        return
    n_frames = _n_frames(found[0].video) or 0
    if wrong := [one.picture.number for one in found if not 0 <= (one.picture.number or 0) < n_frames]:
        raise InvalidInput(
            f"The labels of {folder.name} name frame {wrong[0]}; its video has the frames 0 to {n_frames - 1}.",
            where=source, fix=f"give the right video; this is {found[0].video}",
        )  # fmt: skip


def _check_the_same(folder: Path, found: Sequence[Found], source: Path) -> None:
    """Raise if a picture of the project shows something else than that of the same name which belongs to the labels."""
    for one, image in pixels([one for one in found if one.file or one.embedded], source):
        own = read_image(folder / one.name)
        if own.shape != image.shape or not np.array_equal(own, image):
            raise InvalidInput(
                f"{folder.name}/{one.name} exists and shows something else than the picture of these labels.",
                where=folder / one.name, fix="import into another folder: rename the video in one of the two places",
            )  # fmt: skip


def pixels(found: Sequence[Found], source: Path) -> Iterator[tuple[Found, Image]]:
    """The RGB images of pictures, those that lie in the file of the labels first."""
    inside = [(one, one.embedded) for one in found if one.embedded is not None]
    for (one, place), content in zip(inside, embedded_pictures(source, [p for _, p in inside]), strict=True):
        yield one, _decoded(content, one, place, source)
    for one in found:
        if one.embedded is None and one.file is not None:
            yield one, read_image(one.file)
    for path in {one.video for one in found if one.video is not None}:
        frames = sorted((one.picture.number or 0, i) for i, one in enumerate(found) if one.video == path)
        with Video(path) as video:
            for (_, i), frame in zip(frames, video.read_many([number for number, _ in frames]), strict=True):
                if frame.image is None:
                    raise VideoError(
                        f"Frame {frame.index} of {path.name} cannot be decoded ({frame.error}).", where=path,
                        fix="remove its labels, or give an undamaged copy of the video",
                    )  # fmt: skip
                yield found[i], frame.image


def content_of(one: Found, image: Image) -> bytes:
    """The PNG of a picture: the very bytes of a PNG file of 8-bit colours, else the pixels encoded anew."""
    if one.file is not None and one.embedded is None:
        content = one.file.read_bytes()
        if content.startswith(_PNG) and content[24:26] in (b"\x08\x00", b"\x08\x02"):
            return content
    return png_bytes(image)


def _decoded(content: bytes, one: Found, place: Embedded, source: Path) -> Image:
    import cv2

    data = np.frombuffer(content, np.uint8)
    image = None
    if data.size and not (content.startswith(_PNG) and _n_pixels(content) > _MOST_PIXELS):
        try:
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        except cv2.error:
            image = None
    if image is None:
        raise DamagedFile(f"The picture {one.picture.label} in the file cannot be decoded.", where=source)
    return np.asarray(image if place.is_bgr else image[..., ::-1], np.uint8)


def _n_pixels(png: bytes) -> int:
    return int.from_bytes(png[16:20], "big") * int.from_bytes(png[20:24], "big")


def _names(folder: Path, pictures: Sequence[Picture], there: dict[int, str], n_frames: int | None) -> list[str]:
    """``img<number>.png`` for each picture: as it is called, else by its frame number, its digits, or the order."""
    numbers = [_number(folder, picture) for picture in pictures]
    others = [i for i, (kept, _) in enumerate(numbers) if not kept]
    wanted = [numbers[i][1] for i in others]
    taken = {number for kept, number in numbers if kept}
    if None in wanted or len(set(wanted)) < len(wanted) or taken & set(wanted):
        start = max([*(n for n in taken if n is not None), *there, -1]) + 1
        wanted = list(range(start, start + len(others)))
    alike = [*there.values(), *(p.name for p in pictures if re.fullmatch(r"img\d{1,18}\.png", p.name))]
    digits = max((len(name) - len("img.png") for name in alike), default=0)
    n = n_frames or max([*(number or 0 for number in wanted), 0]) + 1
    new = {i: number or 0 for i, number in zip(others, wanted, strict=True)}
    result = []
    for i, picture in enumerate(pictures):
        number = new.get(i, numbers[i][1])
        if number is not None and number in there:
            result.append(there[number])
        elif i in new:
            result.append(f"img{str(number).zfill(digits)}.png" if digits else frame_name(new[i], n))
        else:
            result.append(picture.name)
    return result


def _number(folder: Path, picture: Picture) -> tuple[bool, int | None]:
    """Whether a picture keeps its name, and its number."""
    if match := re.fullmatch(r"img(\d{1,18})\.png", picture.name):
        return True, int(match[1])
    if picture.name.lower().endswith(".png") and not picture.name.startswith(".") and (folder / picture.name).is_file():
        return True, None
    if picture.number is not None:
        return False, picture.number
    match = re.search(r"(\d{1,9})(?:\.\w+)?$", picture.name)
    return False, int(match[1]) if match else None


def _n_frames(video: Path | None) -> int | None:
    if video is None:
        return None
    with Video(video) as opened:
        return opened.n_frames
