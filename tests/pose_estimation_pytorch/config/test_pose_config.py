"""pytorch_config.yaml: strict where a value cannot be meant, forgiving where it can, and never rewritten unasked."""

import copy
import random
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.config import ConfigWarning, InvalidConfig, read_config_as_dict, yaml
from deeplabcut.core.deprecation import DLCDeprecationWarning
from deeplabcut.core.errors import DeepLabCutError
from deeplabcut.core.weight_init import WeightInitialization
from deeplabcut.pose_estimation_pytorch import config as dlc_config
from deeplabcut.pose_estimation_pytorch.config import (
    ConditionsConfig,
    ConditionsModelConfig,
    DataTransformationConfig,
    GenSamplingConfig,
    PoseConfig,
    PoseMetadata,
    TestConfig,
    make_basic_project_config,
    make_pytorch_pose_config,
    make_pytorch_test_config,
)
from deeplabcut.pose_estimation_pytorch.models.backbones.base import BACKBONES, BaseBackbone


@pytest.fixture
def config(minimal):
    return PoseConfig.build(minimal, "train", top_down=True, net_type="resnet_50")


def read(tmp_path, content):
    """The configuration in a file with this content."""
    path = tmp_path / "pytorch_config.yaml"
    path.write_text(yaml.dump(content), encoding="utf-8")
    return PoseConfig.from_yaml(path)


def changed(content, path, value):
    content = copy.deepcopy(content)
    *parents, last = path.split(".")
    at = content
    for key in parents:
        at = at[int(key) if isinstance(at, list) else key]
    at[last] = value
    return content


# ----- a mapping


def test_a_configuration_is_used_like_a_dict(config):
    assert config["model"]["backbone"]["type"] == "ResNet" == config.select("model.backbone.type")
    assert "detector" in config and len(config) == 14 == len(list(config)) and config.get("nothing", 3) == 3
    config["data"]["gen_sampling"] = {"jitter_prob": 0.5}
    assert isinstance(config.data.gen_sampling, GenSamplingConfig)
    config["logger"] = {"type": "CSVLogger"}
    assert config.logger.log_filename == "learning_stats.csv"
    with pytest.raises(KeyError, match="runner"):
        config["runer"] = {}
    with pytest.raises(InvalidConfig, match="cuda:0"):
        config["device"] = "gpu"
    assert config.device == "auto"


def test_sampling_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        GenSamplingConfig().jitter_prob = 0.5


# ----- dotted updates


def test_values_at_paths_with_dots_are_set_all_together(config):
    updates = {
        "train_settings.epochs": 3, "runner.snapshots.save_epochs": 1, "runner.gpus": [0, 1], "device": "cuda:1",
        "detector.train_settings.epochs": 2, "logger": {"type": "WandbLogger", "tags": ["a"]},
    }  # fmt: skip
    new = config.updated(updates)
    assert (new.train_settings.epochs, new.detector.train_settings.epochs, new.runner.gpus) == (3, 2, [0, 1])
    assert new.logger.wandb_kwargs == {"tags": ["a"]} and new.updated({"logger": None}).logger is None
    assert config.train_settings.epochs == 200
    with pytest.raises(InvalidConfig, match=r"train_settings\.batch_size"):
        config.updated({"train_settings.epochs": 3, "train_settings.batch_size": 0})
    with pytest.raises(TypeError, match=r"device\.x"):
        config.updated({"device.x": 1})


def test_updates_of_a_detector_are_left_out_where_there_is_none(minimal):
    config = PoseConfig.build(minimal, "train", top_down=False)
    with pytest.warns(ConfigWarning, match="no detector"):
        assert config.updated({"detector.train_settings.epochs": 2, "device": "cpu"}).detector is None


def test_a_misspelt_update_is_mentioned(config):
    with pytest.warns(ConfigWarning, match="train_settings.epoch' is not known.*'epochs'"):
        config.updated({"train_settings.epoch": 3})


def test_the_helpers_of_scripts_still_work():
    with pytest.warns(DLCDeprecationWarning):
        assert dlc_config.update_config({"a": {"b": 1}}, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    with pytest.warns(DLCDeprecationWarning):
        assert dlc_config.update_config_by_dotpath({"a": {"b": 1}}, {"a.b": 3, "x": None}) == {"a": {"b": 3}, "x": None}


# ----- mistakes


@pytest.mark.parametrize(
    ("path", "value", "allowed"),
    [
        ("net_type", "resnet_52", "resnet_50"),
        ("method", "top", "'td'"),
        ("device", "gpu", "'cpu'"),
        ("data.colormode", "HSV", "'RGB'"),
        ("data.bbox_margin", -1, "at least 0"),
        ("data.train.affine.p", 2, "at most 1"),
        ("data.train.affine.scaling", [1.5, 0.5], "smaller one first"),
        ("data.train.crop_sampling", {"width": 3, "height": 3, "method": "any"}, "'hybrid'"),
        ("data.train.auto_padding", {"min_height": 3, "pad_height_divisor": 3}, "either"),
        ("data.train.gaussian_noise", "much", "gray levels"),
        ("data.inference.top_down_crop.width", 0, "at least 1"),
        ("runner.optimizer.params.lr", -1, "more than 0"),
        ("runner.optimizer.type", None, "AdamW"),
        ("runner.scheduler.params.milestones", [90], "2 epochs"),
        ("runner.scheduler.params.lr_list", [0.1, 0.1], "list of learning rates"),
        ("runner.gpus", "all", r"\[0, 1\]"),
        ("train_settings.batch_size", "eight", "whole number"),
        ("train_settings.weight_init", {"memory_replay": True}, "with_decoder"),
        ("inference.eval.mode", "val", "'test'"),
        ("inference.conditions", {"file": "a.h5"}, "a file of predictions"),
        ("logger", {"type": "TensorBoard"}, "CSVLogger"),
        ("logger", {"type": "WandbLogger", "name": "x"}, "run_name"),
        ("model.backbone.output_stride", "sixteen", "a number"),
        ("model.backbone.type", None, "ResNet"),
        ("model.heads.bodypart.predictor", 5, "keys with values"),
        ("model.heads.bodypart.heatmap_config.channels", [None], "a number"),
        ("model.heads.bodypart.target_generator.pos_dist_thresh", 10**30, "at most"),
        ("detector.model.box_score_thresh", 3, "at most 1"),
        ("metadata.bodyparts", ["a", "a"], "occur once"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_key_and_what_may_stand_there(
    config, tmp_path, path, value, allowed
):
    with pytest.raises(InvalidConfig, match=allowed) as caught:
        read(tmp_path, changed(config.to_dict(normalize=True), path, value))
    message = str(caught.value)
    assert path.rsplit(".", 1)[-1] in message and "line" in message and "pytorch_config.yaml" in message


def test_all_mistakes_are_named_at_once(config, tmp_path):
    content = changed(config.to_dict(normalize=True), "train_settings.epochs", "many")
    content = changed(changed(content, "method", "x"), "model.backbone.output_stride", "y")
    with pytest.raises(InvalidConfig) as caught:
        read(tmp_path, content)
    assert [one.key for one in caught.value.mistakes] == [
        "model.backbone.output_stride",
        "method",
        "train_settings.epochs",
    ]


def test_a_mistake_makes_no_change_to_the_file(config, tmp_path):
    path = tmp_path / "pytorch_config.yaml"
    config.to_yaml(path)
    text = path.read_text().replace("batch_size: 8", "batch_size: eight")
    path.write_text(text)
    with pytest.raises(InvalidConfig, match="batch_size"):
        config.to_yaml(path)
    assert path.read_text() == text


def test_what_can_be_understood_is_understood(config, tmp_path):
    content = changed(config.to_dict(normalize=True), "train_settings.epochs", "20")
    content = changed(changed(content, "method", "TD"), "runner.gpus", 0)
    with pytest.warns(ConfigWarning, match="epochs: '20' is read as 20"):
        made = read(tmp_path, content)
    assert (made.train_settings.epochs, made.method, made.runner.gpus) == (20, "td", [0])


# ----- unknown keys and parts


def test_unknown_keys_are_kept_and_mentioned_once_with_the_nearest_one(config, tmp_path):
    content = changed(config.to_dict(normalize=True), "runner.eval_intervall", 5)
    content = changed(changed(content, "my_notes", "day 1"), "data.train.affine.rotaton", 10)
    with pytest.warns(ConfigWarning) as caught:
        made = read(tmp_path, content)
    (warning,) = caught
    text = str(warning.message)
    assert "'eval_interval'" in text and "my_notes" in text and "'rotation'" in text
    assert made["my_notes"] == "day 1" and made.runner["eval_intervall"] == 5
    made.device = "cpu"
    made.to_yaml(tmp_path / "pytorch_config.yaml")
    saved = read_config_as_dict(tmp_path / "pytorch_config.yaml")
    assert list(saved) == list(content) and list(saved["runner"]) == list(content["runner"])
    assert saved["device"] == "cpu" and saved["data"]["train"]["affine"]["rotaton"] == 10


def test_the_settings_of_a_part_are_those_of_its_class(config, tmp_path):
    content = changed(config.to_dict(normalize=True), "model.backbone.drop_path_rate", 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(tmp_path, content)  # no recipe has it; the class takes it
    with pytest.warns(ConfigWarning, match="model.backbone: ResNet has no setting 'output_strid'.*'output_stride'"):
        made = read(tmp_path, changed(content, "model.backbone.output_strid", 8))
    assert made.model.backbone["output_strid"] == 8


def test_parts_of_others_have_settings_of_their_own(config, tmp_path):
    class LocalBackbone(BaseBackbone):
        def __init__(self, depth_um, **kwargs):
            super().__init__(stride=8, **kwargs)

        def forward(self, x):
            return x

    BACKBONES.register_module(LocalBackbone, force=True)
    try:
        content = changed(config.to_dict(normalize=True), "model.backbone", {"type": "LocalBackbone", "depth_um": 3})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert read(tmp_path, content).model.backbone["depth_um"] == 3
        with pytest.warns(ConfigWarning, match="'depth_um'"):
            read(tmp_path, changed(content, "model.backbone.depth_umm", 3))
    finally:
        BACKBONES._parts.pop("LocalBackbone")
    with pytest.warns(ConfigWarning, match="no backbone is called 'LocalBackbone' so far"):
        read(tmp_path, content)


# ----- older files


def test_a_file_of_the_first_3_release_loads(tmp_path):
    content = {
        "data": {"colormode": "RGB", "inference": {"normalize_images": True}, "train": {"hflip": True}},
        "device": "auto",
        "metadata": {"project_path": "/p", "bodyparts": ["a", "b"], "unique_bodyparts": [], "individuals": ["animal"],
                     "with_identity": None},
        "method": "bu",
        "model": {"backbone": {"type": "ResNet", "model_name": "resnet50_gn", "output_stride": 16}, "heads": {}},
        "net_type": "top_down_resnet_50",
        "runner": {"type": "PoseTrainingRunner", "optimizer": {"type": "AdamW", "params": {"lr": 0.001}}},
    }  # fmt: skip
    made = read(tmp_path, content)
    assert (made.config_version, made.net_type, made.metadata.individuals) == (0, "resnet_50", ["animal"])
    assert made.train_settings.epochs == 200 and made.runner.optimizer.params == {"lr": 0.001}
    made = read(tmp_path, {"metadata": content["metadata"]})
    assert made.runner.optimizer.type == "AdamW" and made.inference.multithreading.queue_length == 4


def test_old_names_of_keys_are_read_with_a_notice(tmp_path):
    with pytest.warns(DLCDeprecationWarning, match="'unique_bodyparts'"):
        made = PoseMetadata.from_dict({"bodyparts": ["a"], "uniquebodyparts": ["b"], "with_identity": True})
    assert made.unique_bodyparts == ["b"] and made.to_dict_legacy()["identity"] is True
    with pytest.raises(TypeError, match="only one of the two"):
        PoseMetadata.from_dict({"uniquebodyparts": [], "unique_bodyparts": []})


def test_the_scheduler_state_is_a_known_key_that_stands_in_files_where_it_is_false(config, tmp_path):
    assert config.runner.load_scheduler_state_dict is True and "load_scheduler_state_dict" not in config.to_text()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = read(tmp_path, changed(config.to_dict(normalize=True), "runner.load_scheduler_state_dict", False))
    assert made.runner.load_scheduler_state_dict is False and "load_scheduler_state_dict: false" in made.to_text()


def test_a_folder_stands_for_the_file_in_it_under_either_name(config, tmp_path):
    (tmp_path / "train").mkdir()
    config.to_yaml(tmp_path / "train" / "pytorch_cfg.yaml")
    assert PoseConfig.from_yaml(tmp_path) == config == PoseConfig.from_any(tmp_path / "train")


# ----- short forms

SHORT = {
    "metadata": {"bodyparts": [f"part{i}" for i in range(17)]},
    "model": {"backbone": {"type": "HRNet", "variant": "w32"}, "head": {"type": "HeatmapHead", "num_bodyparts": 17}},
    "train": {"optimizer": {"type": "AdamW", "lr": 0.002}, "epochs": 7, "batch_size": 3},
    "runner": {"logger": {"type": "CSVLogger"}},
}


def test_short_forms_become_the_long_form():
    made = PoseConfig.from_dict(SHORT)
    model = made.model
    assert model.backbone["model_name"] == "hrnet_w32" and model.backbone_output_channels == 32
    assert list(model.heads) == ["bodypart"] and "variant" not in model.backbone
    head = model.heads["bodypart"]
    assert head["heatmap_config"]["channels"] == [32, 17] and head["locref_config"]["channels"] == [32, 34]
    assert "num_bodyparts" not in head and head["target_generator"]["num_heatmaps"] == 17
    assert (made.train_settings.epochs, made.train_settings.batch_size) == (7, 3)
    assert made.runner.optimizer.to_dict() == {"type": "AdamW", "params": {"lr": 0.002}}
    assert made.logger.type == "CSVLogger" and "train" not in made and "logger" not in made.runner
    assert PoseConfig.from_dict(made.to_dict()) == made


def test_the_parts_of_a_short_head_may_be_others():
    head = {
        "type": "HeatmapHead",
        "num_bodyparts": 2,
        "predictor": {"type": "IdentityPredictor", "apply_sigmoid": True},
    }
    made = PoseConfig.from_dict(changed(SHORT, "model.head", head))
    assert made.model.heads["bodypart"]["predictor"] == head["predictor"]


@pytest.mark.parametrize(
    ("kind", "variant", "name", "n_channels"),
    [
        ("ResNet", 50, "resnet50_gn", 2048),
        ("ResNet", "101", "resnet101", 2048),
        ("HRNet", "w18", "hrnet_w18", 18),
        ("CSPNeXt", "x", "cspnext_x", 1280),
    ],
)
def test_a_variant_names_a_backbone_of_ours(kind, variant, name, n_channels):
    model = PoseConfig.from_dict(changed(SHORT, "model.backbone", {"type": kind, "variant": variant})).model
    assert model.backbone["model_name"] == name and model.backbone_output_channels == n_channels


def test_other_variants_are_left_to_the_class_of_the_backbone():
    content = changed(SHORT, "model.backbone_output_channels", 512)
    for backbone in ({"type": "ResNet", "variant": "18"}, {"type": "CSPNeXt", "variant": "l"},
                     {"type": "SomebodysNet", "variant": "w32", "model_name": "tall"}):  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert PoseConfig.from_dict(changed(content, "model.backbone", backbone)).model.backbone == backbone


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("model.backbone", {"type": "ResNet", "variant": "18"}, "model.backbone_output_channels too"),
        ("model.head", {"type": "DLCRNetHead", "num_bodyparts": 4}, "depend on num_individuals.*paf_graph"),
        ("model.head", {"type": "RTMCCHead", "num_bodyparts": 4}, "depend on input_height"),
    ],
)
def test_a_short_head_that_cannot_be_written_out_says_what_it_depends_on(path, value, wanted):
    with pytest.raises(InvalidConfig, match=f"num_bodyparts.*{wanted}"):
        PoseConfig.from_dict(changed(SHORT, path, value))


@pytest.mark.parametrize(
    ("path", "value", "both"),
    [
        ("model.heads", {"bodypart": {"type": "HeatmapHead"}}, "model.head or model.heads.bodypart"),
        ("model.backbone.model_name", "hrnet_w32", "variant or model.backbone.model_name"),
        ("train_settings", {"epochs": 5}, "train.epochs or train_settings.epochs"),
        ("runner.optimizer", {"type": "SGD"}, "train.optimizer or runner.optimizer"),
        ("train.optimizer.params", {"lr": 0.1}, "runner.optimizer.lr or runner.optimizer.params.lr"),
        ("logger", {"type": "CSVLogger"}, "runner.logger or logger"),
    ],
)
def test_a_short_and_a_long_form_together_are_a_mistake_that_names_both(path, value, both):
    with pytest.raises(InvalidConfig, match=both):
        PoseConfig.from_dict(changed(SHORT, path, value))


def test_unknown_settings_of_training_are_a_mistake(tmp_path):
    with pytest.raises(InvalidConfig, match=r"line \d+, train.epoch: .*'epochs'"):
        read(tmp_path, changed(SHORT, "train.epoch", 3))
    with pytest.raises(InvalidConfig, match="num_bodyparts"):
        PoseConfig.from_dict(changed(SHORT, "model.head.num_bodyparts", "all"))


# ----- building


def test_a_folder_or_a_path_without_suffix_means_the_file_in_it(minimal, tmp_path):
    made = make_pytorch_pose_config(minimal, tmp_path, net_type="dekr_w18", save=True)
    assert PoseConfig.from_yaml(tmp_path / "pytorch_config.yaml") == made
    assert made.metadata.pose_config_path == tmp_path / "pytorch_config.yaml"
    assert made.metadata.individuals == minimal["individuals"] and made.metadata.project_path is None


def test_data_without_a_project_gets_a_basic_one(tmp_path):
    project = make_basic_project_config(tmp_path, ["a", "b"], max_individuals=2)
    assert (project["bodyparts"], project["individuals"]) == ("MULTI!", ["individual000", "individual001"])
    made = make_pytorch_pose_config(project, tmp_path / "pytorch_config.yaml", net_type="hrnet_w18", top_down=True)
    assert made.metadata.bodyparts == ["a", "b"] and made.metadata.project_path == tmp_path and made.method == "td"


def test_single_animal_projects_have_one_individual():
    made = PoseMetadata.build({"bodyparts": ["a"], "individuals": ["Rex"]})
    assert made.individuals == ["individual_1"] and (made.num_individuals, made.num_bodyparts) == (1, 1)


def test_the_test_configuration_counts_unique_bodyparts_too(minimal, tmp_path):
    pose = PoseConfig.build({**minimal, "uniquebodyparts": ["corner"]}, "train", top_down=False)
    made = make_pytorch_test_config(pose, tmp_path / "pose_cfg.yaml", save=True)
    content = read_config_as_dict(tmp_path / "pose_cfg.yaml")
    assert list(content) == ["dataset", "num_joints", "all_joints", "all_joints_names", "net_type", "dataset_type",
                             "global_scale", "scoremap_dir"]  # fmt: skip
    assert (content["num_joints"], content["all_joints"][-1], content["all_joints_names"][-1]) == (5, [4], "corner")
    assert (content["net_type"], content["dataset_type"], content["scoremap_dir"]) == (
        "resnet_50", "multi-animal-imgaug", "test",
    )  # fmt: skip
    (tmp_path / "pose_cfg.yaml").write_text((tmp_path / "pose_cfg.yaml").read_text() + "paf_best: [1]\n")
    assert TestConfig.from_yaml(tmp_path / "pose_cfg.yaml")["paf_best"] == [1] and made.net_type == "resnet_50"


# ----- weights


def test_weights_of_a_superanimal_are_checked_and_stored_as_lists(minimal):
    init = WeightInitialization(
        snapshot_path="a.pt", dataset="superanimal_quadruped", with_decoder=True, conversion_array=np.array([3, 1]),
        bodyparts=["a", "b"],
    )  # fmt: skip
    made = PoseConfig.build(minimal, "train", top_down=True, weight_init=init)
    stored = made.to_dict(normalize=True)["train_settings"]["weight_init"]
    assert stored["conversion_array"] == [3, 1] and stored["snapshot_path"] == "a.pt"
    assert PoseConfig.from_dict(made.to_dict(normalize=True)) == made
    for wrong in ({"memory_replay": True}, {"with_decoder": True}, {"bodyparts": ["a"]},
                  {"conversion_array": [1, 2], "bodyparts": ["a"]}, {"conversion_array": [1.5]}):  # fmt: skip
        with pytest.raises(ValueError, match="|".join(wrong)):
            WeightInitialization.from_dict(wrong)


def test_the_first_form_of_weights_names_a_data_set_only():
    made = WeightInitialization.from_dict({"dataset": "superanimal_quadruped", "with_decoder": False})
    assert str(made.snapshot_path) == "superanimal_quadruped_hrnet_w32.pt"
    assert str(made.detector_snapshot_path) == "superanimal_quadruped_fasterrcnn_resnet50_fpn_v2.pt"
    assert WeightInitialization.from_dict({"snapshot_path": "None"}).snapshot_path is None


# ----- conditions


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (3, {"source": "shuffle", "shuffle": 3}),
        ((3, -1), {"source": "shuffle", "shuffle": 3, "snapshot_index": -1}),
        ((3, "snapshot-100.pt"), {"source": "shuffle", "shuffle": 3, "snapshot": "snapshot-100.pt"}),
        ({"shuffle": 3, "trainset_index": 1}, {"source": "shuffle", "shuffle": 3, "trainset_index": 1}),
        ("poses.h5", {"source": "file", "filepath": "poses.h5"}),
        ({"filepath": "poses.json"}, {"source": "file", "filepath": "poses.json"}),
        ({"config_path": "a", "snapshot_path": "b"}, {"source": "model", "config_path": "a", "snapshot_path": "b"}),
    ],
)
def test_conditions_come_from_a_shuffle_a_file_or_a_model(given, stored):
    built = ConditionsConfig.build(given)
    assert stored.items() <= built.to_dict(normalize=True).items() and ConditionsConfig.build(built.to_dict()) == built


def test_what_is_no_condition_is_refused(minimal, tmp_path):
    for wrong, error in (
        ((1, 2, 3), ValueError),
        (1.5, TypeError),
        ({"x": 1}, ValueError),
        ({"source": "x"}, ValueError),
    ):
        with pytest.raises(error):
            ConditionsConfig.build(wrong)
    for wrong, error in (
        (tmp_path / "no.h5", FileNotFoundError),
        (tmp_path / "poses.txt", ValueError),
        (True, TypeError),
    ):
        with pytest.raises(error):
            PoseConfig.build(minimal, "train", top_down=False, net_type="ctd_coam_w32", ctd_conditions=wrong)
    (tmp_path / "poses.h5").touch()
    made = PoseConfig.build(minimal, "t", top_down=False, net_type="ctd_coam_w32", ctd_conditions=tmp_path / "poses.h5")
    assert made.inference.conditions.filepath == tmp_path / "poses.h5"
    with pytest.raises(ValueError, match="a model is needed"):
        ConditionsModelConfig.resolve_from_conditions({"filepath": "poses.h5"})


def test_probabilities_of_sampled_conditions_leave_something_for_good_ones():
    with pytest.raises(ValueError, match="at most 1"):
        GenSamplingConfig(jitter_prob=0.9, swap_prob=0.2)


def test_sections_of_transformations_stay_as_they_are_written():
    made = DataTransformationConfig(
        affine={"translation": 3, "p": 1}, hflip=0.3, longest_max_size=640, gaussian_noise=True
    )
    assert list(made.affine.items()) == [("translation", 3), ("p", 1)] and made.hflip == 0.3
    assert made.gaussian_noise is True and made.longest_max_size == 640


# ----- robustness

VALUES = st.sampled_from([None, "text", "", "7", "yes", -1, 0, 3, 1.5, 10**30, True, float("inf"), float("nan"), [], {},
                          [None], [1, 2], [[1]], {"a": 1}, {"type": "X"}])  # fmt: skip


def paths_in(value, at=()):
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths_in(item, (*at, key))


@settings(max_examples=60)
@given(name=st.sampled_from(["resnet_50_ma_unique_identity", "rtmpose_s", "ctd_coam_w32", "dekr_w18"]), data=st.data())
def test_T23_any_single_value_that_is_wrong_is_explained(wanted, tmp_path_factory, name, data):
    content = copy.deepcopy(wanted[name])
    path = data.draw(st.sampled_from([one for one in paths_in(content) if one]))
    at = content
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = data.draw(VALUES)
    explained_or_read(tmp_path_factory.mktemp("t23") / "pytorch_config.yaml", yaml.dump(content), path)


@pytest.mark.parametrize(
    "damage", ["\t", "\ufeff", "\r\n", "[", "{", ": :", "&a", "*b", "!!python/object:os.system {}", "\0"]
)
def test_T23_text_that_is_no_yaml_is_explained_and_left_alone(wanted, tmp_path, damage):
    text, place = yaml.dump(wanted["resnet_50"]), random.Random(damage)
    for i in range(8):
        at = place.randrange(len(text))
        explained_or_read(tmp_path / f"pytorch_config_{i}.yaml", text[:at] + damage + text[at:])
    explained_or_read(tmp_path / "pytorch_config.yaml", text.replace("\n", "\r\n"))


def explained_or_read(path, text, keys=()):
    path.write_bytes(text.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            PoseConfig.from_yaml(path)
        except DeepLabCutError as error:
            assert path.name in str(error)
            assert not keys or any(str(key) in str(error) for key in keys)
    assert path.read_bytes() == text.encode()


def test_importing_the_package_loads_nothing():
    code = """
import sys
import deeplabcut.pose_estimation_pytorch as engine
engine.config, engine.Task
assert not {"torch", "pydantic", "numpy"} & set(sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == ""


def test_every_public_name_of_the_packages_resolves():
    import deeplabcut.pose_estimation_pytorch as package

    for module in (package, dlc_config):
        for name in module.__all__:
            assert getattr(module, name) is not None
