"""Frames of a project's videos become PNG files: the right ones, all of a video or none, and labels are never lost."""

import builtins
import functools
import inspect
import random
import shutil
import tempfile
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut._names import GUI_SENTENCE
from deeplabcut.core import faults, progress
from deeplabcut.core.config import new_3d_project_config, new_project_config, read_config
from deeplabcut.core.config.project_3d import Project3DConfig
from deeplabcut.core.errors import Cancelled, InvalidInput
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset import frame_extraction, frame_files, matched_cameras
from deeplabcut.generate_training_dataset.frame_extraction import extract_frames, select_cropping_area
from deeplabcut.generate_training_dataset.frame_files import frame_name
from deeplabcut.generate_training_dataset.matched_cameras import _camera_in
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.images import read_image
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.write import VideoSink

SIZE = (64, 48)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    """Packet indices of tests stay with the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def bars(number, size=SIZE):
    """A picture that tells its number: six bits as black and white columns, above a surface of the same mean."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for bit in range(6):
        columns = slice(bit * size[0] // 6, (bit + 1) * size[0] // 6)
        image[: size[1] // 2, columns] = 255 * (number >> bit & 1)
        image[size[1] // 2 :, columns] = 255 * (1 - (number >> bit & 1))
    return image


def number_in(image):
    top = image[: image.shape[0] // 2].mean(axis=(0, 2))
    return sum((part.mean() > 127) << bit for bit, part in enumerate(np.array_split(top, 6)))


@functools.cache
def content(suffix, n, codec):
    with tempfile.TemporaryDirectory() as folder:
        return encoded(Path(folder) / f"film{suffix}", n, bars, SIZE, codec).read_bytes()


def film(path, n=60, codec="ffv1"):
    """A video whose frames tell their numbers; encoded once for all tests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(path.suffix, n, codec))
    return path


def encoded(path, n, draw, size, codec="ffv1"):
    with VideoSink(path, size=size, fps=25, codec=codec) as sink:
        for number in range(n):
            sink.add(draw(number, size))
    return path


class Lab:
    """A project with videos whose frames tell their numbers."""

    def __init__(self, path, names=("m1.mkv", "m2.mkv"), n=60, **settings):
        self.path = path
        for name in names:
            film(path / "videos" / name, n)
        keys = {(path / "videos" / name).as_posix(): {"crop": f"0, {SIZE[0]}, 0, {SIZE[1]}"} for name in names}
        self.config = new_project_config("reach", "Ada", "Nov20", path, video_sets=keys)
        self.set(numframes2pick=5, **settings)

    @property
    def config_file(self):
        return self.path / "config.yaml"

    def set(self, **values):
        for name, value in values.items():
            self.config[name] = value
        self.config.to_yaml(self.config_file)

    def set_crop(self, crop, stem="m1"):
        self.set(
            video_sets={
                k: {"crop": crop if Path(k).stem == stem else v["crop"]} for k, v in self.config.video_sets.items()
            }
        )

    def frames(self, stem="m1"):
        folder = self.path / "labeled-data" / stem
        return {path.name: read_image(path) for path in sorted(folder.glob("*.png"))}

    def numbers(self, stem="m1"):
        return [int(name[3:-4]) for name in self.frames(stem)]

    def everything(self):
        return {path.relative_to(self.path): path.read_bytes() for path in self.path.rglob("*") if path.is_file()}

    def extract(self, **how):
        return extract_frames(self.config_file, **{"userfeedback": False, "seed": 0, **how})

    def label(self, stem, names, scorer="Ada"):
        plan = BodyPlan(("snout",))
        keys = tuple(("labeled-data", stem, name) for name in names)
        labels = Annotations(plan, scorer, keys, np.full((len(names), 1, 1, 2), 7.5))
        write_annotations(self.path / "labeled-data" / stem, labels)


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path / "reach")


def answers(monkeypatch, *given_):
    asked = []
    replies = iter(given_)
    monkeypatch.setattr(builtins, "input", lambda question: (asked.append(question), next(replies))[1])
    return asked


# --- the frames


@pytest.mark.parametrize("algo", ["kmeans", "uniform"])
def test_every_video_gives_the_frames_asked_for_under_their_numbers(lab, algo):
    assert lab.extract(algo=algo) == [False, False]
    for stem in ("m1", "m2"):
        frames = lab.frames(stem)
        assert len(frames) == 5
        assert all(name == f"img{number_in(image):02d}.png" for name, image in frames.items())
        assert all(np.array_equal(image, bars(number_in(image))) for image in frames.values())
    assert sorted(entry.name for entry in (lab.path / "labeled-data" / "m1").iterdir()) == sorted(lab.frames())


@pytest.mark.parametrize("algo", ["kmeans", "uniform"])
def test_only_the_part_between_start_and_stop_is_used(lab, algo):
    lab.set(start=0.25, stop=0.5, numframes2pick=15)
    lab.extract(algo=algo)
    assert lab.numbers() == list(range(15, 30))  # the first frame is read at its own place


def test_a_cluster_step_leaves_frames_out(lab):
    lab.extract(cluster_step=7, cluster_resizewidth=8, cluster_color=True)
    assert len(lab.numbers()) == 5 and all(number % 7 == 0 for number in lab.numbers())


@pytest.mark.parametrize("algo", ["kmeans", "uniform"])
def test_a_seed_makes_the_choice_repeatable_for_each_video_alone(lab, tmp_path, algo):
    lab.extract(algo=algo, seed=3)
    twin, alone, other = (Lab(tmp_path / name) for name in ("twin", "alone", "other"))
    twin.extract(algo=algo, seed=3)
    alone.extract(algo=algo, seed=3, videos_list=["m2"])
    other.extract(algo=algo, seed=4)
    assert lab.numbers() == twin.numbers() != other.numbers()
    assert lab.numbers("m2") == twin.numbers("m2") == alone.numbers("m2")
    assert alone.numbers("m1") == []


@pytest.mark.parametrize(
    ("n_frames", "name"),
    [(1, "img0.png"), (10, "img7.png"), (11, "img07.png"), (100, "img07.png"), (101, "img007.png"),
     (2330, "img0007.png")],
)  # fmt: skip
def test_names_have_the_digits_of_the_whole_video(n_frames, name):
    assert frame_name(0 if n_frames == 1 else 7, n_frames) == name


def test_fewer_frames_than_asked_for_are_all_taken_and_said(lab, caplog):
    lab.set(start=0, stop=0.05, numframes2pick=9)
    assert lab.extract() == [False, False]
    assert lab.numbers() == [0, 1, 2]
    assert "m1: 3 of 9 frames extracted: only 3 between start and stop to choose from." in caplog.text


def test_frames_that_are_there_stay_as_they_are(lab, caplog):
    lab.extract(mode="list", frames=[4, 5])
    mine = lab.path / "labeled-data" / "m1" / "img04.png"
    mine.write_bytes(b"edited by hand")
    before = mine.stat().st_mtime_ns
    assert lab.extract(mode="list", frames=[4, 6]) == [False, False]
    assert mine.read_bytes() == b"edited by hand" and mine.stat().st_mtime_ns == before
    assert sorted(entry.name for entry in mine.parent.iterdir()) == ["img04.png", "img05.png", "img06.png"]
    assert "m1: 1 of 2 frames extracted: 1 extracted before." in caplog.text


def test_the_names_and_defaults_of_the_parameters_are_the_historical_ones():
    parameters = list(inspect.signature(extract_frames).parameters.values())
    assert [(p.name, p.default) for p in parameters[1:13]] == [
        ("mode", "automatic"), ("algo", "kmeans"), ("crop", False), ("userfeedback", True), ("cluster_step", 1),
        ("cluster_resizewidth", 30), ("cluster_color", False), ("opencv", True), ("slider_width", 25),
        ("config3d", None), ("extracted_cam", 0), ("videos_list", None),
    ]  # fmt: skip
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[13:])


# --- lists of frames


def test_listed_frames_are_extracted_exactly(lab):
    assert lab.extract(mode="list", frames=[59, 0, 33, 33]) == [False, False]
    assert lab.numbers("m1") == lab.numbers("m2") == [0, 33, 59]
    assert [number_in(image) for image in lab.frames().values()] == [0, 33, 59]


def test_each_video_can_have_a_list_of_its_own(lab):
    assert lab.extract(mode="manual", frames={"m2": [1, 2]}) == [False]
    assert (lab.numbers("m1"), lab.numbers("m2")) == ([], [1, 2])
    lab.set(numframes2pick=0)  # without a meaning here
    assert lab.extract(mode="list", frames={str(lab.path / "videos" / "m1.mkv"): [3], "m2.mkv": [4]}) == [False] * 2
    assert (lab.numbers("m1"), lab.numbers("m2")) == ([3], [1, 2, 4])


@pytest.mark.parametrize(
    ("frames", "message"),
    [([60], "m1: there is no frame 60"), ([-1], "no frame -1"), ([], "empty"), ({"m3": [1]}, "m3 is not one of"),
     ({"m1": [1], "m2": [99]}, "m2: there is no frame 99")],
)  # fmt: skip
def test_a_wrong_list_is_refused_before_anything_is_written(lab, frames, message):
    before = lab.everything()
    with pytest.raises(InvalidInput, match=message):
        lab.extract(mode="list", frames=frames)
    assert lab.everything() == before


# --- arguments that cannot work


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"mode": "auto"}, "automatic, manual, match, list"),
        ({"algo": "knn"}, "kmeans, uniform"),
        ({"mode": "manual"}, "browser GUI"),
        ({"crop": "GUI"}, "browser GUI"),
        ({"crop": "yes"}, "crop is True, False"),
        ({"mode": "list"}, "needs the numbers"),
        ({"frames": [1]}, 'mode="automatic"'),
        ({"mode": "match"}, "config3d"),
        ({"cluster_step": 0}, "step"),
        ({"cluster_resizewidth": 65}, "at most 64"),
        ({"videos_list": ["m3"]}, "m1, m2"),
        ({"videos_list": []}, "an empty list"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(lab, monkeypatch, how, message):
    before = lab.everything()
    asked = answers(monkeypatch)
    with pytest.raises(InvalidInput) as caught:
        lab.extract(**{"userfeedback": True, **how})
    assert message in str(caught.value)
    assert lab.everything() == before and not asked


def test_tools_that_need_the_gui_say_so(lab):
    for call in (lambda: lab.extract(mode="manual"), lambda: lab.extract(crop="GUI"),
                 lambda: select_cropping_area(lab.config_file)):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            call()
        assert GUI_SENTENCE in str(caught.value)


def test_nothing_is_asked_of_zero_frames(lab):
    lab.set(numframes2pick=0)
    with pytest.raises(InvalidInput, match="number of frames") as caught:
        lab.extract()
    assert "numframes2pick in config.yaml" in caught.value.fix


# --- which videos


@pytest.mark.parametrize("name", ["m2", "m2.mkv", "/elsewhere/m2.mkv", "C:\\films\\m2.avi"])
def test_videos_are_chosen_by_path_or_name(lab, name):
    assert lab.extract(videos_list=[name]) == [False]
    assert (len(lab.numbers("m1")), len(lab.numbers("m2"))) == (0, 5)


def test_videos_that_are_not_of_the_project_are_named(lab, caplog):
    assert lab.extract(videos_list=[lab.path / "videos" / "m1.mkv", "m7"]) == [False]
    assert "left out: m7" in caplog.text and lab.numbers("m2") == []


def test_videos_that_share_a_stem_are_used_once(lab, caplog):
    film(lab.path / "videos" / "m1.avi")
    lab.set(video_sets={**lab.config.video_sets, (lab.path / "videos" / "m1.avi").as_posix(): {"crop": "0, 64, 0, 48"}})
    assert lab.extract() == [False, False]
    assert len(lab.numbers("m1")) == 5 and "share a folder of frames" in caplog.text


def test_a_project_without_videos_says_so(lab):
    lab.set(video_sets={})
    with pytest.raises(RuntimeError, match="no videos"):
        lab.extract()


def test_a_video_that_is_missing_is_reported_and_the_next_one_follows(lab, caplog):
    (lab.path / "videos" / "m1.mkv").unlink()
    outcome = lab.extract()
    assert outcome == [True, False] and outcome.exit_code == 1
    assert "m1: failed: The video cannot be found" in outcome.lines()[0] and outcome.lines()[1] == "m2: done"
    assert len(lab.numbers("m2")) == 5
    assert "No frames of m1: The video cannot be found" in caplog.text
    assert not (lab.path / "labeled-data" / "m1").exists()


@pytest.mark.parametrize("key", ["..", "file:///etc/passwd", "\\\\server\\share\\m.mkv", "../../m.mkv"])
def test_a_path_that_is_not_followed_is_reported_and_the_next_one_follows(lab, caplog, key):
    lab.set(video_sets={key: {"crop": "0, 64, 0, 48"}, **lab.config.video_sets})
    assert lab.extract() == [True, False, False]
    assert "The video cannot be found: this " in caplog.text
    assert sorted(entry.name for entry in (lab.path / "labeled-data").iterdir()) == ["m1", "m2"]


def test_T11_files_that_are_no_videos_each_get_a_message(lab, caplog):
    for name, content in (("m1.mkv", b""), ("m2.mkv", b"some text")):
        (lab.path / "videos" / name).write_bytes(content)
    with pytest.raises(RuntimeError, match=r"(?s)No frames were extracted.*m1: .*m2: "):
        lab.extract()
    assert "No frames of m1" in caplog.text and "No frames of m2" in caplog.text


def test_T22_a_moved_project_needs_no_editing(lab, tmp_path):
    moved = tmp_path / "some where" / "else"
    moved.parent.mkdir()
    shutil.move(lab.path, moved)
    before = (moved / "config.yaml").read_bytes()
    assert extract_frames(moved, userfeedback=False) == [False, False]
    assert len(list((moved / "labeled-data" / "m1").glob("*.png"))) == 5
    assert (moved / "config.yaml").read_bytes() == before and not lab.path.exists()


ODD = [
    "鼠 é",
    "e\u0301cole",
    "\N{MOUSE}",
    "a;b $(touch marker) 'x'",
    "%d%s",
    "-n",
    "x" * 251,
    "tr.ailing.",
    "CON",
    "new\nline",
]


@pytest.mark.parametrize("stem", ODD)
def test_T21_any_name_of_a_video_works(tmp_path, stem):
    lab = Lab(tmp_path / "odd \N{MOUSE} 'folder'", [f"{stem}.mkv"])
    assert lab.extract() == [False]
    frames = lab.frames(stem)
    assert len(frames) == 5 and all(number_in(image) == int(name[3:-4]) for name, image in frames.items())
    assert not Path("marker").exists()


# --- questions


def test_each_video_is_asked_for_and_no_leaves_it_out(lab, monkeypatch):
    asked = answers(monkeypatch, "no", "yes")
    assert lab.extract(userfeedback=True) == [False]
    assert (len(lab.numbers("m1")), len(lab.numbers("m2"))) == (0, 5)
    assert "m1" in asked[0] and "m2" in asked[1]


def test_adding_to_frames_that_are_there_is_asked_for_and_no_only_skips_the_video(lab, monkeypatch):
    lab.extract(mode="list", frames={"m1": [1, 2]})
    asked = answers(monkeypatch, "yes", "no", "Ja")
    assert lab.extract(userfeedback=True) == [False]
    assert lab.numbers("m1") == [1, 2] and len(lab.numbers("m2")) == 5
    assert "2 frames already" in asked[1]


def test_who_wants_nothing_gets_nothing(lab, monkeypatch):
    answers(monkeypatch, "no", "no")
    before = lab.everything()
    assert lab.extract(userfeedback=True) == []
    assert lab.everything() == before


# --- damage, faults and stopping


def lossy_lab(tmp_path):
    """A project whose video has twenty damaged packets in the middle."""
    lab = Lab(tmp_path / "lossy", ["m1.mkv"])
    path = film(lab.path / "videos" / "h.mp4", 60, codec="h264")
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    content, noise = bytearray(path.read_bytes()), random.Random(0)
    for start, size in places[20:40]:
        content[start : start + size] = noise.randbytes(size)
    path.write_bytes(content)
    lab.set(video_sets={path.as_posix(): {"crop": "0, 64, 0, 48"}}, numframes2pick=12)
    return lab


@pytest.mark.parametrize("algo", ["kmeans", "uniform"])
def test_T12_damaged_frames_are_passed_over_and_named(tmp_path, caplog, algo):
    lab = lossy_lab(tmp_path)
    with Video(lab.path / "videos" / "h.mp4") as video:
        bad = {state.index for state in video.states() if state.error}
    assert bad
    assert lab.extract(algo=algo) == [False]
    frames = lab.frames("h")
    assert len(frames) == 12 and not bad & set(lab.numbers("h"))
    assert all(number_in(image) == int(name[3:-4]) for name, image in frames.items())
    assert "damaged and passed over" in caplog.text


def test_T12_a_listed_frame_that_is_damaged_is_not_written(tmp_path, caplog):
    lab = lossy_lab(tmp_path)
    with Video(lab.path / "videos" / "h.mp4") as video:
        bad = next(state.index for state in video.states() if state.error)
    assert lab.extract(mode="list", frames=[0, bad]) == [False]
    assert lab.numbers("h") == [0]
    assert f"1 of 2 frames extracted: 1 damaged and passed over ({bad})." in caplog.text
    with pytest.raises(RuntimeError, match="No frame can be extracted"):
        lab.extract(mode="list", frames=[bad])


@pytest.mark.parametrize("fault", ["write:3", "fsync:4", "replace:3"])
def test_T6_a_failing_disk_leaves_all_frames_of_a_video_or_none(lab, fault):
    for name in ("m1.mkv", "m2.mkv"):
        Video(lab.path / "videos" / name).close()  # they are indexed now, which writes too
    with faults.injected(fault):
        assert lab.extract(mode="list", frames=[10, 20, 30, 40]) == [True, False]
    assert not (lab.path / "labeled-data" / "m1").exists()
    assert lab.numbers("m2") == [10, 20, 30, 40]


def test_T5_a_full_disk_is_named_and_leaves_no_part_of_a_frame(lab):
    with faults.injected("enospc:500"), pytest.raises(RuntimeError, match=r"m1: failed: The disk \(or quota\) is full"):
        lab.extract()
    assert not list(lab.path.rglob("*.png")) and not list(lab.path.rglob("*.part"))


def test_T9_a_folder_that_may_not_be_written_is_noticed_before_the_video_is_read(read_only_folder, monkeypatch):
    lab = Lab(read_only_folder / "reach", ["m1.mkv"])
    folder = lab.path / "labeled-data"
    folder.mkdir()
    monkeypatch.setattr(frame_extraction, "choose_frames", None)  # would fail in another way
    folder.chmod(0o500)
    try:
        with pytest.raises(RuntimeError, match="No permission"):
            lab.extract()
        folder.chmod(0o700)
        (folder / "m1").mkdir()
        (folder / "m1").chmod(0o500)
        with pytest.raises(RuntimeError, match="read-only"):
            lab.extract()
    finally:
        folder.chmod(0o700)
        if (folder / "m1").exists():
            (folder / "m1").chmod(0o700)


@pytest.mark.parametrize("task", ["compare", "write"])
def test_stopping_leaves_no_frame_of_the_unfinished_video(lab, task):
    voice = progress.Progress()

    class Impatient(progress.Silent):
        def update(self, one):
            if one.name == task and one.done == 3:
                voice.cancel()

    voice.reporter = Impatient()
    with progress.in_force(voice), pytest.raises(Cancelled):
        lab.extract()
    assert lab.numbers("m1") == lab.numbers("m2") == []
    assert not (lab.path / "labeled-data" / "m1").exists()


def test_the_video_is_never_changed(lab):
    path = lab.path / "videos" / "m1.mkv"
    before = path.read_bytes(), path.stat().st_mtime_ns
    lab.extract()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["m1.mkv", "m2.mkv"]


# --- crops


def blob(x, y, size):
    """A bright spot whose centre of mass is at (x, y)."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    light = 220 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 3.0**2))
    return np.repeat(np.rint(light).astype(np.uint8)[..., None], 3, axis=-1)


def centre_of(image):
    light = image[..., 0].astype(float)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    return (light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()


SPOTS = [(30.0 + 7.37 * k, 25.0 + 3.71 * k) for k in range(12)]
FIELD = (144, 96)


@pytest.fixture(scope="module")
def spotted(tmp_path_factory):
    path = tmp_path_factory.mktemp("spots") / "m1.mkv"
    encoded(path, len(SPOTS), lambda k, size: blob(*SPOTS[k], size), FIELD)
    return path


@settings(max_examples=25)
@given(data=st.data())
def test_points_are_found_at_their_place_minus_the_corner_of_the_crop(spotted, tmp_path_factory, data):
    k = data.draw(st.integers(0, len(SPOTS) - 1))
    x, y = SPOTS[k]
    x1, x2 = data.draw(st.integers(0, int(x) - 14)), data.draw(st.integers(int(x) + 15, FIELD[0]))
    y1, y2 = data.draw(st.integers(0, int(y) - 14)), data.draw(st.integers(int(y) + 15, FIELD[1]))
    folder = tmp_path_factory.mktemp("cropped")
    config = new_project_config(
        "reach", "Ada", "Nov20", folder, video_sets={spotted.as_posix(): {"crop": f"{x1}, {x2}, {y1}, {y2}"}}
    )
    extract_frames(config, mode="list", frames=[k], crop=True, userfeedback=False)
    image = read_image(next((folder / "labeled-data" / "m1").glob("*.png")))
    assert image.shape == (y2 - y1, x2 - x1, 3)
    assert centre_of(image) == pytest.approx((x - x1, y - y1), abs=0.01)


def test_frames_are_cropped_with_whole_pixels_only_if_asked(tmp_path):
    """A crop kept as fractions of the width would be off by one for some of these."""
    ramp = np.repeat((np.arange(720) % 251).astype(np.uint8)[None, :, None], 8, axis=0).repeat(3, axis=2)
    (tmp_path / "videos").mkdir()
    encoded(tmp_path / "videos" / "m1.mkv", 1, lambda *_: ramp, (720, 8))
    key = (tmp_path / "videos" / "m1.mkv").as_posix()
    for x1 in (13, 26, 49):
        shutil.rmtree(tmp_path / "labeled-data", ignore_errors=True)
        config = new_project_config("reach", "Ada", "Nov20", tmp_path, video_sets={key: {"crop": f"{x1}, 720, 0, 8"}})
        extract_frames(config, mode="list", frames=[0], crop=True, userfeedback=False)
        assert np.array_equal(read_image(tmp_path / "labeled-data" / "m1" / "img0.png"), ramp[:, x1:])
        shutil.rmtree(tmp_path / "labeled-data")
        extract_frames(config, mode="list", frames=[0], userfeedback=False)
        assert np.array_equal(read_image(tmp_path / "labeled-data" / "m1" / "img0.png"), ramp)


@pytest.mark.parametrize("crop", ["0, 65, 0, 48", "0, 64, 0, 49", "10, 5, 0, 48", "a, b, c, d", "0, 64, 0"])
def test_a_crop_that_does_not_fit_is_refused_before_anything_is_written(lab, crop):
    lab.set_crop(crop, "m2")
    before = lab.everything()
    with pytest.raises(InvalidInput) as caught:
        lab.extract(crop=True)
    assert "m2" in str(caught.value) and lab.everything() == before
    assert lab.extract(crop=False) == [False, False]


def test_crops_are_written_once_all_are_known_to_fit(lab):
    before = lab.everything()
    with pytest.raises(InvalidInput, match="64 x 48"):
        select_cropping_area(lab.config_file, crops={"m1": (0, 20, 0, 20), "m2": (0, 65, 0, 20)})
    with pytest.raises(InvalidInput, match="m9"):
        select_cropping_area(lab.config_file, crops={"m9": (0, 20, 0, 20)})
    with pytest.raises(InvalidInput, match="m1"):
        select_cropping_area(lab.config_file, videos=["m2"], crops={"m1": (0, 20, 0, 20)})
    assert lab.everything() == before
    config = select_cropping_area(lab.config_file, crops={"m1": (3, 40, 5, 45)})
    assert config.video_sets == read_config(lab.config_file).video_sets
    assert [entry["crop"] for entry in config.video_sets.values()] == ["3, 40, 5, 45", "0, 64, 0, 48"]
    lab.extract(crop=True, mode="list", frames=[9])
    assert np.array_equal(lab.frames("m1")["img09.png"], bars(9)[5:45, 3:40])


# --- several cameras


@pytest.fixture
def rig(tmp_path):
    """Two cameras in one 2D project, and a 3D project that names them."""
    lab = Lab(tmp_path / "reach", ["day1_camera-1.mkv", "day1_camera-2.mkv", "day2_camera-12.mkv"])
    three = tmp_path / "reach-3d"
    three.mkdir()
    config = new_3d_project_config("reach", "Ada", "Nov20", three, num_cameras=2)
    config["config_file_camera-1"] = config["config_file_camera-2"] = str(lab.config_file)
    config.to_yaml(three / "config.yaml")
    lab.three = three / "config.yaml"
    lab.extract(mode="list", frames={"day1_camera-1": [3, 20, 41]})
    return lab


def matched(rig, **how):
    return rig.extract(mode="match", config3d=rig.three, **how)


def test_the_other_camera_gives_the_same_moments(rig):
    assert matched(rig) is None
    assert rig.numbers("day1_camera-2") == [3, 20, 41]
    assert [number_in(image) for image in rig.frames("day1_camera-2").values()] == [3, 20, 41]
    assert rig.numbers("day1_camera-1") == [3, 20, 41] and rig.numbers("day2_camera-12") == []


def test_frames_without_a_match_are_put_away_unless_they_have_labels(rig, caplog):
    rig.extract(mode="list", frames={"day1_camera-2": [3, 7, 8, 9]})
    rig.label("day1_camera-2", ["img08.png"])
    rig.label("day1_camera-2", ["img09.png"], scorer="Bob")
    matched(rig)
    assert rig.numbers("day1_camera-2") == [3, 8, 9, 20, 41]
    assert "labelled frames that match none were kept: img08.png, img09.png" in caplog.text
    away = rig.path / "labeled-data" / "day1_camera-2" / ".history" / "deleted-images"
    assert [entry.name for entry in away.iterdir()] == ["img07.png"]
    assert number_in(read_image(away / "img07.png")) == 7


def test_T8_a_frame_that_is_labelled_meanwhile_is_not_put_away(rig, monkeypatch):
    rig.extract(mode="list", frames={"day1_camera-2": [7, 8]})

    def write_frames(*how):
        written = frame_files.write_frames(*how)
        rig.label("day1_camera-2", ["img07.png"])
        return written

    monkeypatch.setattr(matched_cameras, "write_frames", write_frames)
    matched(rig)
    assert rig.numbers("day1_camera-2") == [3, 7, 20, 41]


@pytest.mark.parametrize("name", ["CollectedData_Ada.h5", "notes.csv"])
def test_nothing_is_put_away_while_it_is_not_known_what_is_labelled(rig, name):
    rig.extract(mode="list", frames={"day1_camera-2": [7]})
    (rig.path / "labeled-data" / "day1_camera-2" / name).write_bytes(b"what is this")
    with pytest.raises(RuntimeError):
        matched(rig)
    assert rig.numbers("day1_camera-2") == [7]


def test_putting_away_is_announced_and_can_be_declined(rig, monkeypatch):
    rig.extract(mode="list", frames={"day1_camera-2": [7]})
    asked = answers(monkeypatch, "no")
    matched(rig, userfeedback=True)
    assert "put away" in asked[0] and rig.numbers("day1_camera-2") == [7]


def test_each_camera_has_a_crop_of_its_own(rig):
    rig.set_crop("0, 30, 0, 20", "day1_camera-1")
    rig.set_crop("4, 44, 8, 38", "day1_camera-2")
    matched(rig, crop=True)
    assert np.array_equal(rig.frames("day1_camera-2")["img20.png"], bars(20)[8:38, 4:44])


def test_the_other_camera_may_have_a_project_of_its_own(rig, tmp_path):
    other = Lab(tmp_path / "second", ["day1_camera-2.mkv"])
    rig.set(video_sets={k: v for k, v in rig.config.video_sets.items() if "camera-2" not in k})
    config = read_config(rig.three)
    config["config_file_camera-2"] = str(other.config_file)
    config.to_yaml(rig.three)
    matched(rig)
    assert other.numbers("day1_camera-2") == [3, 20, 41] and rig.numbers("day1_camera-2") == []


def test_moments_after_the_end_of_the_other_video_are_named(rig, caplog):
    film(rig.path / "videos" / "day1_camera-2.mkv", 30)
    matched(rig)
    assert rig.numbers("day1_camera-2") == [3, 20]
    assert "have no match: 41" in caplog.text


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"extracted_cam": 2}, InvalidInput, "camera-1, camera-2"),
        ({"extracted_cam": -1}, InvalidInput, "camera-1, camera-2"),
        ({"extracted_cam": 1}, RuntimeError, "extract frames of its videos first"),
        ({"videos_list": ["day2_camera-12"]}, RuntimeError, "partner"),
    ],
)
def test_a_match_that_cannot_be_is_explained(rig, how, error, message):
    before = rig.everything()
    with pytest.raises(error) as caught:
        matched(rig, **how)
    assert message in str(caught.value) and rig.everything() == before


def test_a_2d_project_has_no_cameras(rig):
    with pytest.raises(InvalidInput, match="not a 3D project"):
        rig.extract(mode="match", config3d=rig.config_file)


@pytest.mark.parametrize(
    ("names", "stem", "camera"),
    [(("front", "afront"), "day1_afront", "afront"), (("camera-1", "camera-12"), "camera-12_day1", "camera-12"),
     (("camera-1", "camera-12"), "camera-1_day1", "camera-1"), (("left", "right"), "top", None)],
)  # fmt: skip
def test_a_video_belongs_to_the_camera_with_the_longest_name_in_its_own(names, stem, camera):
    assert _camera_in(stem, Project3DConfig(camera_names=list(names))) == camera
