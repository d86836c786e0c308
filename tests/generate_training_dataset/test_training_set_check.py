"""The check before a training set lists everything at once, with file, row, image and bodypart."""

from __future__ import annotations

import numpy as np
import pytest

from deeplabcut.core.config import new_project_config, read_config
from deeplabcut.core.poses import Annotations
from deeplabcut.generate_training_dataset.adaptation import adapt_labeled_data_to_new_project
from deeplabcut.generate_training_dataset.checks import check_training_set
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.generate_training_dataset.findings import Finding, TrainingSetError, TrainingSetReport
from deeplabcut.generate_training_dataset.merge import read_label_folders
from deeplabcut.io.annotations import label_files, write_annotations
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.images import png_bytes
from deeplabcut.project import Project
from deeplabcut.project.labels import body_plan

WIDTH, HEIGHT = 64, 48
PICTURE = png_bytes(np.zeros((HEIGHT, WIDTH, 3), np.uint8))


@pytest.fixture
def project(tmp_path):
    """A project with one video, ``n`` frames and labels at (10, 10) and (20, 12) in each; ``xy`` changes them."""

    def make(n=4, xy=None, multi=False, **settings):
        path = tmp_path / "reach"
        sets = {str(path / "videos" / "a.mp4"): {"crop": "0, 64, 0, 48"}}
        config = new_project_config("reach", "Ana", "Nov20", path, video_sets=sets, multianimal=multi)
        parts = {"multianimalbodyparts": ["snout", "tail"], "individuals": ["m1", "m2"]}
        settings = {**(parts if multi else {"bodyparts": ["snout", "tail"]}), "skeleton": [], **settings}
        for name, value in {"TrainingFraction": [0.5], **settings}.items():
            config[name] = value
        folder = path / "labeled-data" / "a"
        folder.mkdir(parents=True)
        (path / "videos").mkdir()
        config.to_yaml(path / "config.yaml")
        plan = body_plan(read_config(path))
        points = np.broadcast_to([[10.0, 10.0], [20.0, 12.0]], (n, plan.n_individuals, 2, 2)).copy()
        for place, point in (xy or {}).items():
            points[place] = point
        names = [f"img{i}.png" for i in range(n)]
        for name in names:
            (folder / name).write_bytes(PICTURE)
        if n and plan.n_bodyparts:
            keys = tuple(("labeled-data", "a", name) for name in names)
            write_annotations(folder, Annotations(plan, "Ana", keys, points))
        return path

    return make


def codes(report):
    return [issue.code for issue in report.issues]


def only(report, code):
    (found,) = [issue for issue in report.issues if issue.code == code]
    return found


def refused(path):
    """The report of a refused creation, which leaves everything as it was."""
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    folders = {folder for folder in path.rglob("*") if folder.is_dir()}
    with pytest.raises(TrainingSetError) as caught:
        create_training_dataset(path)
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before
    assert {folder for folder in path.rglob("*") if folder.is_dir()} == folders
    return caught.value.report


def test_nothing_to_complain_about(project):
    report = check_training_set(project())
    assert report.issues == () and report.exit_code == 0
    assert (report.n_images, report.n_labeled, report.n_points) == (4, 4, 8)
    assert report.lines()[-1].endswith("4 images, 4 with labels, 8 points; nothing to complain about")


def test_T18_a_project_without_labels_is_refused(project):
    path = project(n=0)
    report = check_training_set(path)
    assert set(codes(report)) == {"labels-missing", "no-labels"} and report.exit_code == 1
    assert {issue.code for issue in refused(path).errors} == {"no-labels"}


def test_T19_labels_of_another_scorer_only_are_named_as_the_reason(project):
    path = project()
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("scorer: Ana", "scorer: Bob"))
    finding = only(refused(path), "no-labels")
    assert "CollectedData_Ana.h5" in finding.what and "scorer in config.yaml" in finding.fix


def test_T18_labels_without_a_single_point_are_refused(project):
    report = refused(project(xy={(): np.nan}))
    assert codes(report) == ["no-points"]


def test_T18_one_image_leaves_nothing_to_train_on(project):
    report = refused(project(n=1))
    assert only(report, "train-empty").what == (
        "A training fraction of 0.5 leaves nothing to train on: there is only one image."
    )


def test_T18_an_empty_test_set_is_a_warning(project):
    report = check_training_set(project(TrainingFraction=[1.0]))
    assert codes(report) == ["test-empty"] and report.exit_code == 0


def test_T18_zero_bodyparts_and_an_empty_list_of_individuals_are_refused(project):
    path = project()
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("bodyparts:\n- snout\n- tail\n", "bodyparts: []\n"))
    assert {issue.code for issue in refused(path).errors} == {"no-bodyparts"}


def test_T18_an_empty_list_of_individuals_is_refused(project):
    path = project(multi=True)
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("individuals:\n- m1\n- m2\n", "individuals: []\n"))
    assert {issue.code for issue in refused(path).errors} == {"no-individuals"}


def test_T18_parts_and_images_without_labels_are_reported_as_having_no_data(project):
    path = project(xy={((0, 1, 2, 3), 0, 1): np.nan, (2, 0, 0): np.nan})
    report = check_training_set(path)
    assert codes(report) == ["bodypart-unlabeled", "image-unlabeled"] and report.exit_code == 0
    assert "no data" in only(report, "bodypart-unlabeled").what
    assert only(report, "bodypart-unlabeled").bodypart == "tail"
    assert only(report, "image-unlabeled").where == (
        "labeled-data/a/CollectedData_Ana.h5, row 3, labeled-data/a/img2.png"
    )
    assert len(create_training_dataset(path)) == 1


def test_T18_absent_damaged_and_unlisted_images_are_listed_together(project):
    path = project()
    folder = path / "labeled-data" / "a"
    (folder / "img0.png").unlink()
    (folder / "img1.png").unlink()
    (folder / "img2.png").write_bytes(PICTURE[:20])
    (folder / "img9.png").write_bytes(PICTURE)
    report = refused(path)
    absent = [issue for issue in report.errors if issue.code == "image-absent"]
    assert [(issue.row, issue.image) for issue in absent] == [(1, "labeled-data/a/img0.png"),
                                                              (2, "labeled-data/a/img1.png")]  # fmt: skip
    assert only(report, "image-unreadable").image == "labeled-data/a/img2.png"
    assert only(report, "image-unlisted").image == "img9.png"
    assert len(report.errors) == 3


def test_a_row_that_names_another_folder_says_so(project):
    path = project()
    (path / "labeled-data" / "a").rename(path / "labeled-data" / "b")
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("a.mp4", "b.mp4"))
    finding = only(refused(project_with_one_row(path)), "image-absent")
    assert "names another folder than the one it stands in ('a')" in finding.what
    assert "adapt-labeled-data-to-new-project" in finding.fix and "drop" not in finding.fix
    adapt_labeled_data_to_new_project(config)
    assert "image-absent" not in codes(check_training_set(config))


def project_with_one_row(path):
    files = label_files(path / "labeled-data" / "b", "Ana")
    table = read_table(files.h5)
    write_table(files.h5, type(table)(table.values[:1], table.rows[:1], table.columns), layout="fixed")
    files.csv.unlink()
    return path


def test_T19_points_outside_are_named_with_row_image_and_bodypart(project):
    path = project(n=20, xy={(0, 0, 0): (70, 10), (1, 0, 1): (500, 10), (2, 0, 0): (-3, 5), (3, 0, 0): (0, 5)})
    report = check_training_set(path)
    outside = [issue for issue in report.issues if issue.code == "point-outside"]
    assert [(issue.row, issue.bodypart) for issue in outside] == [(1, "snout"), (3, "snout"), (4, "snout")]
    assert "(70, 10)" in outside[0].what and "64x48" in outside[0].what
    far = only(report, "point-far-outside")
    assert (far.row, far.bodypart) == (2, "tail") and far.where.endswith("labeled-data/a/img1.png, tail")
    assert report.exit_code == 0


def test_T19_exchanged_axes_are_suspected(project):
    report = check_training_set(project(xy={((0, 1, 2), 0): ((20, 60), (30, 55))}))
    assert "6 points" in only(report, "axes-swapped").what


def test_T19_infinite_points_are_refused_and_halves_are_named(project):
    report = refused(project(xy={(0, 0, 0): (np.inf, 1), (1, 0, 1): (np.nan, 4)}))
    assert (only(report, "point-infinite").severity, only(report, "point-infinite").row) == ("error", 1)
    assert only(report, "point-halved").severity == "warning" and only(report, "point-halved").bodypart == "tail"


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_T19_limbs_between_infinite_points_are_measured_in_silence(project):
    path = project(xy={(0, 0): [[np.inf, 5], [np.inf, 9]]}, skeleton=[["snout", "tail"]])
    assert codes(check_training_set(path)).count("point-infinite") == 2


def test_T19_text_in_a_csv_cell_is_named_with_its_file(project):
    path = project()
    files = label_files(path / "labeled-data" / "a", "Ana")
    files.h5.unlink()
    files.csv.write_text(files.csv.read_text().replace("20.0", "twenty", 1))
    found = only(refused(path), "labels-unreadable")
    assert found.file == "labeled-data/a/CollectedData_Ana.h5" and "twenty" in found.what


def test_limbs_of_unusual_length_are_suspected(project):
    report = check_training_set(project(n=20, xy={(7, 0, 1): (60, 40)}, skeleton=[["snout", "tail"]]))
    odd = only(report, "limb-odd")
    assert (odd.row, odd.bodypart, odd.severity) == (8, "snout", "warning") and "58 px apart" in odd.what


def test_images_of_different_kinds_are_named(project):
    path = project()
    gray = bytearray(PICTURE)
    gray[25] = 0  # the colour type in the header, which is all that is read
    (path / "labeled-data" / "a" / "img0.png").write_bytes(gray)
    (path / "labeled-data" / "a" / "img1.png").write_bytes(png_bytes(np.zeros((50, 60, 3), np.uint8)))
    texts = [issue.what for issue in check_training_set(path).issues if issue.code == "images-differ"]
    assert texts[0].endswith("1 with 1, 3 with 3.") and "1 of 60x50" in texts[1]


@pytest.mark.parametrize(
    ("fractions", "code"),
    [([0.955], "fraction-impossible"), ([], "fraction-missing"), ([0.29, 0.28], "fraction-repeated")],
)
def test_training_fractions_that_cannot_be_are_refused(project, fractions, code):
    path = project(n=200, TrainingFraction=fractions)
    assert [issue.code for issue in refused(path).errors] == [code]


def test_labels_of_the_other_kind_of_project_are_refused(project):
    path = project()
    config = path / "config.yaml"
    text = config.read_text().replace("multianimalproject: false", "multianimalproject: true")
    config.write_text(text.replace("bodyparts:\n- snout", "bodyparts: MULTI!\nmultianimalbodyparts:\n- snout")
                      .replace("multianimalbodyparts: []\n", ""))  # fmt: skip
    assert "single-animal" in only(refused(path), "labels-unreadable").what


def test_long_lists_are_shortened_for_people_and_complete_for_programs():
    issues = tuple(Finding("odd", f"number {i}", "look") for i in range(25))
    report = TrainingSetReport("project", issues, 25)
    assert len([line for line in report.lines() if line.startswith("warning odd: number")]) == 10
    assert "warning odd: and 15 more of this kind" in report.lines()
    assert len(report.issues) == 25


def test_names_from_files_cannot_drive_the_terminal():
    finding = Finding("odd", "a\x1b[2Jb", "look", image="img\n1.png")
    assert "\x1b" not in str(finding) and "img\\n1.png" in str(finding)


def test_checking_changes_nothing(project):
    path = project(xy={(0, 0, 0): (900, 900)})
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    check_training_set(path)
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before
    assert all(folder.table is not None for folder in read_label_folders(Project.open(path)))
