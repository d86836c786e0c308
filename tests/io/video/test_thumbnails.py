"""Small pictures show what the whole frames show there, and say which frames are damaged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core import progress
from deeplabcut.core.errors import Cancelled, InvalidInput, VideoError
from deeplabcut.io.video import thumbnails as module
from deeplabcut.io.video.classic import VideoReader
from deeplabcut.io.video.frame_selection import (
    Wish,
    choose_frames,
    kmeans_of_clip,
    kmeans_of_reader,
    uniform_of_clip,
    uniform_of_reader,
)
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.thumbnails import thumbnails
from deeplabcut.io.video.write import VideoSink


def nearest(image, width, crop):
    """The pixels in the middle of equal parts of a part of the picture."""
    x1, x2, y1, y2 = crop
    height = max(1, round((y2 - y1) * width / (x2 - x1)))
    rows = y1 + ((np.arange(height) + 0.5) * (y2 - y1) / height).astype(int)
    columns = x1 + ((np.arange(width) + 0.5) * (x2 - x1) / width).astype(int)
    return image[rows[:, None], columns].astype(float)


def expected(video, indices, width, crop):
    return np.stack([nearest(frame.image, width, crop) for frame in video.read_many(indices)])


def test_small_pictures_are_those_of_whole_frames_in_every_kind_of_video(barcoded, kind):
    with Video(barcoded(kind).path) as video:
        crop = (3, video.width - 6, 1, video.height - 2)
        indices = range(0, video.n_frames, 7)
        wanted = expected(video, indices, 30, crop)
        colour = thumbnails(video, indices, 30, color=True, crop=crop)
        grey = thumbnails(video, indices, 30, crop=crop)
    assert colour.images.dtype == np.uint8 and colour.images.shape == wanted.shape
    assert np.abs(colour.images - wanted).max() <= 2
    assert np.abs(grey.images - wanted.mean(axis=-1)).max() <= 2
    assert grey.images.std() > 40  # not a plain surface, in which every place looks right
    assert not grey.errors and grey.is_whole.all()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_videos_are_shown_as_displayed(tmp_path, barcode, rotation):
    path = barcode.encode(tmp_path / "turned.mp4", range(5), rotation=rotation)
    with Video(path) as video:
        crop = (2, video.width - 10, 4, video.height)
        images = thumbnails(video, range(5), 40, color=True, crop=crop).images
        assert np.abs(images - expected(video, range(5), 40, crop)).max() <= 2


@pytest.mark.parametrize("size", [(160, 96), (163, 99)])
def test_pixels_with_a_byte_that_says_nothing_are_read_right(tmp_path, barcode, size):
    path = tmp_path / "padded.mkv"
    with VideoSink(path, size=size, fps=25, codec="ffv1") as sink:
        for number in range(5):
            sink.add(barcode.draw(number, size))
    with Video(path) as video:
        assert video.look.pixel_format == "bgr0"
        (plane,) = video.frame(3, format="planes").planes
        assert np.array_equal(plane[..., 2::-1], barcode.draw(3, size))
        images = thumbnails(video, range(5), 40, color=True).images
        assert np.array_equal(images, expected(video, range(5), 40, (0, size[0], 0, size[1])))


@given(data=st.data())
def test_any_part_and_width_fit(barcoded, data):
    with Video(barcoded("mp4 at constant rate").path) as video:
        x1, y1 = data.draw(st.integers(0, video.width - 1)), data.draw(st.integers(0, video.height - 1))
        x2, y2 = data.draw(st.integers(x1 + 1, video.width)), data.draw(st.integers(y1 + 1, video.height))
        width = data.draw(st.integers(1, x2 - x1))
        images = thumbnails(video, [4, 5], width, color=True, crop=(x1, x2, y1, y2)).images
        assert np.abs(images - expected(video, [4, 5], width, (x1, x2, y1, y2))).max() <= 2


def test_pictures_of_more_frames_than_are_converted_together_keep_their_order(plain):
    with Video(plain.path) as video:
        indices = [*range(60), *range(59, -1, -1), 7, 7]
        images = thumbnails(video, indices, 160).images
        assert np.array_equal(images[:60], images[60:120][::-1])
        assert np.array_equal(images[120], images[7]) and np.array_equal(images[121], images[7])


@pytest.mark.parametrize("kind_of_video", ["mp4 at constant rate", "avi with motion jpeg", "mkv with alpha"])
def test_whole_frames_of_usual_videos_are_not_converted(barcoded, kind_of_video, monkeypatch):
    with Video(barcoded(kind_of_video).path) as video:
        monkeypatch.setattr(module._Sheet, "_unturned", None)
        assert thumbnails(video, range(3), 20).images.any()


def test_a_change_of_the_pixel_format_midway_is_followed(tmp_path, barcode):
    path = barcode.changing(
        tmp_path / "changing.mkv", sizes=((160, 96), (160, 96)), pixel_formats=("yuv420p", "yuv444p")
    )
    with Video(path) as video:
        images = thumbnails(video, range(30), 40, color=True).images
        assert np.abs(images - expected(video, range(30), 40, (0, 160, 0, 96))).max() <= 2


def test_a_change_of_size_midway_is_refused(tmp_path, barcode):
    path = barcode.changing(
        tmp_path / "changing.mkv", sizes=((160, 96), (96, 160)), pixel_formats=("yuv420p", "yuv420p")
    )
    with Video(path) as video, pytest.raises(VideoError, match="change size"):
        thumbnails(video, range(30), 40)


@pytest.mark.parametrize(
    ("indices", "width", "crop"),
    [([60], 30, None), ([-1], 30, None), ([0], 161, None), ([0], 0, None), ([0], 30, (0, 20, 0, 20)),
     ([0], 3, (0, 161, 0, 20)), ([0], 3, (5, 5, 0, 20)), ([0], 3, (-1, 5, 0, 20))],
)  # fmt: skip
def test_what_is_not_there_is_refused(plain, indices, width, crop):
    with Video(plain.path) as video, pytest.raises(InvalidInput):
        thumbnails(video, indices, width, crop=crop)


@pytest.fixture
def damaged(barcoded, barcode, tmp_path):
    """Twenty damaged packets in the middle."""
    made = barcoded("mp4 at constant rate")
    return barcode.damage(made.path, tmp_path / "damaged.mp4", range(20, 40))


def test_T12_damaged_frames_are_named_and_the_others_are_right(damaged, plain):
    with Video(damaged) as video, Video(plain.path) as whole:
        small = thumbnails(video, range(60), 40)
        state = {s.index: s.error for s in video.states()}
        assert small.errors == {index: error for index, error in state.items() if error}
        assert 10 < len(small.errors) < 40
        assert not small.images[~small.is_whole].any()
        good = np.flatnonzero(small.is_whole)
        assert np.array_equal(small.images[good], thumbnails(whole, good, 40).images)


@pytest.mark.parametrize("algorithm", ["kmeans", "uniform"])
def test_T12_damaged_frames_are_never_chosen_and_others_take_their_place(damaged, algorithm):
    with Video(damaged) as video:
        bad = {s.index for s in video.states() if s.error}
        choices = [choose_frames(video, Wish(15, algorithm=algorithm), np.random.default_rng(s)) for s in range(4)]
        everything = choose_frames(video, Wish(60, algorithm=algorithm), np.random.default_rng(0))
    for choice in choices:
        assert len(choice.frames) == 15 and not bad & set(choice.frames.tolist())
        assert choice.damaged and set(choice.damaged) <= bad
    assert set(everything.frames.tolist()) == set(range(60)) - bad and set(everything.damaged) == bad


def test_a_random_choice_decodes_its_frames_only(plain, monkeypatch):
    asked = []
    with Video(plain.path) as video:
        pictures = video.pictures
        monkeypatch.setattr(video, "pictures", lambda numbers: (asked.extend(numbers), pictures(numbers))[1])
        chosen = choose_frames(video, Wish(5, algorithm="uniform"), np.random.default_rng(0)).frames
    assert asked == chosen.tolist()


def test_looking_at_a_video_can_be_cancelled(plain):
    voice = progress.Progress()

    class Impatient(progress.Silent):
        def update(self, task):
            if task.done == 3:
                voice.cancel()

    voice.reporter = Impatient()
    with progress.in_force(voice), Video(plain.path) as video, pytest.raises(Cancelled):
        thumbnails(video, range(60), 20)


# --- the functions with the historical parameters


@pytest.fixture
def reader(plain):
    with VideoReader(plain.path) as opened:
        yield opened


def test_readers_give_plain_numbers_inside_the_part(reader):
    uniform = uniform_of_reader(reader, 5, 0.25, 0.75, seed=1)
    different = kmeans_of_reader(reader, 5, 0.25, 0.75, seed=1)
    for frames in (uniform, different):
        assert len(frames) == 5 and all(type(frame) is int and 15 <= frame < 45 for frame in frames)
    assert uniform == uniform_of_reader(reader, 5, 0.25, 0.75, seed=1)
    assert different == kmeans_of_reader(reader, 5, 0.25, 0.75, seed=1)
    assert kmeans_of_reader(reader, 5, 0, 1, step=13) == [0, 13, 26, 39, 52]


def test_readers_choose_among_given_frames(reader):
    among = [15, 16, 20, 30, 44, 45, 59]
    assert uniform_of_reader(reader, 20, 0.25, 0.75, Index=among) == [16, 20, 30, 44]
    assert kmeans_of_reader(reader, 20, 0.25, 0.75, Index=np.array(among)) == [16, 20, 30, 44]
    assert set(kmeans_of_reader(reader, 2, 0.25, 0.75, Index=among)) < {16, 20, 30, 44}


def test_the_choice_looks_at_the_bounding_box_only(tmp_path, barcode):
    """Everything happens left; right there is one frame that differs."""
    path = tmp_path / "half.mkv"
    with VideoSink(path, size=(80, 40), fps=25, codec="ffv1") as sink:
        for number in range(60):
            image = np.full((40, 80, 3), 100, np.uint8)
            image[:, :40] = 4 * number
            image[:, 40:] = 250 if number == 33 else 100
            sink.add(image)
    with VideoReader(path) as opened:
        opened.set_bbox(40, 80, 0, 40)
        assert all(33 in kmeans_of_reader(opened, 2, 0, 1, seed=seed) for seed in range(5))
        with pytest.raises(InvalidInput, match="40 pixels cannot be shrunk to a width of 41"):
            kmeans_of_reader(opened, 2, 0, 1, resizewidth=41)


class Clip:
    """What moviepy gives: pictures by time."""

    fps, duration = 25.0, 2.4

    def __init__(self, images):
        self.images = images

    def get_frame(self, t):
        return self.images[int(self.fps * t + 1e-5)]


def test_clips_of_other_libraries_give_the_same_frames(plain):
    with Video(plain.path) as video:
        clip = Clip([frame.image for frame in video.frames()])
    with VideoReader(plain.path) as opened:
        assert uniform_of_clip(clip, 7, 0.1, 0.9, seed=3) == uniform_of_reader(opened, 7, 0.1, 0.9, seed=3)
        assert kmeans_of_clip(clip, 7, 0.1, 0.9, seed=3) == kmeans_of_reader(opened, 7, 0.1, 0.9, seed=3)
        both = [f(c, 7, 0, 1, step=2, color=True, resizewidth=12, seed=3)
                for f, c in ((kmeans_of_clip, clip), (kmeans_of_reader, opened))]  # fmt: skip
        assert both[0] == both[1]


@pytest.mark.parametrize("wrong", [{"algorithm": "kmean"}, {"n": 0}, {"step": 0}, {"width": 0}])
def test_an_impossible_wish_is_refused(wrong):
    with pytest.raises(InvalidInput):
        Wish(**{"n": 5, **wrong})
