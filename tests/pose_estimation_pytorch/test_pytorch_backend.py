"""The PyTorch engine writes its files into new training sets, or says everything that stands against them."""

import re

import numpy as np
import pytest

from deeplabcut.core.config import new_project_config, read_config, read_config_as_dict
from deeplabcut.core.engine import Engine, ModelRequest
from deeplabcut.core.poses import Annotations
from deeplabcut.generate_training_dataset.dataset import (
    create_multianimaltraining_dataset,
    create_training_dataset,
    create_training_dataset_from_existing_split,
)
from deeplabcut.generate_training_dataset.findings import TrainingSetError
from deeplabcut.io.annotations import write_annotations
from deeplabcut.io.images import png_bytes
from deeplabcut.pose_estimation_pytorch.config import ConditionsModelConfig, NetType, PoseConfig
from deeplabcut.pose_estimation_pytorch.engine import Backend
from deeplabcut.project.labels import body_plan
from deeplabcut.project.shuffles import get_existing_shuffle_indices

PICTURE = png_bytes(np.zeros((48, 64, 3), np.uint8))
PARTS = ["snout", "left ear", "right ear", "tail"]


@pytest.fixture
def project(tmp_path):
    """A project with ten labelled frames."""

    def make(multi=False, **values):
        path = tmp_path / "reach"
        sets = {str(path / "videos" / "cat.mp4"): {"crop": "0, 64, 0, 48"}}
        config = new_project_config("reach", "Ana", "Nov20", path, video_sets=sets, multianimal=multi)
        kind = {"multianimalbodyparts": PARTS, "individuals": ["m1", "m2", "m3"]} if multi else {"bodyparts": PARTS}
        config.update({"skeleton": [], "TrainingFraction": [0.8], **kind, **values})
        folder = path / "labeled-data" / "cat"
        folder.mkdir(parents=True)
        (path / "videos").mkdir()
        config.to_yaml(path / "config.yaml")
        plan = body_plan(read_config(path))
        names = [f"img{i:04d}.png" for i in range(10)]
        for name in names:
            (folder / name).write_bytes(PICTURE)
        xy = np.random.default_rng(0).uniform(1, 40, (10, plan.n_individuals, plan.n_bodyparts, 2))
        keys = tuple(("labeled-data", "cat", name) for name in names)
        write_annotations(folder, Annotations(plan, "Ana", keys, xy, np.full((10, plan.n_unique, 2), 20.5)))
        return path

    return make


def model_folder(path, shuffle):
    return path / "dlc-models-pytorch" / "iteration-0" / f"reachNov20-trainset80shuffle{shuffle}"


def files(folder):
    return sorted(str(one.relative_to(folder).as_posix()) for one in folder.rglob("*") if one.is_file())


def everything(path):
    return {str(one): one.read_bytes() if one.is_file() else None for one in path.rglob("*")}


def test_networks_of_a_single_animal_one_after_another(project):
    path = project()
    for net in ("cspnext_m", "resnet_50", "hrnet_w32"):
        ((fraction, shuffle, _),) = create_training_dataset(
            path, net_type=net, engine=Engine.PYTORCH, ctd_conditions=None
        )
        assert get_existing_shuffle_indices(path, train_fraction=fraction, engine=Engine.PYTORCH)[-1] == shuffle
        folder = model_folder(path, shuffle)
        assert files(folder) == ["test/pose_cfg.yaml", "train/pytorch_config.yaml"]
        config = PoseConfig.from_yaml(folder / "train" / "pytorch_config.yaml")
        assert (config.net_type, config.method, config.metadata.bodyparts) == (net, "bu", PARTS)
        assert config.metadata.pose_config_path == folder / "train" / "pytorch_config.yaml"
        assert config.metadata.project_path == path and config.metadata.individuals == ["individual_1"]
        test = read_config_as_dict(folder / "test" / "pose_cfg.yaml")
        assert (test["net_type"], test["dataset"], test["num_joints"]) == (net, str(path), 4)
    assert shuffle == 3


def test_networks_of_several_animals_one_after_another(project):
    path = project(multi=True)
    nets = ["top_down_resnet_50", "resnet_50", "dekr_w32", "rtmpose_m", "dlcrnet_ms5"]
    for net in nets:
        assert create_training_dataset(path, net_type=net) is None
    create_training_dataset(path, net_type="ctd_coam_w32", ctd_conditions=(2, -1))
    found = [PoseConfig.from_yaml(model_folder(path, i) / "train" / "pytorch_config.yaml") for i in range(1, 7)]
    assert [(str(one.net_type), str(one.method)) for one in found] == [
        ("resnet_50", "td"), ("resnet_50", "bu"), ("dekr_w32", "bu"), ("rtmpose_m", "td"),
        ("dlcrnet_stride16_ms5", "bu"), ("ctd_coam_w32", "ctd"),
    ]  # fmt: skip
    assert [one.detector is not None for one in found] == [True, False, False, True, False, False]
    conditions = found[-1].inference.conditions
    assert (conditions.shuffle, conditions.snapshot_index) == (2, -1)
    assert read_config_as_dict(model_folder(path, 1) / "test" / "inference_cfg.yaml") == {
        "variant": 0, "pafthreshold": 0.1, "method": "m1", "minimalnumberofconnections": 2, "pcutoff": 0.1,
        "topktoretain": 3, "withid": False, "boundingboxslack": 0, "iou_threshold": 0.6, "max_age": 1, "min_hits": 1,
    }  # fmt: skip


def test_conditions_of_a_shuffle_are_its_chosen_snapshot(project):
    path = project(multi=True)
    for net in ("resnet_50", "top_down_resnet_50"):
        create_training_dataset(path, net_type=net)
    train = model_folder(path, 1) / "train"
    with pytest.raises(FileNotFoundError, match="not trained yet"):
        ConditionsModelConfig.from_shuffle(path, 1)
    for name in ("snapshot-050.pt", "snapshot-100.pt", "snapshot-best-090.pt"):
        (train / name).touch()
    made = ConditionsModelConfig.resolve_from_conditions({"shuffle": 1}, path)
    assert made.snapshot_path == train / "snapshot-best-090.pt"
    assert made.scorer == "DLC_Resnet50_reachNov20shuffle1_snapshot_best-90"
    assert ConditionsModelConfig.from_shuffle(path, 1, snapshot_index=0).snapshot_path.name == "snapshot-050.pt"
    assert ConditionsModelConfig.from_shuffle(path, 1, snapshot="snapshot-100").snapshot_path.name == "snapshot-100.pt"
    with pytest.raises(FileNotFoundError, match=r"There is no snapshot snapshot-090\.pt"):
        ConditionsModelConfig.from_shuffle(path, 1, snapshot="snapshot-090")
    with pytest.raises(ValueError, match="bottom-up"):
        ConditionsModelConfig.from_shuffle(path, 2)
    with pytest.raises(FileNotFoundError, match="Shuffle 7"):
        ConditionsModelConfig.from_shuffle(path, 7)
    with pytest.raises(ValueError, match="no project"):
        ConditionsModelConfig.resolve_from_conditions({"shuffle": 1})


def test_unique_bodyparts_and_identity_have_heads_of_their_own(project):
    path = project(multi=True, uniquebodyparts=["door"], identity=True)
    create_training_dataset(path, net_type="hrnet_w18")
    config = PoseConfig.from_yaml(model_folder(path, 1))
    assert list(config.model.heads) == ["bodypart", "unique_bodypart", "identity"]
    assert read_config_as_dict(model_folder(path, 1) / "test" / "inference_cfg.yaml")["withid"] is True
    assert read_config_as_dict(model_folder(path, 1) / "test" / "pose_cfg.yaml")["all_joints_names"] == [*PARTS, "door"]


def test_the_split_of_another_shuffle_with_a_network_that_starts_from_it(project):
    path = project(multi=True)
    create_training_dataset(path, net_type="resnet_50")
    create_training_dataset_from_existing_split(
        path, from_shuffle=1, shuffles=[2], net_type="ctd_coam_w32", ctd_conditions=(1, -1)
    )
    assert PoseConfig.from_yaml(model_folder(path, 2)).inference.conditions.shuffle == 1


def test_the_default_network_of_the_project_is_made_unless_another_is_asked_for(project):
    path = project(default_net_type="top_down_cspnext_s")
    create_training_dataset(path, detector_type="fasterrcnn_resnet50_fpn_v2")
    config = PoseConfig.from_yaml(model_folder(path, 1))
    assert (config.net_type, config.detector.model.variant) == ("cspnext_s", "fasterrcnn_resnet50_fpn_v2")


def test_a_network_may_be_named_by_its_member(minimal_multi):
    assert Backend().model_problems(minimal_multi, ModelRequest(net_type=NetType.DEKR_W18)) == []


def test_limbs_follow_what_is_asked_for(project):
    path = project(multi=True)
    create_multianimaltraining_dataset(path, net_type="resnet_50", paf_graph=[[0, 1], [1, 2], [2, 3]])
    create_multianimaltraining_dataset(path, net_type="resnet_50", n_edges_threshold=6, paf_graph_degree=2)
    graphs = [PoseConfig.from_yaml(model_folder(path, i)).model.heads["bodypart"]["predictor"]["graph"] for i in (1, 2)]
    assert graphs[0] == [[0, 1], [1, 2], [2, 3]] and len(graphs[1]) == 4


# ----- problems


@pytest.fixture
def minimal_multi():
    return {"bodyparts": PARTS, "individuals": ["m1", "m2"]}


@pytest.mark.parametrize(
    ("changes", "request_", "said"),
    [
        ({}, {"net_type": "resnet_51"}, ["There is no network 'resnet_51'.*'resnet_50' or 'resnet_101'"]),
        ({"default_net_type": "mobilenet_v2_1.0"}, {}, [r"mobilenet_v2_1.0.*\(default_net_type in config.yaml\)"]),
        ({}, {"net_type": "zzz"}, ["There are animaltokenpose_base"]),
        ({"uniquebodyparts": ["door"], "identity": True}, {"net_type": "rtmpose_s"},
         [r"cannot predict unique bodyparts \(door\)", "identity is true"]),
        ({}, {"net_type": "ctd_coam_w32"}, ["ctd_conditions is missing"]),
        ({"individuals": ["m1"]}, {"net_type": "dlcrnet_stride16_ms5"}, ["single-animal project"]),
        ({}, {"net_type": "top_down_resnet_50", "detector_type": "yolox_s"}, ["no detector 'yolox_s'"]),
        ({}, {"net_type": "resnet_50", "detector_type": "ssdlite"}, ["top_down_resnet_50 has one"]),
        ({}, {"net_type": "dekr_w18", "weight_init": {"memory_replay": True}}, ["memory_replay"]),
        ({}, {"net_type": "resnet_50", "paf_graph": [[0, 1]]}, ["No limb reaches right ear, tail"]),
        ({}, {"net_type": "resnet_51", "detector_type": "ssd"}, ["no detector 'ssd'.*'ssdlite'", "no network"]),
    ],
)  # fmt: skip
def test_every_problem_is_said(minimal_multi, changes, request_, said):
    problems = Backend().model_problems({**minimal_multi, **changes}, ModelRequest(**request_))
    assert len(problems) == len(said)
    for problem, pattern in zip(problems, said, strict=True):
        assert re.search(pattern, problem), problem


def test_problems_stop_a_training_set_before_anything_is_written(project):
    path = project(multi=True, uniquebodyparts=["door"], identity=True)
    before = everything(path)
    with pytest.raises(TrainingSetError, match="unique bodyparts"):
        create_training_dataset(path, net_type="top_down_hrnet_w32", detector_type="ssd")
    assert everything(path) == before


def test_all_available_networks_pass_or_say_why(minimal_multi):
    for net in NetType.available_aliases():
        conditions = {"shuffle": 1} if net.startswith("ctd_") else None
        assert Backend().model_problems(minimal_multi, ModelRequest(net_type=net, ctd_conditions=conditions)) == []


def test_the_engine_is_the_backend_of_its_name():
    assert isinstance(Engine.PYTORCH.backend(), Backend)
