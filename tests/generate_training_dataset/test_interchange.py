"""Labels that go out to other programs and come back are the same; what is not the same is in the report."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deeplabcut.core.config import new_project_config, read_config
from deeplabcut.core.errors import DeepLabCutError, InvalidInput, Missing
from deeplabcut.core.faults import injected
from deeplabcut.core.poses import Annotations
from deeplabcut.generate_training_dataset.interchange import export_labels, import_labels
from deeplabcut.io.annotations import read_annotations, write_annotations
from deeplabcut.io.foreign import ForeignLabels, Kind, Picture
from deeplabcut.io.images import read_image, write_png
from deeplabcut.io.slp import write_slp
from deeplabcut.project import Project
from deeplabcut.project.labels import body_plan

FORMATS = {
    "coco": "out/annotations/train.json",
    "slp": "out/labels.slp",
    "package": "out/labels.pkg.slp",
    "lightning": "out/CollectedData.csv",
}
MULTI = [name for name in FORMATS if name != "lightning"]
nan = np.nan


def make_project(path, parts=("snout", "tail"), individuals=(), unique=(), videos=(), skeleton=()):
    """A project without labels."""
    path.mkdir(parents=True)
    for folder in ("labeled-data", "videos"):
        (path / folder).mkdir()
    sets = {(path / "videos" / f"{video}.mp4").as_posix(): {"crop": "0, 16, 0, 12"} for video in videos}
    config = new_project_config("reach", "Ada", "Nov20", path, video_sets=sets, multianimal=bool(individuals))
    config.skeleton = [list(bone) for bone in skeleton]
    if individuals:
        config.individuals, config.uniquebodyparts = list(individuals), list(unique)
        config.multianimalbodyparts = list(parts)
    else:
        config.bodyparts = list(parts)
    config.to_yaml(path / "config.yaml")
    return path


def empty_copy(project, path):
    """A project of the same plan, without videos and labels."""
    plan = body_plan(Project.open(project).config)
    return make_project(path, plan.bodyparts, plan.individuals, plan.unique)


def add_labels(project, folder, xy, unique_xy=None, names=None, pictures=True):
    """Labels of one folder, and its pictures, each of another colour."""
    opened = Project.open(project)
    plan = body_plan(opened.config)
    place = project / "labeled-data" / folder
    place.mkdir(exist_ok=True)
    names = names or [f"img{3 * i:03d}.png" for i in range(len(xy))]
    for i, name in enumerate(names if pictures else ()):
        write_png(place / name, np.full((12, 16, 3), (i, len(folder), 200), np.uint8))
    unique_xy = np.empty((len(xy), plan.n_unique, 2)) * nan if unique_xy is None else unique_xy
    keys = tuple(("labeled-data", folder, name) for name in names)
    write_annotations(place, Annotations(plan, "Ada", keys, xy, unique_xy))


def all_labels(project):
    """Every point of a project: (folder, image, individual, bodypart) -> (x, y)."""
    opened = Project.open(project)
    plan = body_plan(opened.config)
    found = {}
    for folder in sorted((project / "labeled-data").iterdir()):
        labels = read_annotations(folder, plan, scorer="Ada")
        for i, key in enumerate(labels.images):
            found[folder.name, key[-1]] = None
            for k, part in enumerate(plan.unique):
                found[folder.name, key[-1], "single", part] = labels.unique_xy[i, k].tobytes()
            for j, who in enumerate(plan.individuals or ("",)):
                for k, part in enumerate(plan.bodyparts):
                    xy = labels.xy[i, j, k]
                    found[folder.name, key[-1], who, part] = b"" if np.isnan(xy).all() else xy.tobytes()
    return found


def tree(folder):
    """Everything below a folder, with its content."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def codes(report):
    return {loss.code for loss in report.losses}


def items(report, code):
    return next((loss.items for loss in report.losses if loss.code == code), ())


NAMES = st.text(st.characters(whitelist_categories=("L", "N"), whitelist_characters="_-"), min_size=1, max_size=8)
AWKWARD = st.sampled_from(["=cmd()", "<b>é</b>", "鼠", "a b", "+1", "x;y", "it's", "100%", "$(x)"])
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False) | st.just(nan) | st.just(0.0)


@st.composite
def plans(draw, multi):
    names = draw(
        st.lists(NAMES | AWKWARD, min_size=4, max_size=7, unique_by=lambda n: n.lower()).filter(
            lambda found: "single" not in found and not any(n.strip() != n for n in found)
        )
    )
    if not multi:
        return names[:2], (), ()
    return names[:2], ["m1", "鼠", "b"][: draw(st.integers(2, 3))], names[2 : draw(st.integers(2, len(names)))]


@st.composite
def labelled(draw, multi):
    """A plan, and labels of one to three folders; both coordinates of a point are there, or none."""
    parts, individuals, unique = draw(plans(multi))
    folders = {}
    for folder in draw(st.sampled_from([["day 1"], ["é", "鼠 2"], ["a", "b.c", "$(touch x)"]])):
        n, n_points = draw(st.integers(1, 3)), max(1, len(individuals)) * len(parts) + len(unique)
        numbers = np.array(draw(st.lists(NUMBERS, min_size=2 * n * n_points, max_size=2 * n * n_points)))
        points = numbers.reshape(n, n_points, 2)
        points[np.isnan(points).any(axis=-1)] = nan
        own = n_points - len(unique)
        folders[folder] = points[:, :own].reshape(n, -1, len(parts), 2), points[:, own:]
    return parts, individuals, unique, folders


def check_round_trip(root, case, destination):
    parts, individuals, unique, folders = case
    project = make_project(root / "one", parts, individuals, unique, videos=list(folders))
    for folder, (xy, unique_xy) in folders.items():
        add_labels(project, folder, xy, unique_xy)
    exported = export_labels(project, root / destination)
    other = empty_copy(project, root / "two")
    imported = import_labels(other, root / destination)
    assert exported.losses == () and imported.losses == ()
    assert all_labels(other) == all_labels(project)
    assert len(read_config(other / "config.yaml").video_sets) == len(folders)
    for folder in folders:
        for path in (project / "labeled-data" / folder).glob("*.png"):
            assert np.array_equal(read_image(path), read_image(other / "labeled-data" / folder / path.name))
    again = import_labels(other, root / destination)
    assert again.n_pictures == 0 and again.files == () and again.losses == ()


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(case=labelled(multi=False))
def test_T21_labels_of_one_animal_come_back_with_their_bits(name, case):
    with tempfile.TemporaryDirectory() as root:
        check_round_trip(Path(root), case, FORMATS[name])


@pytest.mark.parametrize("name", MULTI)
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(case=labelled(multi=True))
def test_T21_labels_of_several_animals_come_back_with_their_bits(name, case):
    with tempfile.TemporaryDirectory() as root:
        check_round_trip(Path(root), case, FORMATS[name])


@pytest.fixture
def odd(tmp_path):
    """A project with everything that formats cannot hold, and what that is by the codes of losses."""
    project = make_project(
        tmp_path / "odd", ("snout", "tail"), ("m1", "m2"), ("corner",), videos=("cage",), skeleton=[("snout", "corner")]
    )
    xy = np.arange(24, dtype=float).reshape(3, 2, 2, 2)
    xy[0, 0, 0, 1] = nan  # half a point
    xy[1, 1, 1, 0] = np.inf
    names = ["img000.png", "frame 7.png", "img009.png"]
    add_labels(project, "cage", xy, np.arange(6, dtype=float).reshape(3, 1, 2), names)
    (project / "labeled-data" / "cage" / "img009.png").unlink()
    config = read_config(project / "config.yaml")
    config.multianimalbodyparts = ["snout", "tail", "ear"]
    config.to_yaml(project / "config.yaml")
    add_labels(project, "field", np.full((1, 2, 3, 2), 5.0))
    config.multianimalbodyparts = ["snout", "tail"]
    config.to_yaml(project / "config.yaml")
    return project


@pytest.mark.parametrize("name", MULTI)
def test_what_changed_is_what_was_listed(odd, tmp_path, name):
    exported = export_labels(odd, tmp_path / FORMATS[name])
    other = empty_copy(odd, tmp_path / "other")
    imported = import_labels(other, tmp_path / FORMATS[name])
    before, after = all_labels(odd), all_labels(other)
    renamed = {("cage", "frame 7.png"): ("cage", "img007.png")}
    assert items(imported, "picture-names") == ("cage/frame 7.png -> img007.png",)
    moved = {(*renamed.get(key[:2], key[:2]), *key[2:]): value for key, value in before.items()}
    changed = {key for key in moved if moved[key] != after.get(key)} | (after.keys() - moved.keys())
    gone = {key for key in changed if key[:2] == ("cage", "img009.png")}
    assert items(exported, "no-picture") == ("cage/img009.png",) and gone
    assert changed - gone == {("cage", "img000.png", "m1", "snout"), ("cage", "img007.png", "m2", "tail")}
    assert items(exported, "no-number") == ("cage/img000.png snout", "cage/frame 7.png tail")
    assert items(exported, "columns") == ("field m1 ear", "field m2 ear")
    assert items(exported, "bones") == ("snout - corner",)
    assert codes(exported) == {"no-picture", "no-number", "columns", "bones"} and codes(imported) == {"picture-names"}
    assert any("not kept: pictures get other names (1)" in line for line in imported.lines())


def test_unlabelled_pictures_come_along(tmp_path):
    project = make_project(tmp_path / "one", videos=("cage",))
    add_labels(project, "cage", np.full((2, 1, 2, 2), nan))
    for name in FORMATS.values():
        export_labels(project, tmp_path / name)
        other = empty_copy(project, tmp_path / "other")
        assert import_labels(other, tmp_path / name).n_pictures == 2 and all_labels(other) == all_labels(project)
        shutil.rmtree(other)


def test_T21_names_of_folders_that_lead_elsewhere_are_refused(tmp_path):
    project = make_project(tmp_path / "one")
    (tmp_path / "evil").mkdir()
    write_png(tmp_path / "evil" / "img0.png", np.zeros((4, 4, 3), np.uint8))
    for name in ["CON", "trailing.", "-rf", "~x", "a\nb", ".hidden", "x" * 300, "a?b", " "]:
        content = coco(f"{name}/img0.png")
        (tmp_path / "evil" / "a.json").write_text(json.dumps(content))
        before = tree(project)
        with pytest.raises(DeepLabCutError):
            import_labels(project, tmp_path / "evil" / "a.json", images=tmp_path / "evil")
        assert tree(project) == before, name


def coco(*files, parts=("snout", "tail"), **annotation):
    """A json with one animal on each picture."""
    images = [{"id": i, "file_name": name, "width": 16, "height": 12} for i, name in enumerate(files)]
    points = [n for i in range(len(parts)) for n in (i + 1, i + 2, 2)]
    annotations = [
        {"id": i, "image_id": i, "category_id": 1, "keypoints": points, **annotation} for i in range(len(files))
    ]
    category = {"id": 1, "name": "mouse", "keypoints": list(parts)}
    return {"images": images, "annotations": annotations, "categories": [category]}


def write_data_set(folder, content, suffix=".png"):
    (folder / "annotations").mkdir(parents=True)
    (folder / "annotations" / "train.json").write_text(json.dumps(content))
    for image in content["images"]:
        path = folder / "images" / image["file_name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path.with_suffix(suffix)), np.full((12, 16, 3), 10 * image["id"], np.uint8))
    return folder / "annotations" / "train.json"


def test_pictures_of_other_kinds_become_png_and_get_numbers(tmp_path):
    project = make_project(tmp_path / "one")
    source = write_data_set(tmp_path / "mice", coco("000012.jpg", "000300.jpg"), ".jpg")
    report = import_labels(project, source)
    assert sorted(p.name for p in (project / "labeled-data" / "mice").glob("*.png")) == ["img012.png", "img300.png"]
    assert items(report, "picture-names") == ("mice/000012.jpg -> img012.png", "mice/000300.jpg -> img300.png")
    (key,) = read_config(project / "config.yaml").video_sets
    assert key.endswith("videos/mice.mp4") and read_config(project / "config.yaml").video_sets[key] == {
        "crop": "0, 16, 0, 12"
    }
    assert import_labels(project, source).files == ()  # the second time there is nothing to do


def test_marks_of_occlusion_and_boxes_are_listed(tmp_path):
    project = make_project(tmp_path / "one")
    content = coco("a/img0.png", keypoints=[1, 2, 1, 3, 4, 2], bbox=[0, 0, 5, 5])
    report = import_labels(project, write_data_set(tmp_path / "set", content))
    assert items(report, "occluded") == ("a/img0.png snout",) and items(report, "boxes") == ("a/img0.png",)
    assert all_labels(project)["a", "img0.png", "", "snout"] == np.array([1.0, 2.0]).tobytes()


def test_the_parts_of_a_split_are_read_from_their_folder(tmp_path):
    project = make_project(tmp_path / "one")
    write_data_set(tmp_path / "set", coco("a/img0.png"))
    other = write_data_set(tmp_path / "more", coco("b/img1.png"))
    shutil.copy(other, tmp_path / "set" / "annotations" / "test.json")
    shutil.copytree(tmp_path / "more" / "images", tmp_path / "set" / "images", dirs_exist_ok=True)
    report = import_labels(project, tmp_path / "set")
    assert report.n_pictures == 2 and items(report, "split") == ("test.json", "train.json")


def test_unknown_bodyparts_are_named_all_at_once_with_the_nearest_names(tmp_path):
    project = make_project(tmp_path / "one")
    source = write_data_set(tmp_path / "set", coco("a/img0.png", parts=("Snout", "Tail", "wing")))
    with pytest.raises(InvalidInput) as error:
        import_labels(project, source)
    for said in ("'Snout' (near: 'snout')", "'Tail' (near: 'tail')", "'wing'", "change_bodyparts", "rename="):
        assert said in str(error.value)
    report = import_labels(project, source, rename={"Snout": "snout", "Tail": "tail", "wing": ""})
    assert items(report, "bodyparts") == ("wing",) and report.n_points == 2
    assert read_config(project / "config.yaml").bodyparts == ["snout", "tail"]


def test_animals_are_individuals_by_name_else_by_track_else_by_order(tmp_path):
    project = make_project(tmp_path / "one", ("snout",), ("m1", "m2", "m3"))
    pictures = tuple(Picture("a", f"img{i}.png", path=f"a/img{i}.png", size=(16, 12)) for i in range(2))
    for picture in pictures:
        (tmp_path / "a").mkdir(exist_ok=True)
        write_png(tmp_path / picture.path, np.zeros((12, 16, 3), np.uint8))
    points = np.array([[[i, i]] for i in range(5)], float)
    labels = ForeignLabels(
        (Kind("mouse", ("snout",)),), pictures, [0, 0, 0, 1, 1], [0] * 5, points, ("m2", "track 9"), [1, 0, -1, -1, 1]
    )
    write_slp(tmp_path / "a.slp", labels)
    report = import_labels(project, tmp_path / "a.slp")
    xy = read_annotations(project / "labeled-data" / "a").xy[..., 0, 0]
    assert xy[0].tolist() == [0, 1, 2]  # track 9 is m1, m2 is m2, the one without a name is m3
    assert xy[1, [0, 1]].tolist() == [4, 3] and np.isnan(xy[1, 2])
    assert items(report, "individuals") == ("track 9 -> m1",)
    assert items(report, "by-order") == ("a/img0.png m3", "a/img1.png m2")


def test_more_animals_than_individuals_are_refused(tmp_path):
    project = make_project(tmp_path / "one")
    content = coco("a/img0.png")
    content["annotations"] *= 2
    source = write_data_set(tmp_path / "set", content)
    with pytest.raises(InvalidInput, match=r"more animals than .* a/img0.png \(2\)"):
        import_labels(project, source)


def test_labels_that_are_there_stay_unless_they_are_to_be_replaced(tmp_path):
    project = make_project(tmp_path / "one", videos=("a",))
    add_labels(project, "a", np.array([[[[7, 7], [8, 8]]], [[[nan, nan], [nan, nan]]]]), names=["img0.png", "img1.png"])
    source = write_data_set(tmp_path / "set", coco("a/img0.png", "a/img1.png", "a/img2.png"))
    shutil.copytree(project / "labeled-data" / "a", tmp_path / "set" / "images" / "a", dirs_exist_ok=True)
    report = import_labels(project, source)
    xy = read_annotations(project / "labeled-data" / "a").xy[:, 0, 0, 0]
    assert xy.tolist() == [7, 1, 1] and items(report, "kept") == ("a/img0.png",)
    assert report.n_pictures == 2 and report.n_unchanged == 1
    report = import_labels(project, source, overwrite=True)
    assert read_annotations(project / "labeled-data" / "a").xy[:, 0, 0, 0].tolist() == [1, 1, 1]
    assert items(report, "replaced") == ("a/img0.png",)
    assert list((project / "labeled-data" / "a" / ".history").iterdir())


def test_another_picture_under_the_same_name_is_never_taken_for_it(tmp_path):
    project = make_project(tmp_path / "one", videos=("a",))
    add_labels(project, "a", np.ones((1, 1, 2, 2)), names=["img0.png"])
    source = write_data_set(tmp_path / "set", coco("a/img0.png"))
    with pytest.raises(InvalidInput, match="shows something else"):
        import_labels(project, source)


def test_frames_are_read_from_the_video_at_their_numbers(tmp_path):
    project = make_project(tmp_path / "one")
    writer = cv2.VideoWriter(str(tmp_path / "day.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48))
    for i in range(12):
        writer.write(np.full((48, 64, 3), 20 * i, np.uint8))
    writer.release()
    pictures = tuple(Picture("day", "", i, path="x", size=(64, 48)) for i in (11, 4))
    write_slp(
        tmp_path / "a.slp",
        ForeignLabels((Kind("m", ("snout", "tail")),), pictures, [0, 1], [0, 0], np.ones((2, 2, 2)), scorer="Eve"),
    )
    set_media_video(tmp_path / "a.slp", "day.avi", [11, 4])
    report = import_labels(project, tmp_path / "a.slp")
    folder = project / "labeled-data" / "day"
    assert sorted(p.name for p in folder.glob("*.png")) == ["img04.png", "img11.png"]
    assert abs(int(read_image(folder / "img11.png").mean()) - 220) < 5
    assert items(report, "scorer") == ("Eve -> Ada",)
    assert next(iter(read_config(project / "config.yaml").video_sets)) == (tmp_path / "day.avi").as_posix()
    set_media_video(tmp_path / "a.slp", "day.avi", [11, 12])
    with pytest.raises(InvalidInput, match="frame 12"):
        import_labels(project, tmp_path / "a.slp")
    set_media_video(tmp_path / "a.slp", "/gone/other.avi", [11, 4])
    with pytest.raises(InvalidInput, match="2 pictures of other are not there"):
        import_labels(project, tmp_path / "a.slp")
    (tmp_path / "day.avi").rename(tmp_path / "other.avi")
    assert import_labels(project, tmp_path / "a.slp", video=tmp_path / "other.avi").n_pictures == 2


def set_media_video(path, name, numbers):
    """Make a SLEAP file name the frames of one video."""
    import h5py

    with h5py.File(path, "r+") as h5:
        del h5["videos_json"]
        h5.create_dataset("videos_json", data=[json.dumps({"backend": {"type": "MediaVideo", "filename": name}})])
        frames = h5["frames"][()]
        frames["frame_idx"], frames["video"] = numbers, 0
        del h5["frames"]
        h5.create_dataset("frames", data=frames)


def test_T35_paths_that_lead_out_of_the_data_set_are_not_followed(tmp_path):
    project = make_project(tmp_path / "one")
    write_png(tmp_path / "secret.png", np.zeros((12, 16, 3), np.uint8))
    (tmp_path / "a" / "set").mkdir(parents=True)
    for name in ("../../secret.png", "v/../../../secret.png", "\\\\host\\share\\secret.png", "//host/share/secret.png"):
        source = tmp_path / "a" / "set" / "labels.json"
        source.write_text(json.dumps(coco(name)))
        with pytest.raises(DeepLabCutError):
            import_labels(project, source)
    assert not list((project / "labeled-data").iterdir())


def test_a_dry_run_says_what_would_be_done_and_does_nothing(tmp_path):
    project = make_project(tmp_path / "one")
    source = write_data_set(tmp_path / "set", coco("a/img0.png"))
    before = tree(tmp_path)
    planned = import_labels(project, source, dry_run=True)
    assert tree(tmp_path) == before and planned.dry_run and "would be imported" in planned.lines()[0]
    done = import_labels(project, source)
    assert done.files == planned.files and all(path.is_file() for path in done.files)
    before = tree(tmp_path)
    planned = export_labels(project, tmp_path / "out" / "a.json", dry_run=True)
    assert tree(tmp_path) == before and not (tmp_path / "out").exists()
    assert export_labels(project, tmp_path / "out" / "a.json").files == planned.files


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_T6_an_import_that_fails_anywhere_leaves_the_project_as_it_was(tmp_path, step):
    project = make_project(tmp_path / "one", videos=("a",))
    add_labels(project, "a", np.ones((1, 1, 2, 2)), names=["img9.png"])
    source = write_data_set(tmp_path / "set", coco("a/img0.png", "b/img0.png", "b/img1.png"))

    def state():
        return {name: content for name, content in tree(project).items() if ".history" not in name}

    before = state()
    for number in range(1, 200):
        with injected(f"{step}:{number}") as plan:
            try:
                import_labels(project, source)
                break
            except OSError:
                assert plan.seen[step] >= number
        assert state() == before and not (project / "labeled-data" / "b").exists(), number
    assert number > 5 and len(all_labels(project)) == 4 * 3


@pytest.mark.parametrize("name", FORMATS)
def test_T5_an_export_that_fails_leaves_nothing_behind(tmp_path, name):
    project = make_project(tmp_path / "one", videos=("a",))
    add_labels(project, "a", np.ones((2, 1, 2, 2)))
    for number in range(1, 100):
        with injected(f"fsync:{number}"):
            try:
                export_labels(project, tmp_path / FORMATS[name])
                break
            except OSError:
                pass
        assert not (tmp_path / "out").exists(), number
    assert (tmp_path / FORMATS[name]).is_file()


def test_files_that_are_there_are_replaced_only_if_asked_for(tmp_path):
    project = make_project(tmp_path / "one", videos=("a",))
    add_labels(project, "a", np.ones((1, 1, 2, 2)))
    export_labels(project, tmp_path / "out" / "a.json")
    with pytest.raises(InvalidInput, match="overwrite"):
        export_labels(project, tmp_path / "out" / "a.json")
    report = export_labels(project, tmp_path / "out" / "a.json", overwrite=True)
    assert report.files == (tmp_path / "out" / "a.json",)  # the pictures are the same


def test_pictures_need_not_be_copied(tmp_path):
    project = make_project(tmp_path / "one", videos=("a",))
    add_labels(project, "a", np.ones((1, 1, 2, 2)))
    for name in ("a.json", "a.slp"):
        report = export_labels(project, tmp_path / name, copy_images=False)
        assert len(report.files) == 1
        other = empty_copy(project, tmp_path / "other")
        import_labels(other, tmp_path / name)
        assert all_labels(other) == all_labels(project)
        shutil.rmtree(other)


def test_each_view_gets_its_csv_with_the_same_rows(tmp_path):
    project = make_project(tmp_path / "one", videos=("s1_top", "s1_side"))
    points = np.arange(12, dtype=float).reshape(3, 1, 2, 2)
    add_labels(project, "s1_top", points)
    add_labels(project, "s1_side", points[[2, 0]] + 100, names=["img006.png", "img000.png"])
    report = export_labels(project, tmp_path / "out", format="lightning", views=["top", "side"])
    assert items(report, "views") == ("s1_top/img003.png",)
    rows = [(tmp_path / "out" / f"{view}.csv").read_text().splitlines()[3:] for view in ("top", "side")]
    assert [row.split(",")[0].rsplit("/")[-1] for row in rows[0]] == [
        row.split(",")[0].rsplit("/")[-1] for row in rows[1]
    ]
    other = empty_copy(project, tmp_path / "other")
    assert import_labels(other, tmp_path / "out").n_pictures == 4
    with pytest.raises(InvalidInput, match="of none of the views"):
        export_labels(project, tmp_path / "out2", format="lightning", views=["top", "left"])


def test_formats_that_cannot_hold_the_animals_are_refused(tmp_path):
    project = make_project(tmp_path / "one", individuals=("m1", "m2"), videos=("a",))
    add_labels(project, "a", np.ones((1, 2, 2, 2)))
    with pytest.raises(InvalidInput, match="2 individuals"):
        export_labels(project, tmp_path / "a.csv")
    with pytest.raises(InvalidInput, match="not known"):
        export_labels(project, tmp_path / "a.xyz")
    with pytest.raises(Missing, match="no labelled pictures"):
        export_labels(make_project(tmp_path / "two"), tmp_path / "a.json")
    with pytest.raises(InvalidInput, match="no format"):
        import_labels(project, tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("a.")]


def test_T37_guarded_names_are_listed(tmp_path):
    project = make_project(tmp_path / "one", ("=cmd()", "tail"), videos=("a",))
    add_labels(project, "a", np.ones((1, 1, 2, 2)))
    assert export_labels(project, tmp_path / "plain" / "a.csv").losses == ()
    report = export_labels(project, tmp_path / "safe" / "a.csv", for_spreadsheets=True)
    assert items(report, "formulas") == ("=cmd()",)
