"""Configurations of networks: composed of recipes, key for key what the reference writes."""

import json
import subprocess
import sys

import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.paf_graph import forest_of
from deeplabcut.pose_estimation_pytorch.config import (
    NetType,
    PoseConfig,
    available_detectors,
    available_models,
    get_config_folder_path,
    is_model_cond_top_down,
    is_model_top_down,
    load_backbones,
    load_base_config,
    load_detectors,
    replace_default_values,
)
from deeplabcut.pose_estimation_pytorch.config.defaults import resolve_net_type_and_task
from deeplabcut.pose_estimation_pytorch.config.paf_parameters import PAFParameters, get_paf_parameters
from deeplabcut.pose_estimation_pytorch.config.pose import DetectorConfig
from deeplabcut.pose_estimation_pytorch.config.recipes import VARIABLES, merged, method_of, recipes
from deeplabcut.pose_estimation_pytorch.task import Task

PATH = "/project/dlc-models-pytorch/iteration-0/tinyJan1-trainset95shuffle1/train/pytorch_config.yaml"
REFERENCE_NETS = [
    "animaltokenpose_base", "cspnext_m", "cspnext_s", "cspnext_x", "ctd_coam_w32", "ctd_coam_w48",
    "ctd_coam_w48_human", "ctd_prenet_hrnet_w32", "ctd_prenet_hrnet_w48", "ctd_prenet_rtmpose_m",
    "ctd_prenet_rtmpose_s", "ctd_prenet_rtmpose_x", "ctd_prenet_rtmpose_x_human", "dekr_w18", "dekr_w32",
    "dekr_w48", "dlcrnet_stride16_ms5", "dlcrnet_stride32_ms5", "hrnet_w18", "hrnet_w32", "hrnet_w48",
    "resnet_101", "resnet_50", "rtmpose_m", "rtmpose_s", "rtmpose_x", "top_down_cspnext_m",
    "top_down_cspnext_s", "top_down_cspnext_x", "top_down_hrnet_w18", "top_down_hrnet_w32",
    "top_down_hrnet_w48", "top_down_resnet_101", "top_down_resnet_50",
]  # fmt: skip


def project_like(metadata):
    """The project that a configuration was made for."""
    multi = metadata["individuals"] != ["individual_1"]
    names = metadata["bodyparts"]
    return {
        "Task": "tiny", "scorer": "me", "date": "Jan1", "project_path": "/project", "multianimalproject": multi,
        "identity": metadata["with_identity"], "individuals": metadata["individuals"],
        "bodyparts": "MULTI!" if multi else names, "multianimalbodyparts": names if multi else [],
        "uniquebodyparts": metadata["unique_bodyparts"],
    }  # fmt: skip


def made_like(name, content):
    if name.startswith("detector_"):
        return DetectorConfig.build(3, name.removeprefix("detector_"))
    conditions = 1 if content["method"] == "ctd" else None
    return PoseConfig.build(
        project_like(content["metadata"]), PATH, top_down=content["method"] == "td", net_type=content["net_type"],
        ctd_conditions=conditions,
    )  # fmt: skip


def texts_in(value):
    if isinstance(value, (dict, list)):
        return [one for item in (value.values() if isinstance(value, dict) else value) for one in texts_in(item)]
    return [value] if isinstance(value, str) else []


def test_all_54_configurations_are_the_reference_s_key_for_key_and_value_for_value(wanted):
    assert len(wanted) == 54
    for name, content in wanted.items():
        assert json.dumps(made_like(name, content).to_dict(normalize=True)) == json.dumps(content), name


def read_back_as_written(name, content, folder):
    config, path = made_like(name, content), folder / f"{name}.yaml"
    config.to_yaml(path)
    text = path.read_text()
    again = type(config).from_yaml(path)
    again.to_yaml(path)
    as_wanted = json.dumps(again.to_dict(normalize=True)) == json.dumps(content)
    return as_wanted and again == config and path.read_text() == text


@pytest.mark.parametrize("name", ["resnet_50_ma_unique_identity", "rtmpose_x", "ctd_coam_w48_human", "dekr_w18"])
def test_a_configuration_is_read_back_as_it_was_written(name, wanted, tmp_path):
    assert read_back_as_written(name, wanted[name], tmp_path)


@pytest.mark.slow
def test_every_configuration_is_read_back_as_it_was_written(wanted, tmp_path):
    assert [name for name, content in wanted.items() if not read_back_as_written(name, content, tmp_path)] == []


def test_every_network_has_a_recipe_and_every_recipe_is_a_network():
    assert sorted(recipes("nets")) == sorted(str(net) for net in NetType)
    assert {net for net in NetType if net.is_backbone} == {net for net in NetType if method_of(net) is None}


@pytest.mark.parametrize("name", [str(net) for net in NetType])
def test_every_network_can_be_asked_for_in_a_project_that_it_fits(name, minimal):
    conditions = 1 if is_model_cond_top_down(name) else None
    for top_down in {False, NetType(name).is_backbone}:
        config = PoseConfig.build(minimal, "train", top_down=top_down, net_type=name, ctd_conditions=conditions)
        assert config.net_type == name and (config.detector is not None) == (config.method == "td")
        assert not [one for one in texts_in(config.to_dict()) if one.partition(" ")[0] in VARIABLES]


def test_the_names_of_the_reference_are_among_the_available_models():
    names = available_models()
    assert len(REFERENCE_NETS) == 34 and set(REFERENCE_NETS) <= set(names) and names == sorted(set(names))
    assert {"mobilenetv4_s", "top_down_mobilenetv4_s", "dinov2_vits14"} <= set(names)
    assert available_detectors() == ["fasterrcnn_mobilenet_v3_large_fpn", "fasterrcnn_resnet50_fpn_v2", "ssdlite"]


def test_recipes_are_found_in_their_folder():
    folder = get_config_folder_path()
    assert load_base_config(folder)["runner"]["optimizer"] == {"type": "AdamW", "params": {"lr": 0.0001}}
    assert {"resnet_50", "cspnext_x"} <= set(load_backbones(folder)) and "rtmpose_s" not in load_backbones(folder)
    assert load_detectors(folder) == available_detectors()


@pytest.mark.parametrize(
    ("name", "top_down", "conditional"),
    [("resnet_50", False, False), ("top_down_resnet_50", True, False), ("rtmpose_s", True, False),
     ("animaltokenpose_base", True, False), ("ctd_coam_w32", False, True), ("dekr_w18", False, False)],
)  # fmt: skip
def test_names_say_how_a_network_works(name, top_down, conditional):
    assert (is_model_top_down(name), is_model_cond_top_down(name)) == (top_down, conditional)


@pytest.mark.parametrize("ask", [is_model_top_down, is_model_cond_top_down, NetType.from_alias])
@pytest.mark.parametrize("name", ["resnet_52", "", "top_down_rtmpose_s", "top_down_"])
def test_unknown_names_are_refused_with_those_that_exist(ask, name):
    with pytest.raises(ValueError, match="hrnet_w32"):
        ask(name)


def test_names_print_as_they_stand_in_files():
    net = NetType.RESNET_50
    assert f"{net} {net:>10}" == "resnet_50  resnet_50" and str(net) == "resnet_50" == net
    assert net.alias(top_down=True) == "top_down_resnet_50" and NetType.DEKR_W18.alias(top_down=True) == "dekr_w18"
    assert NetType.from_alias("dlcrnet_ms5") == (NetType.DLCRNET_STRIDE16_MS5, False)
    assert NetType.from_alias(net) == (net, False) and NetType.from_alias("Top_Down_ResNet_50") == (net, True)


# ----- the task


def test_backbones_follow_top_down_and_others_have_a_method_of_their_own():
    assert resolve_net_type_and_task("resnet_50", default="", top_down=True) == (NetType.RESNET_50, Task.TOP_DOWN)
    assert resolve_net_type_and_task(None, default="dekr_w18", top_down=True) == (NetType.DEKR_W18, Task.BOTTOM_UP)
    assert resolve_net_type_and_task("rtmpose_m", default="", top_down=False) == (NetType.RTMPOSE_M, Task.TOP_DOWN)
    with pytest.raises(ValueError, match="top_down=True"):
        resolve_net_type_and_task("top_down_resnet_50", default="", top_down=False)


@pytest.mark.parametrize(
    ("net", "changes", "what"),
    [("rtmpose_s", {"uniquebodyparts": ["corner"]}, "unique bodyparts"),
     ("rtmpose_s", {"identity": True}, "identity"),
     ("ctd_coam_w32", {}, "ctd_conditions"),
     ("dlcrnet_ms5", {"individuals": ["one"], "multianimalproject": False}, "single-animal"),
     ("resnet_50", {"bodyparts": ["only"]}, "only one")],
)  # fmt: skip
def test_networks_that_do_not_fit_the_project_are_refused(minimal, net, changes, what):
    with pytest.raises(ValueError, match=what):
        PoseConfig.build({**minimal, **changes}, "train", top_down=False, net_type=net)


# ----- limbs


def test_all_pairs_of_bodyparts_are_limbs_up_to_14_of_them():
    names = [f"part{i}" for i in range(14)]
    limbs = get_paf_parameters({"bodyparts": names, "individuals": ["a", "b"]}, names)
    assert limbs["num_limbs"] == 91 and limbs["paf_edges_to_keep"] == list(range(91))


def test_from_15_bodyparts_on_a_random_connected_part_is_kept_the_same_for_the_same_seed():
    project = {"bodyparts": [f"part{i}" for i in range(15)], "individuals": ["a", "b"]}
    limbs = PAFParameters.build(project, seed=3)
    assert limbs.num_limbs == 45 == len(limbs.paf_graph)
    assert len(forest_of(limbs.paf_graph, range(45))) == 14  # all are connected
    assert limbs == PAFParameters.build(project, seed=3) != PAFParameters.build(project, seed=4)


def test_limbs_that_pruning_found_best_are_kept_and_must_exist(minimal):
    assert PAFParameters.build({**minimal, "paf_best": [2, 0]}).paf_edges_to_keep == [2, 0]
    with pytest.raises(ValueError, match="6 limbs"):
        PAFParameters.build({**minimal, "paf_best": [6]})


def test_limbs_may_be_given_or_those_of_the_skeleton(minimal):
    skeleton = [["snout", "leftear"], ["snout", "rightear"], ["snout", "tailbase"]]
    assert PAFParameters.build({**minimal, "skeleton": skeleton}, graph="config").paf_graph == [[0, 1], [0, 2], [0, 3]]
    assert PAFParameters.build(minimal, graph=[[0, 1], [1, 2], [2, 3]]).num_limbs == 3
    with pytest.raises(ValueError, match="No limb reaches tailbase"):
        PAFParameters.build(minimal, graph=[[0, 1], [1, 2]])


# ----- placeholders


def test_words_that_name_a_variable_stand_for_its_value():
    config = {
        "channels": ["backbone_output_channels", "num_bodyparts x 2"],
        "n": "num_bodyparts + 1",
        "name": "KEYPOINT",
    }
    made = replace_default_values(config, num_bodyparts=4, backbone_output_channels=2048)
    assert made == {"channels": [2048, 8], "n": 5, "name": "KEYPOINT"} and config["n"] == "num_bodyparts + 1"
    assert replace_default_values(["num_limbs // 4", "paf_graph"], num_limbs=6, paf_graph=[[0, 1]]) == [1, [[0, 1]]]


@pytest.mark.parametrize(
    "text", ["num_bodyparts x", "num_bodyparts * 2", "num_bodyparts x2", "num_bodyparts - 1", "num_bodyparts // 0"]
)
def test_other_calculations_are_refused(text):
    with pytest.raises(InvalidInput):
        replace_default_values({"n": text}, num_bodyparts=4)


def test_a_variable_without_a_value_is_refused():
    with pytest.raises(ValueError, match="num_individuals"):
        replace_default_values({"n": "num_individuals"}, num_bodyparts=4)


def test_an_optimizer_of_another_type_replaces_the_whole_section():
    old = {"optimizer": {"type": "AdamW", "params": {"lr": 1e-4, "amsgrad": True}}, "other": {"type": "A", "p": 1}}
    assert merged(old, {"optimizer": {"type": "SGD", "params": {"lr": 1}}})["optimizer"] == {
        "type": "SGD", "params": {"lr": 1},
    }  # fmt: skip
    assert merged(old, {"optimizer": {"params": {"lr": 1}}})["optimizer"]["params"] == {"lr": 1, "amsgrad": True}
    assert merged(old, {"other": {"type": "B"}})["other"] == {"type": "B", "p": 1}


def test_reading_and_writing_configurations_does_not_load_torch():
    code = """
import sys
from deeplabcut.pose_estimation_pytorch.config import PoseConfig
PoseConfig.build({"bodyparts": ["a", "b"], "individuals": ["x", "y"]}, "train", top_down=True, net_type="resnet_50")
assert not {"torch", "pandas", "cv2", "matplotlib"} & set(sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == ""
