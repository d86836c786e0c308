"""Labels are drawn into pictures to look at, and those that cannot be right are listed."""

from __future__ import annotations

import functools
import os
from dataclasses import replace

import cv2
import numpy as np
import pytest

from deeplabcut.core import faults, progress
from deeplabcut.core.config import new_project_config, read_config
from deeplabcut.core.errors import Cancelled, InvalidInput, NoSpace
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset import label_pictures
from deeplabcut.generate_training_dataset.label_pictures import check_labels
from deeplabcut.io.annotations import LabelFiles, read_annotations, save_label_table, write_annotations
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import Table, columns_for
from deeplabcut.scenes import make_scene

SIZE = (96, 72)
PARTS = ("snout", "neck", "tailbase")


@functools.cache
def two_mice(n, unique):
    """A scene with its pictures; drawing them is the slow part."""
    scene = make_scene(n_animals=2, n_frames=n, size=SIZE, bodyparts=PARTS, unique=unique, seed=3)
    return scene, [scene.render(i)[..., ::-1] for i in range(n)]


def build(path, *, multi=False, n=4, unique=(), videos=("m1",)):
    """A project whose labels are the truth of a scene with two mice; a single-animal one labels the first."""
    scene, pictures = two_mice(n, unique)
    truth = scene.truth()
    skeleton = (("snout", "neck"), ("neck", "tailbase"))
    plan = BodyPlan(PARTS, scene.plan.individuals if multi else (), unique, skeleton)
    xy = truth.xy if multi else truth.xy[:, :1]
    unique_xy = truth.unique_xy if unique else np.empty((0, 0, 2))
    for name in videos:
        folder = path / "labeled-data" / name
        folder.mkdir(parents=True)
        for i in range(n):
            cv2.imwrite(str(folder / f"img{i}.png"), pictures[i])
        images = tuple(("labeled-data", name, f"img{i}.png") for i in range(n))
        write_annotations(folder, Annotations(plan, "Ada", images, xy, unique_xy))
    video_sets = {str(path / "videos" / f"{video}.avi"): {"crop": "0, 96, 0, 72"} for video in videos}
    individuals = list(plan.individuals) if multi else None
    config = new_project_config(
        "reach", "Ada", "Nov20", path, video_sets=video_sets, multianimal=multi, individuals=individuals
    )
    if multi:
        config.multianimalbodyparts, config.uniquebodyparts = list(PARTS), list(unique)
    else:
        config.bodyparts = list(PARTS)
    config.skeleton = [list(bone) for bone in skeleton]
    config.dotsize = 4
    config.to_yaml(path / "config.yaml")
    return path


@pytest.fixture
def project(tmp_path):
    return build(tmp_path / "reach")


@pytest.fixture
def drawn(project):
    return project / "labeled-data" / "m1_labeled"


def edit(project, change, video="m1"):
    folder = project / "labeled-data" / video
    labels = read_annotations(folder)
    xy = labels.xy.copy()
    change(xy)
    write_annotations(folder, replace(labels, xy=xy))


def configure(project, **values):
    config = read_config(project / "config.yaml")
    for name, value in values.items():
        config[name] = value
    config.to_yaml(project / "config.yaml")


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def picture(path):
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return image[..., [2, 1, 0, 3]]


def scraps(project):
    """What is hidden in labeled-data; nothing should be."""
    return [entry.name for entry in (project / "labeled-data").iterdir() if entry.name.startswith(".")]


def test_each_image_becomes_a_picture_of_its_size_with_an_alpha_channel(project, drawn):
    report = check_labels(project / "config.yaml")
    assert names(drawn) == [f"img{i}_bodypart.png" for i in range(4)]
    made = picture(drawn / "img2_bodypart.png")
    assert made.shape == (72, 96, 4) and (made[..., 3] == 255).all()
    assert report.pictures == {"labeled-data/m1_labeled": 4} and report.exit_code == 0 and not scraps(project)
    assert report.lines() == ["4 pictures in labeled-data/m1_labeled"]


def test_the_picture_differs_from_the_image_where_the_labels_are(project, drawn):
    check_labels(project, draw_skeleton=False)
    labels = read_annotations(project / "labeled-data" / "m1")
    for i in range(4):
        image = cv2.imread(str(project / "labeled-data" / "m1" / f"img{i}.png"))[..., ::-1].astype(int)
        changed = np.abs(picture(drawn / f"img{i}_bodypart.png")[..., :3] - image).max(axis=-1) > 8
        y, x = np.argwhere(changed).T
        points = labels.xy[i, 0]
        near = np.linalg.norm(np.stack([x, y], axis=-1)[:, None] - points, axis=-1).min(axis=0)
        far = np.linalg.norm(np.stack([x, y], axis=-1)[:, None] - points, axis=-1).min(axis=1)
        assert near.max() < 1.5 and far.max() < 6


def test_scale_and_dpi_enlarge_the_pictures(project, drawn):
    check_labels(project, scale=2)
    assert picture(drawn / "img0_bodypart.png").shape == (144, 192, 4)
    check_labels(project, dpi=150)
    assert picture(drawn / "img0_bodypart.png").shape == (108, 144, 4)


def test_several_animals_are_coloured_one_by_one_or_part_by_part(tmp_path):
    project = build(tmp_path, multi=True, unique=("topleft", "topright"))
    drawn = project / "labeled-data" / "m1_labeled"
    check_labels(project)
    assert names(drawn) == [f"img{i}_individual.png" for i in range(4)]
    check_labels(project, visualizeindividuals=False)
    assert len(names(drawn)) == 8
    one, other = (picture(drawn / f"img1_{tail}.png") for tail in ("individual", "bodypart"))
    assert not np.array_equal(one, other)


def test_colours_follow_the_map_of_the_project(tmp_path):
    project = build(tmp_path, multi=True)
    configure(project, colormap="brg", alphavalue=1.0, dotsize=6)
    edit(project, lambda xy: xy.__setitem__(0, [[(20, 20)] * 3, [(60, 40)] * 3]))
    check_labels(project, Labels=["s"], draw_skeleton=False)
    made = picture(project / "labeled-data" / "m1_labeled" / "img0_individual.png")
    assert made[20, 20, :3].tolist() == [0, 0, 255] and made[40, 60, :3].tolist() == [0, 255, 0]


def test_unique_bodyparts_are_drawn(tmp_path):
    project = build(tmp_path, multi=True, unique=("topleft", "topright"))
    before = names(project / "labeled-data" / "m1")
    check_labels(project, Labels=["o"])
    folder = project / "labeled-data"
    made = picture(folder / "m1_labeled" / "img0_individual.png")[..., :3].astype(int)
    image = cv2.imread(str(folder / "m1" / "img0.png"))[..., ::-1].astype(int)
    for x, y in np.rint(read_annotations(folder / "m1").unique_xy[0]).astype(int):
        assert np.abs(made[y, x] - image[y, x]).max() > 30
    assert names(folder / "m1") == before


def test_the_marker_is_the_first_of_the_labels(project, drawn):
    def made(labels):
        check_labels(project, Labels=labels)
        return picture(drawn / "img0_bodypart.png")

    plus = made(None)
    assert np.array_equal(made(["+", ".", "x"]), plus) and np.array_equal(made([]), plus)
    assert np.array_equal(made("o"), made(["o", "+"])) and not np.array_equal(made(["o"]), plus)


@pytest.mark.parametrize(("how", "config", "said"), [
    ({"Labels": ["$x$"]}, {}, "no marker"), ({"scale": 0}, {}, "scale"), ({"scale": 1e6}, {}, "too large"),
    ({}, {"colormap": "rainbw"}, "rainbow"), ({}, {"skeleton_color": "blak"}, "black"),
    ({}, {"alphavalue": 7}, "alphavalue"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused_and_old_pictures_stay(project, drawn, how, config, said):
    check_labels(project)
    before = {path.name: path.read_bytes() for path in drawn.iterdir()}
    configure(project, **config)
    with pytest.raises(InvalidInput, match=said):
        check_labels(project, **how)
    assert {path.name: path.read_bytes() for path in drawn.iterdir()} == before and not scraps(project)


def test_pictures_of_images_that_are_no_longer_labelled_go_and_other_files_stay(project, drawn):
    check_labels(project)
    (drawn / "notes.txt").write_text("look at img2")
    (drawn / "img7_individual.png").write_bytes(b"of another kind")
    labels = read_annotations(project / "labeled-data" / "m1")
    write_annotations(project / "labeled-data" / "m1",
                      replace(labels, images=labels.images[:2], xy=labels.xy[:2]))  # fmt: skip
    check_labels(project)
    assert names(drawn) == ["img0_bodypart.png", "img1_bodypart.png", "img7_individual.png", "notes.txt"]


def test_T18_images_that_are_missing_or_damaged_are_named_and_the_others_drawn(project, drawn):
    folder = project / "labeled-data" / "m1"
    (folder / "img0.png").unlink()
    (folder / "img1.png").write_bytes(b"")
    (folder / "img2.png").write_bytes((folder / "img2.png").read_bytes()[:60])
    heard = []
    ear = progress.Silent()
    ear.message = heard.append
    with progress.in_force(progress.Progress(ear)):
        report = check_labels(project)
    assert list(report.missing) == ["m1/img0.png", "m1/img1.png", "m1/img2.png"]
    assert names(drawn) == ["img3_bodypart.png"] and len(heard) == 3 and "img0.png" in heard[0]
    assert report.lines()[0] == "3 images that cannot be drawn:"


def test_T18_without_any_image_the_older_pictures_stay(project, drawn):
    check_labels(project)
    for image in (project / "labeled-data" / "m1").glob("*.png"):
        image.unlink()
    assert check_labels(project).pictures == {} and len(names(drawn)) == 4


def test_T18_rows_without_labels_are_listed_and_drawn_plain(project, drawn):
    def nothing(xy):
        xy[1] = np.nan

    edit(project, nothing)
    report = check_labels(project)
    assert report.unlabeled == ("m1/img1.png",)
    image = cv2.imread(str(project / "labeled-data" / "m1" / "img1.png"))[..., ::-1]
    assert np.array_equal(picture(drawn / "img1_bodypart.png")[..., :3], image)


def test_T18_folders_without_labels_or_without_video_are_named(tmp_path):
    project = build(tmp_path, videos=("m1", "m2"))
    for file in (project / "labeled-data" / "m2").glob("CollectedData*"):
        file.unlink()
    (project / "labeled-data" / "stray").mkdir()
    configure(project, video_sets={**read_config(project / "config.yaml").video_sets, "m3.avi": {"crop": "0, 1, 0, 1"}})
    report = check_labels(project)
    assert list(report.pictures) == ["labeled-data/m1_labeled"] and set(report.skipped) == {"m2", "m3", "stray"}


def test_T20_a_damaged_folder_is_named_and_the_others_are_drawn(tmp_path):
    project = build(tmp_path, videos=("m1", "m2"))
    for file in (project / "labeled-data" / "m1").glob("CollectedData*"):
        file.write_bytes(b"damaged")
    report = check_labels(project)
    assert list(report.failed) == ["m1"] and list(report.pictures) == ["labeled-data/m2_labeled"]
    assert report.exit_code == 1 and any("m1 was not drawn" in line for line in report.lines())


def test_T19_labels_outside_the_image_are_listed_with_their_place(project):
    def move(xy):
        xy[0, 0, 1] = 300, -20.25
        xy[3, 0, 2] = -np.inf, 5

    edit(project, move)
    report = check_labels(project)
    assert [(p.image, p.point) for p in report.outside] == [("m1/img0.png", "neck"), ("m1/img3.png", "tailbase")]
    assert "m1/img0.png: neck (300.0, -20.2)" in "\n".join(report.lines())


def test_T19_exchanged_axes_are_recognised(project):
    def swap(xy):
        xy[1, 0] = [(60, 90), (65, 85), (70, 80)]

    edit(project, swap)
    report = check_labels(project)
    assert {p.image for p in report.outside} == {"m1/img1.png"} and all(p.swapped for p in report.outside)
    assert "x and y may have changed places" in "\n".join(report.lines())


@pytest.mark.parametrize("skeleton", [True, False])
def test_limbs_of_unusual_length_are_listed_with_image_bone_and_lengths(tmp_path, skeleton):
    project = build(tmp_path, multi=True, n=12)
    if not skeleton:
        configure(project, skeleton=[])

    def misplace(xy):
        xy[:, 0] = np.array([(20.0, 20), (30, 20), (50, 20)]) + np.arange(12)[:, None, None] * 0.5
        xy[:, 1] = np.array([(20.0, 50), (30, 50), (50, 50)])
        xy[4, 1, 0] = 90, 5

    edit(project, misplace)
    (odd,) = check_labels(project).odd_limbs
    who = read_config(project / "config.yaml").individuals[1]
    assert (odd.image, odd.bone) == ("m1/img4.png", f"{who} snout-neck")
    assert odd.usual_px == pytest.approx(10) and odd.length_px == pytest.approx(75)
    assert str(odd) == f"m1/img4.png: {who} snout-neck is 75.0 px long, usually 10.0 px"


def test_T19_repeated_rows_are_drawn_into_one_picture(project, drawn):
    columns, levels = columns_for(BodyPlan(PARTS), "Ada", ("x", "y"))
    values = np.full((2, 6), np.nan)
    values[0, :2], values[1, 2:4] = (20, 20), (60, 40)
    rows = (("labeled-data", "m1", "img0.png"),) * 2
    save_label_table(
        LabelFiles(project / "labeled-data" / "m1" / "CollectedData_Ada.h5"), Table(values, rows, columns, levels)
    )
    check_labels(project, Labels=["o"])
    image = cv2.imread(str(project / "labeled-data" / "m1" / "img0.png"))[..., ::-1].astype(int)
    made = picture(drawn / "img0_bodypart.png")[..., :3].astype(int)
    assert names(drawn) == ["img0_bodypart.png"]
    assert np.abs(made - image)[20, 20].max() > 30 and np.abs(made - image)[40, 60].max() > 30


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname", ".."])
def test_T35_no_row_leads_out_of_its_folder(project, drawn, name):
    secret = project / "labeled-data" / "secret.png"
    cv2.imwrite(str(secret), np.zeros((9, 9, 3), np.uint8))
    table = read_table(project / "labeled-data" / "m1" / "CollectedData_Ada.h5")
    rows = (("labeled-data", "m1", name), *table.rows[1:])
    save_label_table(LabelFiles(project / "labeled-data" / "m1" / "CollectedData_Ada.h5"),
                     Table(table.values, rows, table.columns))  # fmt: skip
    report = check_labels(project)
    assert len(report.missing) == 1 and "names no image" in next(iter(report.missing.values()))
    assert names(drawn) == [f"img{i}_bodypart.png" for i in (1, 2, 3)] and secret.exists()


def test_the_folder_of_another_video_is_never_drawn_into(tmp_path):
    project = build(tmp_path, videos=("m1", "m1_labeled"))
    before = names(project / "labeled-data" / "m1_labeled")
    report = check_labels(project)
    assert "folder of another video" in report.failed["m1"]
    assert names(project / "labeled-data" / "m1_labeled") == before
    assert report.pictures == {"labeled-data/m1_labeled_labeled": 4}


def test_T5_a_full_disk_leaves_the_older_pictures_whole(project, drawn):
    check_labels(project)
    before = {path.name: path.read_bytes() for path in drawn.iterdir()}
    with faults.injected("enospc:20000"), pytest.raises(NoSpace, match="free"):
        check_labels(project, Labels=["o"])
    assert {path.name: path.read_bytes() for path in drawn.iterdir()} == before and not scraps(project)


def test_a_check_that_is_stopped_leaves_the_older_pictures_whole(project, drawn):
    class Impatient(progress.Silent):
        def update(self, task):
            if task.done == 2:
                task.progress.cancel()

    check_labels(project)
    before = {path.name: path.read_bytes() for path in drawn.iterdir()}
    with progress.in_force(progress.Progress(Impatient())), pytest.raises(Cancelled):
        check_labels(project, scale=2)
    assert {path.name: path.read_bytes() for path in drawn.iterdir()} == before and not scraps(project)


def test_what_a_killed_check_left_behind_is_removed_by_the_next(project, monkeypatch):
    pid = os.fork() if hasattr(os, "fork") else None
    if pid is None:
        pytest.skip("needs fork")
    if pid == 0:
        monkeypatch.setattr(label_pictures, "_put_in_place", lambda *_: os._exit(0))
        check_labels(project)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert len(scraps(project)) == 1
    check_labels(project)
    assert not scraps(project)


def test_T9_where_labeled_data_is_read_only_nothing_is_drawn_elsewhere(read_only_folder):
    project = build(read_only_folder / "reach")
    (project / "labeled-data").chmod(0o500)
    try:
        report = check_labels(project)
        assert "No permission" in report.failed["m1"] and names(project / "labeled-data") == ["m1"]
    finally:
        (project / "labeled-data").chmod(0o700)


def test_T37_names_that_drive_a_terminal_are_shown_as_text(tmp_path):
    project = build(tmp_path, videos=("\x1b[31mred<script>",))
    edit(project, lambda xy: xy.__setitem__((0, 0, 0), (500, 5)), video="\x1b[31mred<script>")
    heard = []
    ear = progress.Silent()
    ear.message = heard.append
    (project / "labeled-data" / "\x1b[31mred<script>" / "img1.png").unlink()
    with progress.in_force(progress.Progress(ear)):
        lines = check_labels(project).lines()
    assert not any("\x1b" in text for text in (*lines, *heard))
    assert any(r"\x1b[31mred<script>" in line for line in lines) and any("<script>" in text for text in heard)


def test_a_project_without_videos_says_so(project):
    configure(project, video_sets={})
    (project / "labeled-data" / "m1").rename(project / "labeled-data" / ".hidden")
    assert check_labels(project).lines() == ["there are no videos"]


def test_without_labels_of_listed_videos_all_others_are_drawn_as_the_training_set_uses_them(project):
    configure(project, video_sets={"other.avi": {"crop": "0, 96, 0, 72"}})
    report = check_labels(project)
    assert report.pictures == {"labeled-data/m1_labeled": 4} and set(report.skipped) == {"other"}


def test_T18_labels_that_list_no_image_are_named(project):
    folder = project / "labeled-data" / "m1"
    labels = read_annotations(folder)
    write_annotations(folder, Annotations(labels.plan, labels.scorer, (), labels.xy[:0], labels.unique_xy[:0]))
    report = check_labels(project)
    assert "list no image" in report.skipped["m1"] and report.exit_code == 0 and not report.pictures
