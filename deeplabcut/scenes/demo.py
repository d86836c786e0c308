"""The demo: a synthetic arena with its truth, written as a video, indexed, read, cut and drawn."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np

from deeplabcut.core import geometry, progress
from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.files import atomic_write_bytes
from deeplabcut.core.poses import Array
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.tools import shorten_video
from deeplabcut.scenes.scene import Scene, SceneTruth, make_scene
from deeplabcut.visualization import colors, draw

SEEN = 2
MOVED_PX = 4.0
PICTURE_WIDTH_PX = 960


def demo(
    folder: Path = Path("demo-output"), *, n_animals: int = 2, n_frames: int = 300, n_random: int = 20, seed: int = 11
) -> Path:
    """Show what works: a synthetic arena rendered, indexed, read at random, cut and drawn.

    Parameters
    ----------
    folder : path
        Where everything is written.
    n_animals : int
        How many mice walk in the arena.
    n_frames : int
        How long the video is.
    n_random : int
        How many frames are read at random and compared with the scene.
    seed : int
        The same seed gives the same arena.
    """
    if n_animals < 1 or n_frames < 60 or n_random < 1:
        raise InvalidInput("The demo needs at least one animal, 60 frames, and one of them to compare.")
    say = progress.current().message
    folder.mkdir(parents=True, exist_ok=True)

    started_s = time.perf_counter()
    scene = make_scene(n_animals=n_animals, n_frames=n_frames, seed=seed)
    written = scene.write(folder, name="arena")
    truth = scene.truth()
    rate = n_frames / (time.perf_counter() - started_s)
    n_points = int((truth.visibility == SEEN).sum())
    say(f"1. Rendered {n_animals} mice for {n_frames} frames at {rate:.0f} frames/s, video and truth included:")
    say(f"   {written.videos[0]}")
    say(f"   {n_points:,} keypoints in sight, {int((truth.visibility == 1).sum()):,} hidden; all known exactly")

    started_s = time.perf_counter()
    with Video(written.videos[0]) as video:
        ms = 1000 * (time.perf_counter() - started_s)
        size = f"{video.width}x{video.height}"
        say(f"2. Indexed it in {ms:.0f} ms: {len(video)} frames of {size} at {video.fps:g} per second")
        worst = _worst_difference(video, scene, n_random, seed)
        say(f"3. Read {n_random} frames at random: each is the one that was rendered")
        say(f"   (mean difference at most {worst:.1f} of 255, without the grain of the sensor)")
        frame = _liveliest(truth)
        picture = _drawn(video.read(frame), truth, frame)

    clip = _clip(written.videos[0])
    with Video(clip) as video:
        say(f"4. Cut the second second into a clip of {len(video)} frames, without any ffmpeg program:")
    say(f"   {clip}")

    path = folder / "truth.png"
    _, png = cv2.imencode(".png", picture[..., ::-1])
    atomic_write_bytes(path, png.tobytes())
    say(f"5. Drew the true keypoints into frame {frame} (rings: hidden from the camera):")
    say(f"   {path}")
    return path


def _worst_difference(video: Video, scene: Scene, n: int, seed: int) -> float:
    """The largest mean difference of ``n`` frames read at random from the pictures that were rendered.

    Raises if a picture is more like its neighbours than like itself, although the animals moved in between.
    """
    worst = 0.0
    centres = np.nanmean(scene.truth().xy, axis=2)
    for index in np.random.default_rng(seed).integers(len(video), size=n).tolist():
        found = _without_grain(video.read(index))
        difference = np.abs(found - _without_grain(scene.render(index)))
        for other in {max(index - 4, 0), min(index + 4, len(video) - 1)}:
            moved = np.linalg.norm(centres[index] - centres[other], axis=-1).max(initial=0.0) > MOVED_PX
            if moved and np.sum(difference**2) > np.sum((found - _without_grain(scene.render(other))) ** 2):
                raise DamagedFile(f"Frame {index} of the video is not the one that was rendered.", where=video.path)
        worst = max(worst, float(difference.mean()))
    return worst


def _without_grain(image: Array) -> Array:
    """``image`` without what compression takes away: the noise of the sensor and the level of the light."""
    blurred = cv2.GaussianBlur(image, (0, 0), 2).astype(np.float32)
    return np.asarray(blurred - blurred.mean(axis=(0, 1)))


def _liveliest(truth: SceneTruth) -> int:
    """The frame in which the animals are nearest to each other with most points in sight."""
    centres = np.nanmean(truth.xy, axis=2)
    spread = np.linalg.norm(centres - centres.mean(axis=1, keepdims=True), axis=-1).sum(axis=1)
    seen = (truth.visibility == SEEN).mean(axis=(1, 2))
    return int(np.argmin(spread + 2000 * (1 - seen)))


def _drawn(image: Array, truth: SceneTruth, frame: int) -> Array:
    """The part of ``image`` with animals, enlarged, with the skeleton and the keypoints of ``frame``."""
    height, width = image.shape[:2]
    points = truth.xy[frame].reshape(-1, 2)
    left, top, box_width, box_height = geometry.boxes_of(points, margin_px=40, image_size=(width, height))
    part_width = min(width, max(box_width, box_height * width / height))
    part_height = part_width * height / width
    x = np.clip(left + box_width / 2 - part_width / 2, 0, width - part_width)
    y = np.clip(top + box_height / 2 - part_height / 2, 0, height - part_height)
    enlarge = geometry.compose(
        geometry.translation(-x, -y), geometry.scaling(PICTURE_WIDTH_PX / part_width, about_edges=True)
    )
    size = (PICTURE_WIDTH_PX, round(PICTURE_WIDTH_PX * height / width))
    picture = cv2.warpAffine(image, enlarge, size, flags=cv2.INTER_CUBIC)
    xy = geometry.apply(enlarge, truth.xy[frame])
    shades = colors.spread(truth.plan.n_bodyparts)
    draw.bones(picture, xy, truth.plan.bones, (245, 245, 245))
    draw.keypoints(picture, xy, shades, radius_px=5, hollow=truth.visibility[frame] != SEEN)
    draw.legend(picture, truth.plan.bodyparts, shades)
    return np.asarray(picture)


def _clip(video: Path) -> str:
    out = video.with_name(f"{video.stem}short{video.suffix}")
    out.unlink(missing_ok=True)
    return shorten_video(video, start="00:00:01", stop="00:00:02")
