"""Labels in other forms: from a csv, from one animal to several and back, from another project."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deeplabcut.core import faults
from deeplabcut.core.config import new_project_config
from deeplabcut.core.config.files import read_config
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.history import versions
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.generate_training_dataset import cropped_projects
from deeplabcut.generate_training_dataset.animal_conversion import convert2_maDLC, convert_single2multiplelegacyAM
from deeplabcut.generate_training_dataset.conversion import (
    adapt_labeled_data_to_new_project,
    convert_cropped_to_standard_dataset,
    convertcsv2h5,
    merge_windowsannotationdataONlinuxsystem,
    returnlabelingdata,
)
from deeplabcut.io.annotations import read_annotations, write_annotations
from deeplabcut.io.csv_tables import read_csv, write_csv
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.tables import Table, annotations_of, table_of_annotations
from deeplabcut.io.training_set import write_documentation
from deeplabcut.project.layout import Layout

PARTS = ("snout", "left_ear")
H5, CSV = "CollectedData_Ada.h5", "CollectedData_Ada.csv"


def labels(folder: str, plan: BodyPlan, scorer: str = "Ada", n: int = 3) -> Annotations:
    rng = np.random.default_rng(sum(map(ord, folder)))
    images = tuple(("labeled-data", folder, f"img{i:02d}.png") for i in range(n))
    xy = rng.uniform(0, 640, (n, plan.n_individuals, plan.n_bodyparts, 2))
    xy[0, 0, -1] = np.nan
    return Annotations(plan, scorer, images, xy, rng.uniform(0, 640, (n, plan.n_unique, 2)))


def make(path: Path, *, multi: bool = False, individuals=("m1", "m2"), unique=("corner",)) -> Path:
    """A project with two videos and empty folders of frames."""
    videos = {str(path / "videos" / f"{name}.avi"): {"crop": "0, 640, 0, 480"} for name in ("day1", "day2")}
    (path / "videos").mkdir(parents=True)
    config = new_project_config("reach", "Ada", "Nov20", path, video_sets=videos, multianimal=multi)
    config["multianimalbodyparts" if multi else "bodyparts"] = list(PARTS)
    config["skeleton"] = []
    if multi:
        config["individuals"], config["uniquebodyparts"] = list(individuals), list(unique)
    config.to_yaml(path / "config.yaml")
    for name in ("day1", "day2"):
        (path / "labeled-data" / name).mkdir(parents=True)
        for i in range(3):
            (path / "labeled-data" / name / f"img{i:02d}.png").write_bytes(b"")
    return path


@pytest.fixture
def project(tmp_path):
    """A project of one animal, labelled in both folders."""
    path = make(tmp_path / "one")
    for name in ("day1", "day2"):
        write_annotations(path / "labeled-data" / name, labels(name, BodyPlan(PARTS)))
    return path


@pytest.fixture
def mice(tmp_path):
    """A project of two mice whose labels are still those of one animal."""
    path = make(tmp_path / "mice", multi=True)
    for name in ("day1", "day2"):
        write_annotations(path / "labeled-data" / name, labels(name, BodyPlan((*PARTS, "corner"))))
    return path


def day(project, n=1):
    return project / "labeled-data" / f"day{n}"


def content(project):
    return {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}


def edited(folder, old, new):
    text = (folder / CSV).read_text()
    assert old in text
    (folder / CSV).write_text(text.replace(old, new, 1))


def cell(folder):
    """The first number of the csv, as it is written."""
    return (folder / CSV).read_text().splitlines()[3].split(",")[3]


# --- from a csv


def test_the_h5_says_what_was_edited_in_the_csv(project):
    edited(day(project), cell(day(project)), "12.5")
    report = convertcsv2h5(project, userfeedback=False)
    assert read_annotations(day(project)).xy[0, 0, 0, 0] == 12.5
    assert list(report.converted) == ["day1"] and report.skipped == {"day2": "the h5 says the same already"}
    assert annotations_of(read_csv(day(project) / CSV)).xy[0, 0, 0, 0] == 12.5
    assert versions(day(project) / H5) and versions(day(project) / CSV)


def test_labels_that_came_as_csv_only_get_their_h5(project):
    (day(project) / H5).unlink()
    shutil.rmtree(day(project) / ".history", ignore_errors=True)
    before = annotations_of(read_csv(day(project) / CSV))
    convertcsv2h5(project, userfeedback=False, scorer="Ada")
    assert np.array_equal(read_annotations(day(project)).xy, before.xy, equal_nan=True)


def test_labels_from_elsewhere_take_the_scorer_that_is_named_and_the_files_that_of_the_project(project, caplog):
    edited(day(project), "Ada,Ada,Ada,Ada", "Someone,Someone,Someone,Someone")
    convertcsv2h5(project, userfeedback=False, scorer="Grace")
    assert (
        read_annotations(day(project) / H5).scorer == "Grace" and read_csv(day(project) / CSV).columns[0][0] == "Grace"
    )
    assert "training sets leave out labels of 'Grace'" in caplog.text
    convertcsv2h5(project, userfeedback=False)
    assert read_annotations(day(project)).scorer == "Ada"


def test_a_dummy_video_is_enough(tmp_path):
    path = make(tmp_path / "p")
    config = read_config(path / "config.yaml")
    config["video_sets"] = {"nowhere/dummy.avi": {"crop": "0, 1, 0, 1"}}
    config.to_yaml(path / "config.yaml")
    folder = path / "labeled-data" / "dummy"
    write_annotations(make_folder(folder) / H5, labels("dummy", BodyPlan(PARTS), scorer="Else"))
    (folder / H5).unlink()
    convertcsv2h5(path, userfeedback=False, scorer="Ada")
    assert len(read_annotations(folder, BodyPlan(PARTS), scorer="Ada")) == 3


def make_folder(path):
    path.mkdir()
    return path


def test_the_csv_of_a_legacy_project_with_backslashes_is_read(project):
    rows = (day(project) / CSV).read_text().splitlines()
    old = [line.replace("scorer,,,", "scorer,").replace("bodyparts,,,", "bodyparts,").replace("coords,,,", "coords,")
           for line in rows[:3]]  # fmt: skip
    old += [line.replace("labeled-data,day1,", "labeled-data\\day1\\") for line in rows[3:]]
    before = read_annotations(day(project))
    (day(project) / CSV).write_text("\n".join(old) + "\n")
    convertcsv2h5(project, userfeedback=False)
    after = read_annotations(day(project))
    assert after.images == before.images and np.array_equal(after.xy, before.xy, equal_nan=True)
    assert (day(project) / CSV).read_text().splitlines() == rows


def test_T19_reordered_columns_and_a_likelihood_are_read_by_name(project):
    before = read_annotations(day(project))
    table = table_of_annotations(before)
    columns = (*table.columns, *((c[0], c[1], "likelihood") for c in table.columns[::2]))
    values = np.concatenate([table.values, np.ones((3, 2))], axis=1)
    order = [3, 5, 0, 4, 2, 1]
    write_csv(day(project) / CSV, Table(values[:, order], table.rows, tuple(columns[i] for i in order)))
    convertcsv2h5(project, userfeedback=False)
    after = read_annotations(day(project), BodyPlan(PARTS))
    assert np.array_equal(after.xy, before.xy, equal_nan=True)
    assert "likelihood" not in read_table(day(project) / H5).level("coords")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("hello", "Line 4, column Ada / snout / x: 'hello'"),
        ("inf", "Row 1 (img00.png), column Ada / snout / x: infinity"),
        ("1,5", "more cells than the header"),
    ],
)
def test_T19_a_cell_that_is_no_number_is_named_and_nothing_is_written(project, wrong, says):
    edited(day(project), cell(day(project)), wrong)
    edited(day(project, 2), cell(day(project, 2)), "3.25")
    before = content(day(project))
    report = convertcsv2h5(project, userfeedback=False)
    assert says in report.failed["day1"] and str(day(project) / CSV) in report.failed["day1"]
    assert content(day(project)) == before and report.exit_code == 1
    assert read_annotations(day(project, 2)).xy[0, 0, 0, 0] == 3.25, "the other folder is converted nevertheless"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("labeled-data,day1,img01.png", "labeled-data,day9,img01.png", "Row 2 (labeled-data/day9/img01.png)"),
        ("left_ear,left_ear", "snout,snout", "snout / x appears twice"),
        ("coords,,,x,y,x,y", "coords,,,x,y,x,z", "left_ear are not x and y"),
        ("Ada,Ada,Ada,Ada", "Ada,Ada,Bob,Bob", "several scorers"),
        ("bodyparts", "parts", "header"),
    ],
)
def test_T19_rows_and_headers_that_do_not_fit_are_named(project, old, new, says):
    edited(day(project), old, new)
    before = content(day(project))
    report = convertcsv2h5(project, userfeedback=False)
    assert says in report.failed["day1"] or (says == "header" and "bodyparts" in report.failed["day1"])
    assert content(day(project)) == before


@pytest.mark.parametrize("left", ["", "scorer,,,Ada,Ada\nbodyparts,,,snout,snout\ncoords,,,x,y\n", "\0\0\0\0"])
def test_T20_a_csv_that_lost_its_rows_never_takes_the_place_of_labels(project, left):
    before = (day(project) / H5).read_bytes()
    (day(project) / CSV).write_text(left)
    report = convertcsv2h5(project, userfeedback=False)
    assert "day1" in report.failed and (day(project) / H5).read_bytes() == before


def test_images_that_only_the_h5_has_are_mentioned_and_stay_in_the_history(project, caplog):
    lines = (day(project) / CSV).read_text().splitlines(keepends=True)
    (day(project) / CSV).write_text("".join(lines[:-1]))
    convertcsv2h5(project, userfeedback=False)
    assert "1 images of the h5 are not in the csv, e.g. img02.png" in caplog.text
    assert (
        len(read_annotations(day(project))) == 2
        and len(annotations_of(read_table(versions(day(project) / H5)[-1].path))) == 3
    )


def test_a_misspelt_bodypart_is_kept_and_mentioned(project, caplog):
    edited(day(project), "left_ear,left_ear", "left_eer,left_eer")
    convertcsv2h5(project, userfeedback=False)
    assert "no bodypart 'left_eer'. Did you mean 'left_ear'?" in caplog.text
    assert read_annotations(day(project)).plan.bodyparts == ("snout", "left_eer")


def test_a_demo_project_whose_videos_nobody_has_entered_is_converted_all_the_same(project):
    config = read_config(project / "config.yaml")
    config["video_sets"] = {"TO BE FILLED IN": {"crop": "0, 640, 0, 480"}}
    config.to_yaml(project / "config.yaml")
    edited(day(project), cell(day(project)), "12.5")
    assert list(convertcsv2h5(project, userfeedback=False).converted) == ["day1"]


def test_each_folder_is_asked_about(project, monkeypatch):
    answers = iter(["no", "yes"])
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or next(answers))
    for n in (1, 2):
        edited(day(project, n), cell(day(project, n)), "1.5")
    report = convertcsv2h5(project)
    assert list(report.converted) == ["day2"] and report.skipped == {"day1": "not wanted"} and "day1" in asked[0]


def test_a_dry_run_changes_nothing(project):
    edited(day(project), cell(day(project)), "12.5")
    before = content(project)
    report = convertcsv2h5(project, userfeedback=False, dry_run=True)
    assert list(report.converted) == ["day1"] and content(project) == before and "would be" in report.lines()[0]


def test_T1_a_conversion_that_cannot_be_written_leaves_both_files(project):
    edited(day(project), cell(day(project)), "12.5")
    before = {name: (day(project) / name).read_bytes() for name in (H5, CSV)}
    with faults.injected() as plan:
        convertcsv2h5(shutil.copytree(project, project.with_name("count")), userfeedback=False)
    for k in range(1, plan.seen["replace"] + 1):
        with faults.injected(f"replace:{k}"):
            report = convertcsv2h5(project, userfeedback=False)
        assert "day1" in report.failed
        assert {name: (day(project) / name).read_bytes() for name in (H5, CSV)} == before


# --- one animal and several


def test_labels_of_one_animal_become_those_of_the_first_individual(mice):
    before = read_annotations(day(mice))
    report = convert2_maDLC(mice, userfeedback=False)
    after = read_annotations(day(mice))
    assert after.plan == BodyPlan(PARTS, ("m1",), ("corner",)) and list(report.converted) == ["day1", "day2"]
    assert np.array_equal(after.xy[:, 0], before.xy[:, 0, :2], equal_nan=True)
    assert np.array_equal(after.unique_xy[:, 0], before.xy[:, 0, 2], equal_nan=True)
    backup = read_table(day(mice) / "CollectedData_Adasingleanimal.h5")
    assert annotations_of(backup).xy.tobytes() == before.xy.tobytes()
    assert (day(mice) / "CollectedData_Adasingleanimal.csv").exists()
    assert convert2_maDLC(mice, userfeedback=False).skipped["day1"] == "the labels have individuals already"


def test_another_individual_can_be_named(mice):
    convert2_maDLC(mice, userfeedback=False, forceindividual="m2")
    assert read_annotations(day(mice)).plan.individuals == ("m2",)
    with pytest.raises(InvalidInput, match="There is no individual"):
        convert2_maDLC(mice, userfeedback=False, forceindividual="m22")


def test_a_bodypart_that_the_project_does_not_know_is_kept_and_one_that_the_labels_lack_is_empty(mice, caplog):
    write_annotations(day(mice), labels("day1", BodyPlan(("tail", "snout"))))
    shutil.rmtree(day(mice) / ".history")
    table = labels("day1", BodyPlan(("tail", "snout")))
    (day(mice) / H5).unlink(), (day(mice) / CSV).unlink()
    write_annotations(day(mice), table)
    convert2_maDLC(mice, userfeedback=False)
    after = read_annotations(day(mice))
    assert after.plan.bodyparts == ("snout", "left_ear", "tail") and np.isnan(after.xy[:, 0, 1]).all()
    assert np.array_equal(after.xy[:, 0, 2], table.xy[:, 0, 0]) and "no bodypart 'tail'" in caplog.text


def test_a_single_animal_project_is_told_what_to_change(project):
    before = content(project)
    with pytest.raises(InvalidInput, match="single-animal project"):
        convert2_maDLC(project, userfeedback=False)
    with pytest.raises(InvalidInput, match="single-animal project"):
        convert_single2multiplelegacyAM(project, userfeedback=False)
    assert content(project) == before


def test_an_earlier_backup_is_never_replaced(mice):
    convert2_maDLC(mice, userfeedback=False)
    first = (day(mice) / "CollectedData_Adasingleanimal.h5").read_bytes()
    for name in (H5, CSV):
        (day(mice) / name).unlink()
    shutil.rmtree(day(mice) / ".history")
    other = labels("other", BodyPlan((*PARTS, "corner")))
    write_annotations(day(mice), replace(other, images=labels("day1", other.plan).images))
    convert2_maDLC(mice, userfeedback=False)
    assert (day(mice) / "CollectedData_Adasingleanimal.h5").read_bytes() == first
    assert (
        annotations_of(read_table(day(mice) / "CollectedData_Ada-2singleanimal.h5")).xy.tobytes() == other.xy.tobytes()
    )
    assert read_annotations(day(mice)).plan.individuals == ("m1",), "backups are not taken for labels"


def test_a_backup_that_says_the_same_serves_again(mice):
    before = read_table(day(mice) / H5)
    convert2_maDLC(mice, userfeedback=False)
    for name in (H5, CSV):
        shutil.copy(day(mice) / name.replace("Ada.", "Adasingleanimal."), day(mice) / name)
    convert2_maDLC(mice, userfeedback=False)
    assert len(list(day(mice).glob("*singleanimal.h5"))) == 1
    assert read_table(day(mice) / "CollectedData_Adasingleanimal.h5").same_as(before)


names = st.lists(st.text("ab_1", min_size=1, max_size=4), min_size=1, max_size=3, unique=True)


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(names, names, st.integers(0, 1))
def test_to_single_and_back_keeps_every_number_or_is_refused(tmp_path_factory, individuals, parts, n_unique):
    path = make(tmp_path_factory.mktemp("p") / "p", multi=True, individuals=individuals, unique=["corner"][:n_unique])
    config = read_config(path / "config.yaml")
    config["multianimalbodyparts"] = parts
    config.to_yaml(path / "config.yaml")
    plan = BodyPlan(tuple(parts), tuple(individuals), ("corner",)[:n_unique])
    before = labels("day1", plan)
    write_annotations(day(path), before)
    table = read_table(day(path) / H5)
    report = convert_single2multiplelegacyAM(path, userfeedback=False, target="single")
    if report.failed:
        assert "would be called" in report.failed["day1"] and read_table(day(path) / H5).same_as(table)
        return
    joined = [f"{who}{part}" for who in individuals for part in parts]
    assert read_annotations(day(path)).plan.bodyparts == (*joined, *plan.unique)
    single = read_table(day(path) / H5)
    report = convert_single2multiplelegacyAM(path, userfeedback=False)
    if report.failed:
        assert "may be" in report.failed["day1"] and read_table(day(path) / H5).same_as(single)
        return
    assert read_table(day(path) / H5).same_as(table)
    assert read_table(day(path) / "CollectedData_Adamultianimal.h5").same_as(table)
    assert read_table(day(path) / "CollectedData_Adasingleanimal.h5").same_as(single)


def test_the_older_names_with_an_underscore_are_understood(mice):
    plan = BodyPlan(("m1_snout", "m1_left_ear", "m2_snout", "m2_left_ear", "corner"))
    before = labels("day1", plan)
    for name in (H5, CSV):
        (day(mice) / name).unlink()
    shutil.rmtree(day(mice) / ".history", ignore_errors=True)
    write_annotations(day(mice), before)
    convert_single2multiplelegacyAM(mice, userfeedback=False, target="multi")
    after = read_annotations(day(mice))
    assert after.plan == BodyPlan(PARTS, ("m1", "m2"), ("corner",))
    assert np.array_equal(after.xy.reshape(3, 4, 2), before.xy[:, 0, :4], equal_nan=True)


def test_labels_without_an_individual_in_their_names_are_left_as_they_are(mice):
    before = (day(mice) / H5).read_bytes()
    report = convert_single2multiplelegacyAM(mice, userfeedback=False)
    assert "does not begin with an individual" in report.failed["day1"] and "convert2_maDLC" in report.failed["day1"]
    assert (day(mice) / H5).read_bytes() == before


def test_a_target_that_does_not_exist_is_refused(mice):
    with pytest.raises(InvalidInput, match="Did you mean 'multi'"):
        convert_single2multiplelegacyAM(mice, target="mulit")


# --- from another project


def test_labels_of_another_project_get_the_names_and_the_scorer_of_this_one(tmp_path):
    path = make(tmp_path / "p")
    old = labels("day1", BodyPlan(("tail", "snout")), scorer="Bob")
    write_annotations(day(path), old)
    report = adapt_labeled_data_to_new_project(path)
    assert "other_scorer=True" in report.failed["day1"] and report.skipped["day2"] == "there are no labels"
    adapt_labeled_data_to_new_project(path, remove_old_bodyparts=True, other_scorer=True)
    after = read_annotations(day(path), scorer="Ada")
    assert after.scorer == "Ada" and after.plan.bodyparts == PARTS and after.images == old.images
    assert np.array_equal(after.xy[:, :, 0], old.xy[:, :, 1], equal_nan=True) and np.isnan(after.xy[:, :, 1]).all()
    assert read_annotations(day(path), scorer="Bob").plan.bodyparts == ("tail", "snout"), "the old labels stay"


def test_old_bodyparts_stay_unless_they_are_to_be_removed(project):
    both = labels("day1", BodyPlan(("tail", *PARTS)))
    write_annotations(day(project), both)
    shutil.rmtree(day(project) / ".history")
    report = adapt_labeled_data_to_new_project(project)
    assert read_annotations(day(project)).plan.bodyparts == (*PARTS, "tail") and "tail" in report.notices[0]
    adapt_labeled_data_to_new_project(project, remove_old_bodyparts=True)
    assert read_annotations(day(project)).plan.bodyparts == PARTS
    assert "tail" in read_table(versions(day(project) / H5)[-1].path).level("bodyparts")
    assert adapt_labeled_data_to_new_project(project).skipped["day1"] == "the labels fit the project already"


def test_rows_of_a_folder_that_was_renamed_follow_it_if_its_images_are_here(project):
    old = labels("before", BodyPlan(PARTS))
    write_annotations(day(project) / H5, old)
    adapt_labeled_data_to_new_project(project)
    assert read_annotations(day(project)).images == labels("day1", BodyPlan(PARTS)).images
    (day(project, 2) / "img01.png").unlink()
    write_annotations(day(project, 2) / H5, old)
    report = adapt_labeled_data_to_new_project(project)
    assert "1 of them are not here, e.g. img01.png" in report.failed["day2"]


def test_labels_of_another_kind_of_project_are_left_with_advice(mice):
    report = adapt_labeled_data_to_new_project(mice)
    assert "convert2_maDLC" in report.failed["day1"]


# --- everything as one frame


def test_T22_labels_of_windows_are_merged_under_the_names_of_this_system(project):
    table = read_table(day(project) / H5)
    rows = tuple("\\".join(row) for row in table.rows)
    write_table(day(project) / H5, replace(table, rows=rows, row_names=(None,)), layout="fixed")
    frame = merge_windowsannotationdataONlinuxsystem(read_config(project / "config.yaml"))
    assert frame.index[0] == ("labeled-data", "day1", "img00.png") and frame.shape == (6, 4)
    assert frame.index.nlevels == 3 and frame.columns.names == ["scorer", "bodyparts", "coords"]


def test_without_labels_there_is_nothing_to_merge(tmp_path):
    assert merge_windowsannotationdataONlinuxsystem(make(tmp_path / "p")) is None


@pytest.mark.parametrize("answer", ["1", "day2"])
def test_a_folder_is_chosen_at_the_terminal(project, monkeypatch, answer):
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert returnlabelingdata(project).index[0] == ("labeled-data", "day2", "img00.png")


def test_a_choice_that_does_not_exist_is_refused(project, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "7")
    with pytest.raises(InvalidInput, match="no folder '7'"):
        returnlabelingdata(project)


# --- projects with cropped images


@pytest.fixture
def cropped(tmp_path):
    """A project of the older workflow: every image in two crops, which have a folder of their own."""
    path = make(tmp_path / "old")
    for name in ("day1", "day2"):
        whole = labels(name, BodyPlan(PARTS))
        write_annotations(path / "labeled-data" / name, whole)
        folder = make_folder(path / "labeled-data" / f"{name}_cropped")
        crops = tuple((*key[:1], f"{name}_cropped", f"{key[2][:-4]}c{k}.png") for key in whole.images for k in (0, 1))
        write_annotations(
            folder, replace(whole, images=crops, xy=np.repeat(whole.xy, 2, axis=0), unique_xy=np.empty((0, 0, 2)))
        )
    config = read_config(path / "config.yaml")
    originals = dict(config["video_sets"])
    config["video_sets"] = {key.replace(".avi", "_cropped.avi"): value for key, value in originals.items()}
    config["video_sets_original"] = originals
    config["croppedtraining"] = True
    config.to_yaml(path / "config.yaml")
    return path


def test_a_cropped_project_becomes_an_ordinary_one_with_a_backup(cropped):
    report = convert_cropped_to_standard_dataset(cropped, recreate_datasets=False)
    config = read_config(cropped / "config.yaml")
    assert sorted(Path(key).name for key in config.video_sets) == ["day1.avi", "day2.avi"]
    assert "video_sets_original" not in config and not config.croppedtraining
    assert not list((cropped / "labeled-data").glob("*_cropped")) and day(cropped).is_dir()
    assert report.backup == cropped.with_name("old_bak") and len(report.deleted) == 2
    assert (report.backup / "labeled-data" / "day1_cropped" / H5).exists()


def test_a_project_that_is_not_cropped_stays_as_it_is(project):
    before = content(project)
    report = convert_cropped_to_standard_dataset(project)
    assert content(project) == before and "not cropped" in report.notices[0]


def test_a_backup_of_a_project_is_not_replaced_and_a_dry_run_makes_none(cropped):
    cropped.with_name("old_bak").mkdir()
    before = content(cropped)
    report = convert_cropped_to_standard_dataset(cropped, recreate_datasets=False, dry_run=True)
    assert report.backup == cropped.with_name("old_bak2") and not report.backup.exists() and content(cropped) == before


def training_set(cropped, train, test):
    """A shuffle of the older workflow: positions in the merged labels of the crops, and a model."""
    config = read_config(cropped / "config.yaml")
    layout = Layout.of(config)
    crops = [read_annotations(cropped / "labeled-data" / f"day{n}_cropped") for n in (1, 2)]
    merged = replace(crops[0], images=crops[0].images + crops[1].images, unique_xy=np.empty((0, 0, 2)),
                     xy=np.concatenate([crop.xy for crop in crops]))  # fmt: skip
    (cropped / layout.training_set_folder).mkdir(parents=True)
    write_annotations(cropped / layout.training_set_folder / H5, merged)
    write_documentation(cropped / layout.documentation_file(0.5, 3), [], train, test, 0.5)
    model = cropped / layout.model_config(0.5, 3, Engine.PYTORCH)
    model.parent.mkdir(parents=True)
    model.write_text("net_type: hrnet_w32\n")


def test_the_training_sets_are_made_anew_with_the_same_splits(cropped, monkeypatch):
    # crops 0, 1 are of image 0 of day1, crops 2, 3 of image 1, ..., crops 10, 11 of image 2 of day2
    training_set(cropped, [0, 1, 2, 10], [3, 6, 7])
    asked = []
    monkeypatch.setattr(
        cropped_projects, "create_training_dataset", lambda config, **given: asked.append((config, given))
    )
    report = convert_cropped_to_standard_dataset(cropped)
    ((config, given),) = asked
    assert sorted(Path(key).name for key in config.video_sets) == ["day1.avi", "day2.avi"]
    assert given["Shuffles"] == [3] and given["net_type"] == "hrnet_w32" and given["engine"] is Engine.PYTORCH
    assert given["trainIndices"] == [[0, 1, 5]] and given["testIndices"] == [[3]] and report.shuffles == (3,)
    assert "1 images had crops in both parts" in report.notices[0]


def test_a_training_set_that_cannot_be_made_leaves_config_and_crops(cropped, monkeypatch):
    training_set(cropped, [0, 1], [2])

    def fail(*_, **__):
        raise InvalidInput("no")

    monkeypatch.setattr(cropped_projects, "create_training_dataset", fail)
    before = content(cropped)
    with pytest.raises(InvalidInput):
        convert_cropped_to_standard_dataset(cropped)
    assert content(cropped) == before


def test_splits_without_the_labels_they_number_are_refused_before_anything_happens(cropped):
    file = cropped / Layout.of(read_config(cropped / "config.yaml")).documentation_file(0.95, 1)
    file.parent.mkdir(parents=True)
    write_documentation(file, [], [0], [1], 0.95)
    before = content(cropped)
    with pytest.raises(Missing, match="splits cannot be read"):
        convert_cropped_to_standard_dataset(cropped)
    assert content(cropped) == before and not cropped.with_name("old_bak").exists()
