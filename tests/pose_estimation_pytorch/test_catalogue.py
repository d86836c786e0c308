"""The list of networks: complete, ordered by cost, with numbers that are true."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from deeplabcut.cli.output import result_lines
from deeplabcut.pose_estimation_pytorch.catalogue import models
from deeplabcut.pose_estimation_pytorch.config import NetType, PoseConfig, available_models
from deeplabcut.pose_estimation_pytorch.models import PoseModel


def test_every_network_is_listed_with_its_cost_and_advice():
    listed = models()
    assert sorted(one.net_type for one in listed) == available_models()
    assert all(one.million_parameters > 0 and one.gflops > 0 and 10 < len(one.advice) < 57 for one in listed)
    bottom_up = [one.gflops for one in listed if one.method == "bottom-up"]
    assert bottom_up == sorted(bottom_up) and listed[0].net_type == "efficientvit_b0"


def test_a_method_is_chosen_by_its_name():
    assert {one.method for one in models("ctd")} == {"from conditions"} and len(models("CTD")) == 9
    with pytest.raises(ValueError, match="bu, td, ctd"):
        models("top-down")


def test_the_list_is_a_table_in_a_terminal():
    title, first, *_ = result_lines(models("bu"))
    assert title.split()[:2] == ["net", "type"] and first.startswith("efficientvit_b0")
    assert max(map(len, result_lines(models()))) <= 130


def measured(name):
    """Millions of parameters, and 10^9 operations, of a network with 4 bodyparts and 3 individuals."""
    project = {"bodyparts": list("abcd"), "individuals": list("xyz")}
    top_down = NetType.from_alias(name)[1]
    conditions = 1 if name.startswith("ctd") else None
    config = PoseConfig.build(project, "train", top_down=top_down, net_type=name, ctd_conditions=conditions)
    crop = config.data.inference.top_down_crop or {"width": 256, "height": 256}
    model = PoseModel.build(config.to_dict(normalize=True)["model"]).eval()
    more = {"cond_kpts": np.full((1, 1, 4, 3), 50, np.float32)} if conditions else {}
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, 3, crop["height"], crop["width"]), **more)
    return sum(one.numel() for one in model.parameters()) / 1e6, counter.get_total_flops() / 1e9


def agree(names):
    facts = {one.net_type: one for one in models()}
    for name in names:
        found = (facts[name].million_parameters, facts[name].gflops)
        assert np.allclose(found, measured(name), atol=0.06), name


def test_the_numbers_are_those_of_the_networks():
    agree(["efficientvit_b0", "top_down_mobilenetv4_s", "rtmpose_s"])


@pytest.mark.slow
def test_the_numbers_are_those_of_all_networks():
    agree(available_models())
