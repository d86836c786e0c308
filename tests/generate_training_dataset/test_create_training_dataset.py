"""A training set is made as a whole: merged labels, data files, splits, list of shuffles, folders of models."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core import engine as engines
from deeplabcut.core import faults, progress
from deeplabcut.core.config import new_project_config, read_config, read_config_as_dict
from deeplabcut.core.engine import Engine, EngineAbsent
from deeplabcut.core.errors import DeepLabCutError, InvalidInput, Locked
from deeplabcut.core.locks import hold
from deeplabcut.core.poses import Annotations, BodyPlan
from deeplabcut.core.recovery import recover
from deeplabcut.generate_training_dataset import creation, dataset, formats, model_yamls
from deeplabcut.generate_training_dataset.dataset import create_multianimaltraining_dataset, create_training_dataset
from deeplabcut.generate_training_dataset.findings import TrainingSetError
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.images import png_bytes
from deeplabcut.io.tables import table_of_annotations, to_frame
from deeplabcut.io.training_set import read_documentation, read_mat_images, read_multi_pickle
from deeplabcut.project.labels import body_plan

WIDTH, HEIGHT = 64, 48
PICTURE = png_bytes(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
FOLDER = "training-datasets/iteration-0/UnaugmentedDataSet_reachNov20"


def make_project(path, n=10, multi=False, video="a", xy=None, **settings):
    """A project with ``n`` labelled frames."""
    sets = {str(path / "videos" / f"{video}.mp4"): {"crop": "0, 64, 0, 48"}}
    config = new_project_config("reach", "Ana", "Nov20", path, video_sets=sets, multianimal=multi)
    parts = {"multianimalbodyparts": ["snout", "tail"], "individuals": ["m1", "m2"], "uniquebodyparts": ["corner"]}
    settings = {**(parts if multi else {"bodyparts": ["snout", "tail"]}), "skeleton": [], **settings}
    for name, value in {"TrainingFraction": [0.8], **settings}.items():
        config[name] = value
    (path / "labeled-data" / video).mkdir(parents=True)
    (path / "videos").mkdir()
    config.to_yaml(path / "config.yaml")
    label(path, n, video, xy)
    return path


def label(path, n, video="a", xy=None):
    folder = path / "labeled-data" / video
    plan = body_plan(read_config(path))
    names = [f"img{i:02d}.png" for i in range(n)]
    for name in names:
        (folder / name).write_bytes(PICTURE)
    shape = (n, plan.n_individuals, plan.n_bodyparts, 2)
    points = np.random.default_rng(n).uniform(1, 47, shape) if xy is None else np.broadcast_to(xy, shape)
    keys = tuple(("labeled-data", video, name) for name in names)
    write_annotations(folder, Annotations(plan, "Ana", keys, points, np.full((n, plan.n_unique, 2), 30.126)))


@pytest.fixture
def project(tmp_path):
    return lambda **settings: make_project(tmp_path / "reach", **settings)


class StandIn:
    """An engine that writes down what it is asked."""

    problems: list[str]
    fails_at: int | None
    asked: list

    def model_problems(self, config, request):
        return list(self.problems)

    def write_model(self, folder, config, facts, request):
        self.asked.append((facts, request))
        assert folder.is_dir() and not list(folder.iterdir())
        (folder / "train").mkdir()
        (folder / "train" / "pytorch_config.yaml").write_text(f"net_type: {request.net_type}\n")
        if len(self.asked) == self.fails_at:
            raise RuntimeError("the engine broke")


@pytest.fixture
def backend(monkeypatch):
    """A PyTorch engine that stands in for the real one."""
    kind = type("Backend", (StandIn,), {"problems": [], "fails_at": None, "asked": []})
    module = types.ModuleType("stand_in_engine")
    module.Backend = kind
    monkeypatch.setitem(sys.modules, "stand_in_engine", module)
    monkeypatch.setitem(engines.BACKENDS, "pytorch", "stand_in_engine:Backend")
    return kind


@pytest.fixture
def no_engine(monkeypatch):
    """A version without engines."""
    for name in engines.BACKENDS:
        monkeypatch.setitem(engines.BACKENDS, name, "deeplabcut.engine_of_another_version:Backend")


def snapshot(path):
    """Every file of a project with its content, and every folder."""
    return {str(one.relative_to(path)): one.read_bytes() if one.is_file() else None for one in path.rglob("*")}


def files(path):
    return sorted(one.name for one in (path / FOLDER).iterdir())


# ----- what is written


def test_the_sizes_of_the_new_split_are_told(project, backend):
    said = []
    reporter = progress.Silent()
    reporter.message = said.append
    with progress.in_force(progress.Progress(reporter)):
        create_training_dataset(project() / "config.yaml")
    assert said == ["Shuffle 1 (0.8): 8 images to train on, 2 to test with"]


def test_a_single_animal_training_set(project, backend):
    path = project()
    made = create_training_dataset(path / "config.yaml", seed=3)
    ((fraction, shuffle, (train, test)),) = made
    assert (fraction, shuffle, len(train), len(test)) == (0.8, 1, 8, 2)
    assert sorted([*train, *test]) == list(range(10)) and train.dtype.kind == "i"
    assert files(path) == [
        "CollectedData_Ana.csv", "CollectedData_Ana.h5", "Documentation_data-reach_80shuffle1.pickle", "metadata.yaml",
        "reach_Ana80shuffle1.mat",
    ]  # fmt: skip
    images = read_mat_images(path / FOLDER / "reach_Ana80shuffle1.mat")
    assert [image["image"] for image in images] == [("labeled-data", "a", f"img{i:02d}.png") for i in train]
    assert tuple(images[0]["size"]) == (3, HEIGHT, WIDTH)
    split = read_documentation(path / FOLDER / "Documentation_data-reach_80shuffle1.pickle")
    assert (split.train, split.test, split.fraction) == (tuple(train), tuple(test), 0.8)
    assert read_config_as_dict(path / FOLDER / "metadata.yaml") == {
        "shuffles": {"reachNov20-trainset80shuffle1": {"train_fraction": 0.8, "index": 1, "split": 1,
                                                       "engine": "pytorch"}}
    }  # fmt: skip
    model = path / "dlc-models-pytorch/iteration-0/reachNov20-trainset80shuffle1"
    assert [one.name for one in model.iterdir()] == ["train"]
    assert not list(path.rglob(".dlc*")) and not list(path.rglob(".history"))


def test_the_documentation_is_a_plain_list_of_four(project, no_engine):
    path = project()
    create_training_dataset(path)
    content = pickle.loads((path / FOLDER / "Documentation_data-reach_80shuffle1.pickle").read_bytes())
    data, train, test, fraction = content
    assert isinstance(content, list) and isinstance(train, np.ndarray) and isinstance(test, np.ndarray)
    assert type(fraction) is float and fraction == 0.8
    assert set(data[0]) == {"image", "size", "joints"} and data[0]["joints"].dtype == np.int64
    assert isinstance(data[0]["image"], tuple) and data[0]["size"] == (3, HEIGHT, WIDTH)


def test_a_multi_animal_training_set_is_a_pickle_and_gives_nothing_back(project, no_engine):
    path = project(multi=True)
    assert create_training_dataset(path, seed=1, augmenter_type="imgaug") is None
    assert files(path) == [
        "CollectedData_Ana.csv", "CollectedData_Ana.h5", "Documentation_data-reach_80shuffle1.pickle", "metadata.yaml",
        "reach_Ana80shuffle1.pickle",
    ]  # fmt: skip
    images = read_multi_pickle(path / FOLDER / "reach_Ana80shuffle1.pickle")
    assert len(images) == 8 and set(images[0]["joints"]) == {0, 1, 2}
    assert images[0]["joints"][2].tolist() == [[2, np.float32(30.13), np.float32(30.13)]]
    assert images[0]["joints"][0].dtype == np.float32 and images[0]["joints"][0][:, 0].tolist() == [0, 1]


def test_loops_of_single_animal_projects_run_over_fractions_first(project, no_engine):
    made = create_training_dataset(project(TrainingFraction=[0.5, 0.8]), num_shuffles=2)
    assert [(fraction, shuffle) for fraction, shuffle, _ in made] == [(0.5, 1), (0.5, 2), (0.8, 1), (0.8, 2)]
    assert len({tuple(train) for _, _, (train, _) in made}) == 4


def test_loops_of_multi_animal_projects_run_over_shuffles_first(project, backend):
    create_multianimaltraining_dataset(project(multi=True, TrainingFraction=[0.5, 0.8]), num_shuffles=2)
    assert [(facts.train_fraction, facts.shuffle) for facts, _ in backend.asked] == [
        (0.5, 1), (0.8, 1), (0.5, 2), (0.8, 2),
    ]  # fmt: skip


def test_new_shuffles_follow_the_largest_one(project, no_engine):
    path = project()
    create_training_dataset(path, Shuffles=[4])
    assert [shuffle for _, shuffle, _ in create_training_dataset(path, num_shuffles=2)] == [5, 6]


@pytest.mark.parametrize("fraction", [0.29, 0.57, 0.58, 0.95])
def test_percentages_in_names_are_cut_off(project, no_engine, fraction):
    path = project(TrainingFraction=[fraction])
    create_training_dataset(path)
    assert f"reach_Ana{int(100 * fraction)}shuffle1.mat" in files(path)


@pytest.mark.parametrize("multi", [False, True])
def test_the_same_seed_makes_the_same_bytes(tmp_path, no_engine, multi):
    contents = []
    for name in ("one", "two"):
        path = make_project(tmp_path / name / "reach", multi=multi)
        create_training_dataset(path, num_shuffles=2, seed=5)
        contents.append(snapshot(path / FOLDER))
    assert contents[0] == contents[1]
    assert len({contents[0][f"Documentation_data-reach_80shuffle{i}.pickle"] for i in (1, 2)}) == 2


def test_scipy_reads_the_mat_with_the_form_that_other_programs_know(project, no_engine):
    from scipy.io import loadmat

    path = project(xy=[[12.9, 7.2], [0.5, 9.0]])
    create_training_dataset(path, trainIndices=[range(8)], testIndices=[range(8, 10)])
    content = loadmat(path / FOLDER / "reach_Ana80shuffle1.mat")["dataset"]
    assert content.shape == (1, 8) and content.dtype.names == ("image", "size", "joints")
    assert [part.strip() for part in content[0, 0]["image"].ravel()] == ["labeled-data", "a", "img00.png"]
    joints = content[0, 0]["joints"][0, 0]
    assert joints.dtype == np.int64 and joints.tolist() == [[0, 12, 7]]  # cut off; 0.5 becomes 0, which is outside


# ----- what the engine is told


def test_the_engine_gets_the_request_and_the_places(project, backend):
    path = project()
    create_training_dataset(path, net_type="hrnet_w32", augmenter_type="imgaug", detector_type="ssdlite",
                            ctd_conditions=(2, -1), weight_init="weights", seed=4)  # fmt: skip
    ((facts, request),) = backend.asked
    assert (request.net_type, request.augmenter_type, request.detector_type) == ("hrnet_w32", "imgaug", "ssdlite")
    assert request.ctd_conditions == {"shuffle": 2, "snapshot_index": -1} and request.weight_init == "weights"
    assert request.seed == 4 and facts.project == path
    assert str(facts.data_file) == f"{FOLDER}/reach_Ana80shuffle1.mat" and (path / facts.data_file).is_file()
    assert (path / facts.documentation_file).is_file() and (path / facts.model_folder / "train").is_dir()


def test_multi_animal_options_reach_the_engine(project, backend):
    create_multianimaltraining_dataset(project(multi=True), crop_size=[200, 300], crop_sampling="density",
                                       paf_graph=[[0, 1]], n_edges_threshold=50, paf_graph_degree=3)  # fmt: skip
    ((_, request),) = backend.asked
    assert (request.crop_size, request.crop_sampling, request.paf_graph) == ((200, 300), "density", ((0, 1),))
    assert (request.n_edges_threshold, request.paf_graph_degree) == (50, 3)


def test_without_the_engine_the_data_is_complete_and_the_missing_model_is_said(project, no_engine, caplog):
    path = project()
    create_training_dataset(path)
    (said,) = [record.getMessage() for record in caplog.records if "no configuration of a model" in record.getMessage()]
    assert "does not contain the engine pytorch" in said
    assert "reach_Ana80shuffle1.mat" in files(path) and not (path / "dlc-models-pytorch").exists()


def test_an_engine_whose_library_is_missing_is_no_absent_engine(tmp_path, monkeypatch):
    (tmp_path / "engine_with_a_lack.py").write_text("import a_library_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(engines.BACKENDS, "tensorflow", "engine_with_a_lack:Backend")
    with pytest.raises(ModuleNotFoundError, match="a_library_that_is_not_there") as caught:
        Engine.TF.backend()
    assert not isinstance(caught.value, EngineAbsent)


def test_the_engines_of_this_version_are_found_or_said_to_be_absent():
    for engine in Engine:
        try:
            assert callable(engine.backend().write_model)
        except EngineAbsent as error:
            assert str(engine) in str(error)


def test_problems_of_the_engine_stop_everything_before_it_begins(project, backend):
    path = project()
    backend.problems = ["there is no network called resnet_51", "top-down models have no unique bodyparts"]
    before = snapshot(path)
    with pytest.raises(TrainingSetError) as caught:
        create_training_dataset(path, net_type="resnet_51")
    assert [issue.what for issue in caught.value.report.errors] == backend.problems and not backend.asked
    assert snapshot(path) == before


# ----- shuffles that exist


def test_existing_shuffles_are_refused_or_replaced(project, backend):
    path = project()
    create_training_dataset(path, Shuffles=[1], net_type="old")
    before = snapshot(path)
    with pytest.raises(ValueError, match="exist already: 1"):
        create_training_dataset(path, Shuffles=[1])
    assert snapshot(path) == before
    (weights := path / "dlc-models-pytorch/iteration-0/reachNov20-trainset80shuffle1/train/snapshot-010.pt").touch()
    ((_, _, (train, _)),) = create_training_dataset(path, Shuffles=[1], userfeedback=False, net_type="new")
    models = path / "dlc-models-pytorch/iteration-0"
    assert "new" in (models / "reachNov20-trainset80shuffle1/train/pytorch_config.yaml").read_text()
    assert not weights.exists()  # weights of another network must not be taken for those of this one
    kept = models / ".history/reachNov20-trainset80shuffle1/000001/train"
    assert (kept / "snapshot-010.pt").exists() and "old" in (kept / "pytorch_config.yaml").read_text()
    assert read_documentation(path / FOLDER / "Documentation_data-reach_80shuffle1.pickle").train == tuple(train)


def test_new_labels_are_said_to_change_what_older_splits_mean(project, no_engine, caplog):
    path = project()
    create_training_dataset(path)
    label(path, 12)
    create_training_dataset(path)
    assert "splits-moved" in caplog.text and "since shuffle 1 was made (10 then, 12 now)" in caplog.text


def test_shuffles_with_equal_splits_share_its_number(project, no_engine):
    path = project()
    indices = [3, 1, 2, 0, 4, 5, 6, 7], [8, 9]
    ((_, _, (_, test)),) = create_training_dataset(path, seed=1)
    assert set(test) != set(indices[1])
    create_training_dataset(path, Shuffles=[4, 5], trainIndices=[indices[0]] * 2, testIndices=[indices[1]] * 2)
    shuffles = read_config_as_dict(path / FOLDER / "metadata.yaml")["shuffles"]
    assert [one["split"] for one in shuffles.values()] == [1, 2, 2]


# ----- given indices


def test_padding_counts_for_the_fraction_and_is_gone_from_the_files(project, no_engine):
    path = project()
    train, test = [0, 1, 2, 3, 4, 5, 6, -1], np.array([7, 8])
    made = create_training_dataset(path, trainIndices=[train], testIndices=[test])
    assert made[0][0] == 0.8 and made[0][2][0].tolist() == train[:-1]
    split = read_documentation(path / FOLDER / "Documentation_data-reach_80shuffle1.pickle")
    assert split.train == tuple(train[:-1]) and split.test == (7, 8)


def test_a_fraction_that_is_not_listed_needs_leave(project, no_engine, caplog):
    path = project()
    before = snapshot(path)
    with pytest.raises(ValueError, match=r"0\.5, which is not in list"):
        create_training_dataset(path, trainIndices=[range(5)], testIndices=[range(5, 10)])
    assert snapshot(path) == before
    made = create_training_dataset(path, trainIndices=[range(5)], testIndices=[range(5, 10)], userfeedback=False)
    assert made[0][0] == 0.5 and "later calls cannot address it" in caplog.text


@pytest.mark.parametrize(
    ("train", "test", "codes"),
    [
        ([0, 1, 2, 3], [3], {"index-shared"}),
        ([0, 1, 2, 10], [4], {"index-unknown"}),
        ([0, 1, 2, -2], [4], {"index-unknown"}),
        ([0, 1, 2, 2], [4], {"index-repeated"}),
        ([0, 1, 2, 99], [2], {"index-unknown", "index-shared"}),
        ([-1, -1, -1, -1], [2], {"train-empty"}),
    ],
)
def test_indices_that_are_no_split_are_all_named_and_nothing_is_written(project, no_engine, train, test, codes):
    path = project()
    before = snapshot(path)
    with pytest.raises(TrainingSetError) as caught:
        create_training_dataset(path, trainIndices=[train], testIndices=[test])
    assert {issue.code for issue in caught.value.report.errors} == codes
    assert snapshot(path) == before


# ----- arguments


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"superanimal_name": "superanimal_quadruped"}, ValueError, "weight_init"),
        ({"weight_init": object(), "engine": Engine.TF}, ValueError, "PyTorch engine only"),
        ({"engine": "caffe"}, ValueError, "is not an engine"),
        ({"Shuffles": [1.5]}, ValueError, "1.5"),
        ({"Shuffles": 3}, ValueError, "is not a list"),
        ({"num_shuffles": 0}, ValueError, "num_shuffles"),
        ({"trainIndices": [[0]]}, ValueError, "belong together"),
        ({"trainIndices": [[0], [1]], "testIndices": [[2], [3]]}, ValueError, "2 lists for 1 shuffles"),
        ({"trainIndices": [0, 1], "testIndices": [2]}, ValueError, "list of lists"),
        ({"trainIndices": [[0.5]], "testIndices": [[2]]}, ValueError, "no index"),
        ({"net_type": 5}, TypeError, "net_type"),
        ({"seed": "tomorrow"}, ValueError, "seed"),
        ({"ctd_conditions": (1, 2, 3)}, ValueError, "3 parts"),
        ({"ctd_conditions": 1.5}, TypeError, "ctd_conditions"),
        ({"ctd_conditions": (1, 2.5)}, TypeError, "ctd_conditions"),
        ({"ctd_conditions": "predictions.csv"}, ValueError, "no .h5 or .json"),
        ({"ctd_conditions": "absent.h5"}, FileNotFoundError, "absent.h5"),
    ],
)
def test_arguments_are_checked_before_anything_is_written(project, backend, arguments, error, says):
    path = project()
    before = snapshot(path)
    with pytest.raises(error, match=says):
        create_training_dataset(path, **arguments)
    assert snapshot(path) == before and not backend.asked


@pytest.mark.parametrize(
    "arguments",
    [
        {"crop_size": 400}, {"crop_size": (400,)}, {"crop_size": (0, 400)}, {"crop_size": (1.5, 400)},
        {"crop_sampling": "random"}, {"paf_graph": "all"}, {"paf_graph": [[0, 1], [1, 0]]}, {"paf_graph": [[0, 0]]},
        {"paf_graph": [[0, 7]]}, {"paf_graph": [[0, 1, 2]]}, {"paf_graph": 3}, {"n_edges_threshold": 0},
        {"paf_graph_degree": 1.5}, {"numdigits": -1},
    ],
)  # fmt: skip
def test_options_of_one_engine_are_checked_for_both(project, backend, arguments):
    path = project(multi=True)
    before = snapshot(path)
    with pytest.raises(ValueError):
        create_multianimaltraining_dataset(path, **arguments)
    assert snapshot(path) == before and not backend.asked


def test_the_multi_animal_function_refuses_other_projects(project):
    with pytest.raises(InvalidInput, match="not multi-animal"):
        create_multianimaltraining_dataset(project())


def test_windows2linux_has_no_effect_and_says_so(project, no_engine):
    with pytest.warns(FutureWarning, match="no effect"):
        create_training_dataset(project(), windows2linux=True)


@pytest.mark.parametrize(
    ("given", "entry"), [(3, {"shuffle": 3}), ((3, -1), {"shuffle": 3, "snapshot_index": -1}),
                         ((3, "snapshot-best-80.pt"), {"shuffle": 3, "snapshot": "snapshot-best-80.pt"})],
)  # fmt: skip
def test_conditions_have_the_form_of_the_configuration(project, backend, given, entry):
    create_training_dataset(project(), ctd_conditions=given)
    assert backend.asked[0][1].ctd_conditions == entry


def test_a_file_of_conditions_is_given_in_full(project, backend, tmp_path, monkeypatch):
    (tmp_path / "predictions.h5").touch()
    monkeypatch.chdir(tmp_path)
    create_training_dataset(project(), ctd_conditions="predictions.h5")
    assert backend.asked[0][1].ctd_conditions == str(tmp_path / "predictions.h5")


# ----- all or nothing


def steps_of_a_creation(path):
    copy = path.with_name("rehearsal")
    shutil.copytree(path, copy)
    with faults.injected() as plan:
        create_training_dataset(copy, Shuffles=[1, 2], userfeedback=False, seed=1)
    shutil.rmtree(copy)
    return plan.seen


def test_T2_a_failure_of_any_write_sync_or_rename_leaves_everything_as_it_was(project, backend):
    path = project()
    create_training_dataset(path, Shuffles=[1], net_type="old")
    label(path, 11)
    before = snapshot(path)
    seen = steps_of_a_creation(path)
    assert seen["replace"] >= 3 + 8  # an old model moved away, two new ones placed, and the files
    for kind, n in seen.items():
        for k in range(1, n + 1):
            with faults.injected(f"{kind}:{k}"), pytest.raises(DeepLabCutError):
                create_training_dataset(path, Shuffles=[1, 2], userfeedback=False, seed=1)
            assert snapshot(path) == before, (kind, k)


def test_a_first_creation_that_fails_leaves_no_folder_behind(project, backend):
    path = project()
    before = snapshot(path)
    for fault in ("write:1", "write:4", "fsync:2", "replace:1", "replace:3"):
        with faults.injected(fault), pytest.raises(DeepLabCutError):
            create_training_dataset(path)
        assert snapshot(path) == before


def test_T5_a_full_disk_is_said_and_leaves_everything_as_it_was(project, backend):
    path = project()
    before = snapshot(path)
    for n_bytes in (0, 5_000, 20_000):
        with faults.injected(f"enospc:{n_bytes}"), pytest.raises(OSError, match="full"):
            create_training_dataset(path)
        assert snapshot(path) == before


@pytest.mark.parametrize("fails_at", [1, 2])
def test_an_engine_that_breaks_leaves_everything_as_it_was(project, backend, fails_at):
    path = project()
    create_training_dataset(path, Shuffles=[1])
    before = snapshot(path)
    backend.asked.clear()
    backend.fails_at = fails_at
    with pytest.raises(RuntimeError, match="the engine broke"):
        create_training_dataset(path, Shuffles=[1, 2], userfeedback=False)
    assert snapshot(path) == before


CREATE = """
import sys, types
from deeplabcut.core import engine

class Backend:
    def model_problems(self, config, request):
        return []

    def write_model(self, folder, config, facts, request):
        (folder / "train").mkdir()
        (folder / "train" / "pytorch_config.yaml").write_text(f"net_type: {request.net_type}\\n")

sys.modules["stand_in"] = types.ModuleType("stand_in")
sys.modules["stand_in"].Backend = Backend
engine.BACKENDS["pytorch"] = "stand_in:Backend"
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
create_training_dataset(sys.argv[1], Shuffles=[1, 2], userfeedback=False, seed=2)
"""


@pytest.mark.slow
def test_T2_killed_at_any_step_the_training_set_is_the_old_or_the_new_one(project, backend):
    path = project()
    create_training_dataset(path, Shuffles=[1], seed=1, net_type="old")
    old = snapshot(path / FOLDER)
    n_steps = sum(steps_of_a_creation(path).values())
    wanted = path.with_name("wanted")
    shutil.copytree(path, wanted)
    create_training_dataset(wanted, Shuffles=[1, 2], userfeedback=False, seed=2)
    new = snapshot(wanted / FOLDER)
    outcomes = set()
    for step in range(1, n_steps + 1):
        copy = path.with_name("copy")
        shutil.copytree(path, copy)
        models = copy / "dlc-models-pytorch" / "iteration-0"
        environment = {**os.environ, "DLC_FAULT": f"kill:{step}"}
        child = subprocess.run([sys.executable, "-c", CREATE, str(copy)], env=environment, capture_output=True)
        assert child.returncode == -9, child.stderr.decode()
        recover(copy / FOLDER)
        found = {name: content for name, content in snapshot(copy / FOLDER).items() if not name.startswith(".dlc")}
        assert found in (old, new), step
        outcomes.add(found == new)
        assert list(models.rglob("*shuffle1/**/pytorch_config.yaml")), "the old model is in its place or kept"
        create_training_dataset(copy, Shuffles=[1, 2], userfeedback=False, seed=2)  # nothing stands in the way
        assert snapshot(copy / FOLDER) == new
        assert sorted(one.name for one in models.iterdir()) == [
            ".history", "reachNov20-trainset80shuffle1", "reachNov20-trainset80shuffle2",
        ]  # fmt: skip
        shutil.rmtree(copy)
    assert outcomes == {True, False}


def test_a_second_creator_is_told_who_is_at_work(project, no_engine, monkeypatch):
    path = project()
    create_training_dataset(path)
    monkeypatch.setattr(creation, "_WAIT_S", 0.0)
    with hold(path / FOLDER, "creating a training set"), pytest.raises(Locked, match=str(os.getpid())):
        create_training_dataset(path)


# ----- names and places


@pytest.mark.parametrize(
    "name", ["with spaces", "caf\u00e9", "cafe\u0301", "鼠", "🐭", "50%", "it's", 'say "hi"', "a;b $(c)"]
)
def test_T21_projects_and_videos_may_be_called_what_people_call_them(tmp_path, no_engine, name):
    path = make_project(tmp_path / name / "reach", video=name)
    create_training_dataset(path)
    images = read_mat_images(path / FOLDER / "reach_Ana80shuffle1.mat")
    assert images[0]["image"][1] == name and len(images) == 8


def test_T21_a_label_file_from_a_system_with_another_spelling_still_finds_its_images(tmp_path, no_engine):
    path = make_project(tmp_path / "reach", video="caf\u00e9")
    (path / "labeled-data" / "caf\u00e9").rename(path / "labeled-data" / "cafe\u0301")
    create_training_dataset(path)
    image = read_mat_images(path / FOLDER / "reach_Ana80shuffle1.mat")[0]["image"]
    assert path.joinpath(*image).is_file()


def test_T22_a_moved_project_makes_the_same_training_set(tmp_path, no_engine):
    path = make_project(tmp_path / "reach")
    config = (path / "config.yaml").read_bytes()
    moved = tmp_path / "elsewhere" / "other name"
    shutil.copytree(path, moved)
    create_training_dataset(path, seed=1)
    shutil.rmtree(path / "labeled-data")
    create_training_dataset(moved, seed=1)
    assert snapshot(moved / FOLDER) == snapshot(path / FOLDER)
    assert (moved / "config.yaml").read_bytes() == config


@pytest.mark.parametrize(("n_letters", "says"), [(222, "name-too-long"), (240, "the training-set folder")])
def test_names_that_no_disk_takes_are_refused_before_anything_is_written(project, no_engine, n_letters, says):
    path = project()
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("Task: reach", f"Task: {'r' * n_letters}"))
    with pytest.raises(InvalidInput, match=says):
        create_training_dataset(path)
    assert not (path / "training-datasets").exists()


def test_S1_a_project_written_from_a_few_keys_by_other_programs(tmp_path, no_engine):
    import pandas as pd

    from deeplabcut.core.config import write_config

    path = tmp_path / "synthetic"
    folder = path / "labeled-data" / "cat"
    folder.mkdir(parents=True)
    index = pd.MultiIndex.from_tuples([("labeled-data", "cat", f"img{i:04d}.png") for i in range(12)])
    columns = pd.MultiIndex.from_product([["synthetic"], [f"p{i}" for i in range(4)], ["x", "y"]],
                                         names=["scorer", "bodyparts", "coords"])  # fmt: skip
    frame = pd.DataFrame(np.random.default_rng(0).uniform(2, 40, (12, 8)), index, columns)
    frame.iloc[3] = np.nan
    frame.iloc[5, :2] = np.nan
    frame.to_hdf(folder / "CollectedData_synthetic.h5", key="df_with_missing")
    frame.to_csv(folder / "CollectedData_synthetic.csv")
    for *_, name in index:
        (folder / name).write_bytes(PICTURE)
    write_config(path / "config.yaml", {
        "Task": "synthetic", "scorer": "synthetic", "date": "Nov20", "multianimalproject": False, "identity": False,
        "project_path": str(path / "config.yaml"), "TrainingFraction": [0.8], "iteration": 0,
        "video_sets": {"cat": {"crop": [0, 64, 0, 48]}}, "bodyparts": [f"p{i}" for i in range(4)],
    })  # fmt: skip
    ((fraction, shuffle, (train, test)),) = create_training_dataset(
        path / "config.yaml", net_type="cspnext_m", engine=Engine.PYTORCH, ctd_conditions=None
    )
    assert (fraction, shuffle, len(train), len(test)) == (0.8, 1, 9, 3)


# ----- formats


def annotations(xy, plan, unique=None):
    xy = np.asarray(xy, float)
    keys = tuple(("labeled-data", "a", f"img{i:02d}.png") for i in range(len(xy)))
    unique = np.full((len(xy), plan.n_unique, 2), np.nan) if unique is None else np.asarray(unique, float)
    return Annotations(plan, "Ana", keys, xy, unique)


def sizes(n, shape=(3, HEIGHT, WIDTH)):
    return np.broadcast_to(shape, (n, 3))


def test_points_outside_and_images_without_points_are_left_out():
    plan = BodyPlan(("snout", "tail"))
    labels = annotations([[[[5.9, 6.1], [64, 5]]], [[[np.nan, 5], [5, 48]]], [[[63.9, 47.9], [0.9, 5]]]], plan)
    images = formats.single_images(labels, sizes(3), [2, 1, 0])
    assert [(image["image"][-1], image["joints"].tolist()) for image in images] == [
        ("img02.png", [[0, 63, 47]]), ("img00.png", [[0, 5, 6]]),
    ]  # fmt: skip


def test_unique_bodyparts_belong_to_the_number_after_the_last_individual():
    plan = BodyPlan(("snout", "tail"), ("singleton", "m2"), ("corner", "door"))
    labels = annotations([[[[1.239, 2], [3, 4]], [[np.nan, 1], [-5, 4]]]], plan, [[[9, 9], [10.001, 11]]])
    (image,) = formats.multi_images(labels, sizes(1), [0])
    assert {who: points.tolist() for who, points in image["joints"].items()} == {
        0: [[0, np.float32(1.24), 2], [1, 3, 4]], 2: [[2, 9, 9], [3, 10, 11]],
    }  # fmt: skip


@given(st.lists(st.lists(st.floats(-10, 80), min_size=4, max_size=4), max_size=5), st.integers(0, 3))
def test_every_point_of_every_file_lies_inside_of_its_image(rows, n_decimals):
    plan = BodyPlan(("snout", "tail"))
    labels = annotations(np.reshape(rows, (len(rows), 1, 2, 2)) if rows else np.empty((0, 1, 2, 2)), plan)
    single = formats.single_images(labels, sizes(len(rows)), range(len(rows)))
    multi = formats.multi_images(labels, sizes(len(rows)), range(len(rows)), n_decimals)
    points = [image["joints"] for image in single] + [one for image in multi for one in image["joints"].values()]
    for joints in points:
        assert len(joints) and (joints[:, 1:] > 0).all() and (joints[:, 1:] < (WIDTH, HEIGHT)).all()


def test_the_public_functions_take_frames(tmp_path):
    plan = BodyPlan(("snout", "tail"))
    (tmp_path / "labeled-data" / "a").mkdir(parents=True)
    (tmp_path / "labeled-data" / "a" / "img01.png").write_bytes(PICTURE)  # only those asked for are opened
    frame = to_frame(table_of_annotations(annotations([[[[1, 2], [3, 4]]], [[[5.7, 6], [7, 8]]]], plan)))
    images, cells = formats.format_training_data(frame, [1], 2, tmp_path)
    assert images[0]["joints"].tolist() == [[0, 5, 6], [1, 7, 8]] and images[0]["size"] == (3, HEIGHT, WIDTH)
    assert cells.dtype.names == ("image", "size", "joints") and cells[0]["joints"][0, 0].tolist() == [
        [0, 5, 6],
        [1, 7, 8],
    ]
    multi = BodyPlan(("snout",), ("m1", "m2"))
    frame = to_frame(table_of_annotations(annotations([[[[1, 2]], [[3, 4]]], [[[5.126, 6]], [[7, 8]]]], multi)))
    (image,) = formats.format_multianimal_training_data(frame, [1], tmp_path)
    assert {who: points.tolist() for who, points in image["joints"].items()} == {
        0: [[0, np.float32(5.13), 6]], 1: [[0, 7, 8]],
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="2 bodyparts"):
        formats.format_training_data(
            to_frame(table_of_annotations(annotations(np.ones((1, 1, 2, 2)), plan))), [0], 3, "."
        )


# ----- configurations of TensorFlow models


def test_templates_are_changed_and_saved(tmp_path):
    template, made = tmp_path / "template.yaml", tmp_path / "pose_cfg.yaml"
    template.write_text("batch_size: 1\npre_resize: []\nnet_type: resnet_50\n")
    assert model_yamls.ParseYaml(template) == [{"batch_size": 1, "pre_resize": [], "net_type": "resnet_50"}]
    changes = {"batch_size": 8, "num_joints": 4}
    values = model_yamls.MakeTrain_pose_yaml(changes, made, template, items2drop={"pre_resize": None}, save=False)
    assert values == {"batch_size": 8, "net_type": "resnet_50", "num_joints": 4} and not made.exists()
    model_yamls.MakeTrain_pose_yaml(changes, made, template, {"pre_resize": None})
    assert read_config_as_dict(made) == values
    model_yamls.MakeTest_pose_yaml(values, ["num_joints"], tmp_path / "test.yaml", nmsradius=5.0, locref_smooth=False)
    assert read_config_as_dict(tmp_path / "test.yaml") == {
        "num_joints": 4, "nmsradius": 5.0, "locref_smooth": False, "scoremap_dir": "test",
    }  # fmt: skip
    model_yamls.MakeInference_yaml({"withid": True}, tmp_path / "inference_cfg.yaml", template)
    assert read_config_as_dict(tmp_path / "inference_cfg.yaml")["withid"] is True
    with pytest.raises(ValueError, match="no locref_stdev"):
        model_yamls.MakeTest_pose_yaml(values, ["locref_stdev"], tmp_path / "other.yaml")


def test_the_module_of_the_verbs_loads_no_heavy_library():
    heavy = {"torch", "pandas", "cv2", "scipy", "matplotlib"}
    code = f"import sys, {dataset.__name__}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
