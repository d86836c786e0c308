"""Scorers and snapshots: names that results of earlier versions carry, and the choice of a snapshot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import ConfigError, InvalidInput, Missing
from deeplabcut.io.training_set import save_metadata
from deeplabcut.project.layout import Layout
from deeplabcut.project.project import config_of
from deeplabcut.project.scorer import (
    get_evaluation_folder,
    get_scorer_name,
    legacy_scorer,
    net_name,
    pytorch_scorer,
    tensorflow_net_name,
    tensorflow_scorer,
)
from deeplabcut.project.shuffles import ShuffleNotFound, update_metadata
from deeplabcut.project.snapshots import (
    DETECTOR,
    Snapshot,
    choose_snapshot,
    get_snapshot_index_for_scorer,
    get_snapshots_from_folder,
    list_snapshots,
)


@pytest.fixture
def trained(project):
    """Makes a shuffle with a model configuration and files of these names beside it."""

    def make(model, names=(), *, engine=Engine.PYTORCH, shuffle=1, modelprefix=""):
        layout = Layout.of(config_of(project.path))
        file = project.path / layout.model_config(0.95, shuffle, engine, modelprefix)
        file.parent.mkdir(parents=True)
        file.write_text(model)
        for name in names:
            (file.parent / name).touch()
        update_metadata(project.path, 0.95, shuffle, engine, [0], [1])
        save_metadata(project.path / layout.documentation_file(0.95, shuffle), [], [0], [1], 0.95)
        return project.path

    return make


def set_key(path, line):
    """Replace a line of the project's config.yaml."""
    file = path / "config.yaml"
    key = line.partition(":")[0]
    lines = [line if one.startswith(f"{key}:") else one for one in file.read_text().splitlines()]
    assert line in lines
    file.write_text("\n".join(lines) + "\n")


# ----- names


@pytest.mark.parametrize(
    ("net_type", "name"),
    [
        ("resnet_50", "Resnet50"),
        ("hrnet_w32", "HrnetW32"),
        ("dlcrnet_stride16_ms5", "DlcrnetStride16Ms5"),
        ("dekr_w32", "DekrW32"),
        ("ctd_coam_w32", "CtdCoamW32"),
        ("top_down_resnet_50", "Resnet50"),
    ],
)
def test_a_network_has_a_short_name_in_scorers(net_type, name):
    assert net_name(net_type) == name


@pytest.mark.parametrize(
    ("arguments", "scorer"),
    [
        (("tsk", "Nov20", "resnet_50", 1, "best-90"), "DLC_Resnet50_tskNov20shuffle1_snapshot_best-90"),
        (("tsk", "Nov20", "resnet_50", 1, "200"), "DLC_Resnet50_tskNov20shuffle1_snapshot_200"),
        (
            ("td", "Nov20", "hrnet_w32", 12, "best-50", "best-10"),
            "DLC_HrnetW32_tdNov20shuffle12_detector_best-10_snapshot_best-50",
        ),
    ],
)
def test_pytorch_scorers(arguments, scorer):
    assert pytorch_scorer(*arguments) == scorer


@pytest.mark.parametrize(
    ("net_type", "multi_stage", "name"),
    [
        ("resnet_50", False, "resnet50"),
        ("resnet_152", True, "dlcrnetms5"),
        ("mobilenet_v2_1.0", False, "mobnet_100"),
        ("mobilenet_v2_0.75", False, "mobnet_75"),
        ("mobilenet_v2_0.5", False, "mobnet_50"),
        ("mobilenet_v2_0.35", False, "mobnet_35"),
        ("efficientnet-b0", False, "effnet_b0"),
        ("efficientnet-b6", False, "effnet_b6"),
    ],
)
def test_tensorflow_scorers(net_type, multi_stage, name):
    assert tensorflow_net_name(net_type, multi_stage=multi_stage) == name
    scorer = tensorflow_scorer("reach", "Nov20", net_type, 3, 50000, multi_stage=multi_stage)
    assert scorer == f"DLC_{name}_reachNov20shuffle3_50000"
    assert legacy_scorer(scorer) == f"DeepCut_{name}_reachNov20shuffle3_50000"


def test_a_network_that_tensorflow_does_not_have_is_named():
    with pytest.raises(ConfigError, match="net_type: 'hrnet_w32'"):
        tensorflow_net_name("hrnet_w32")


# ----- PyTorch


def test_the_scorer_names_the_best_snapshot_by_default(trained):
    path = trained("net_type: resnet_50\nmethod: bu\n", ["snapshot-200.pt", "snapshot-best-090.pt", "snapshot-010.pt"])
    best = "DLC_Resnet50_reachNov20shuffle1_snapshot_best-90"
    assert get_scorer_name(path, 1, 0.95) == (best, best)
    assert get_scorer_name(path, 1, 0.95, snapshot_index=0)[0].endswith("snapshot_10")
    assert get_scorer_name(path, 1, 0.95, snapshot_index=-2)[0].endswith("snapshot_200")
    set_key(path, "snapshotindex: 1")
    assert get_scorer_name(path, 1, 0.95)[0].endswith("snapshot_200")


def test_a_top_down_model_is_named_with_its_detector(trained):
    path = trained(
        "net_type: hrnet_w32\nmethod: td\n",
        ["snapshot-best-050.pt", "snapshot-detector-010.pt", "snapshot-detector-best-005.pt"],
    )
    start = "DLC_HrnetW32_reachNov20shuffle1"
    assert get_scorer_name(path, 1, 0.95)[0] == f"{start}_detector_best-5_snapshot_best-50"
    scorer, _ = get_scorer_name(path, 1, 0.95, snapshot_index="best", detector_snapshot_index=0)
    assert scorer == f"{start}_detector_10_snapshot_best-50"


@pytest.mark.parametrize(
    ("method", "names"),
    [("td", ["snapshot-1.pt"]), ("bu", ["snapshot-1.pt", "snapshot-detector-1.pt"]), ("ctd", ["snapshot-1.pt"])],
)
def test_without_a_trained_detector_the_scorer_names_none(trained, method, names):
    path = trained(f"net_type: hrnet_w32\nmethod: {method}\n", names)
    assert get_scorer_name(path, 1, 0.95)[0] == "DLC_HrnetW32_reachNov20shuffle1_snapshot_1"


def test_models_in_a_folder_of_their_own_have_scorers_too(trained):
    path = trained("net_type: resnet_50\n", ["snapshot-005.pt"], modelprefix="second")
    assert get_scorer_name(path, 1, 0.95, modelprefix="second")[0].endswith("snapshot_5")
    with pytest.raises(Missing, match=r"pytorch_config\.yaml"):
        get_scorer_name(path, 1, 0.95)


def test_a_shuffle_that_is_not_trained_says_so(trained):
    path = trained("net_type: resnet_50\n", ["learning_stats.csv"])
    with pytest.raises(FileNotFoundError, match=r"no snapshots[\s\S]*train_network"):
        get_scorer_name(path, 1, 0.95)


def test_a_snapshot_that_is_not_there_is_named_with_those_that_are(trained):
    path = trained("net_type: resnet_50\n", ["snapshot-010.pt", "snapshot-best-007.pt"])
    with pytest.raises(ValueError, match="no snapshot 5") as caught:
        get_scorer_name(path, 1, 0.95, snapshot_index=5)
    assert "0: snapshot-010.pt, 1: snapshot-best-007.pt" in caught.value.fix


def test_a_shuffle_that_nobody_created_says_how_to_create_it(trained):
    path = trained("net_type: resnet_50\n", ["snapshot-010.pt"])
    for engine in (None, Engine.PYTORCH, Engine.TF):
        with pytest.raises(ShuffleNotFound, match=r"Existing shuffles: 1 \(95% pytorch\)[\s\S]*Shuffles=\[4\]"):
            get_scorer_name(path, 4, 0.95, engine=engine)


@pytest.mark.parametrize("model", ["method: bu\n", "net_type: 3\n", "net_type:\n", "net_type: ../x\n"])
def test_a_model_without_a_usable_net_type_is_named(trained, model):
    with pytest.raises(ConfigError, match=r"pytorch_config\.yaml: net_type"):
        get_scorer_name(trained(model, ["snapshot-010.pt"]), 1, 0.95)


def test_a_misspelt_option_is_refused(trained):
    path = trained("net_type: resnet_50\n", ["snapshot-010.pt"])
    with pytest.raises(TypeError, match="snapshot_indx"):
        get_scorer_name(path, 1, 0.95, snapshot_indx=0)


# ----- TensorFlow

TF_FILES = [f"snapshot-{n}.{kind}" for n in (5, 100, 20) for kind in ("index", "meta", "data-00000-of-00001")]


def test_a_tensorflow_scorer_names_the_iterations(trained):
    path = trained("net_type: resnet_50\nmulti_stage: false\n", TF_FILES, engine=Engine.TF)
    assert get_scorer_name(path, 1, 0.95) == (
        "DLC_resnet50_reachNov20shuffle1_100", "DeepCut_resnet50_reachNov20shuffle1_100",
    )  # fmt: skip
    assert get_scorer_name(path, 1, 0.95, trainingsiterations=7)[0].endswith("_7")
    assert get_scorer_name(path, 1, 0.95, snapshot_index=1)[0].endswith("_20")
    with pytest.raises(InvalidInput, match="no snapshot 3"):
        get_scorer_name(path, 1, 0.95, snapshot_index=3)


def test_a_multi_stage_tensorflow_model_is_a_dlcrnet(trained):
    path = trained("net_type: resnet_101\nmulti_stage: true\n", TF_FILES, engine=Engine.TF)
    assert get_scorer_name(path, 1, 0.95)[0] == "DLC_dlcrnetms5_reachNov20shuffle1_100"


def test_an_unknown_tensorflow_network_is_named_with_its_file(trained):
    path = trained("net_type: hrnet_w32\n", TF_FILES, engine=Engine.TF)
    with pytest.raises(ConfigError, match="hrnet_w32") as caught:
        get_scorer_name(path, 1, 0.95)
    assert caught.value.where.endswith("pose_cfg.yaml")


def test_tensorflow_snapshots_are_sorted_by_iteration(tmp_path):
    for name in [*TF_FILES, "checkpoint", "index.html", "log.txt"]:
        (tmp_path / name).touch()
    assert get_snapshots_from_folder(tmp_path) == ["snapshot-5", "snapshot-20", "snapshot-100"]
    with pytest.raises(FileNotFoundError, match="no snapshots"):
        get_snapshots_from_folder(tmp_path / "nowhere")


# ----- snapshots


def test_snapshots_are_sorted_by_epoch_with_the_best_last(tmp_path):
    for name in ("snapshot-100.pt", "snapshot-best-020.pt", "snapshot-050.pt", "snapshot-1000.pt", "snapshot-x.pt",
                 "snapshot-detector-010.pt", "snapshot-detector-best-005.pt", "snapshot-010.pt.tmp"):  # fmt: skip
        (tmp_path / name).touch()
    assert [one.uid() for one in list_snapshots(tmp_path)] == ["50", "100", "1000", "best-20"]
    assert [one.uid() for one in list_snapshots(tmp_path, best_in_last=False)] == ["best-20", "50", "100", "1000"]
    assert [one.uid() for one in list_snapshots(tmp_path, DETECTOR)] == ["10", "best-5"]
    assert list_snapshots(tmp_path / "nowhere") == []


@given(epochs=st.integers(0, 10**6), best=st.booleans(), prefix=st.sampled_from(["snapshot", DETECTOR, "my-net"]))
def test_a_snapshot_is_known_by_its_name(epochs, best, prefix):
    snapshot = Snapshot.from_path(f"/train/{prefix}{'-best' if best else ''}-{epochs:03}.pt")
    assert (snapshot.best, snapshot.epochs) == (best, epochs)
    assert snapshot.uid() == (f"best-{epochs}" if best else str(epochs))


def test_weights_without_an_epoch_are_called_by_their_file():
    snapshot = Snapshot.from_path("/weights/superanimal_bird_resnet_50.pt")
    assert (snapshot.best, snapshot.epochs, snapshot.uid()) == (False, None, "superanimal_bird_resnet_50")


def test_the_best_snapshot_can_be_asked_for_by_name(tmp_path):
    snapshots = [Snapshot.from_path(tmp_path / name) for name in ("snapshot-010.pt", "snapshot-best-005.pt")]
    assert choose_snapshot(snapshots, "best", folder=tmp_path) is snapshots[1]
    with pytest.raises(ValueError, match="no best snapshot"):
        choose_snapshot(snapshots[:1], "best", folder=tmp_path)


def test_all_snapshots_stand_for_the_last_where_one_is_needed(caplog):
    assert get_snapshot_index_for_scorer("snapshotindex", "all") == -1
    assert "snapshotindex is 'all'" in caplog.text
    assert get_snapshot_index_for_scorer("snapshotindex", 3) == 3
    for wrong in ("last", 1.5, None, True):
        with pytest.raises(InvalidInput, match="snapshotindex"):
            get_snapshot_index_for_scorer("snapshotindex", wrong)


# ----- folders of evaluations


def test_an_evaluation_has_the_folder_of_its_engine(trained):
    path = trained("net_type: resnet_50\n", engine=Engine.TF)
    trained("net_type: resnet_50\n", shuffle=2)
    folder = "iteration-0/reachNov20-trainset95shuffle"
    assert get_evaluation_folder(0.95, 1, path).as_posix() == f"evaluation-results/{folder}1"
    assert get_evaluation_folder(0.95, 2, config_of(path)).as_posix() == f"evaluation-results-pytorch/{folder}2"
    given = get_evaluation_folder(0.95, 7, config_of(path).to_dict(), Engine.PYTORCH, "second")
    assert given.as_posix() == f"second/evaluation-results-pytorch/{folder}7"
