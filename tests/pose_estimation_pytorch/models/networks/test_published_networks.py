"""Every network has the published parameters, and makes the published maps and poses for made-up weights."""

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
import torch

from deeplabcut.pose_estimation_pytorch.models import PoseModel

DATA = Path(__file__).parents[3] / "data" / "torch" / "models" / "networks.json.xz"
NAMES = [name for name in json.loads(lzma.decompress(DATA.read_bytes())) if not name.startswith("detector_")]
SMALLEST = ("resnet_50_sa_unique", "top_down_hrnet_w18", "cspnext_s", "dlcrnet_stride16_ms5", "dekr_w18", "rtmpose_s")
QUICK = ("cspnext_s_ma", "top_down_cspnext_s", "rtmpose_s", "ctd_prenet_rtmpose_s")


def quick_ones(*quick):
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]


@pytest.mark.parametrize("name", quick_ones(*SMALLEST, "ctd_coam_w32", "ctd_prenet_rtmpose_s", "animaltokenpose_base"))
def test_networks_have_the_published_parameters(networks, name):
    state = PoseModel.build(networks[name]["model"]).state_dict()
    found = {key: [list(value.shape), str(value.dtype).removeprefix("torch.")] for key, value in state.items()}
    assert list(found.items()) == list(networks[name]["parameters"].items())


def conditions(name):
    places = [[30 + 20 * joint, 40 + 15 * joint, 1.0] for joint in range(4)]
    return {"cond_kpts": np.array([[places]])} if name.startswith("ctd_") else {}


@pytest.mark.parametrize("name", quick_ones(*QUICK))
def test_networks_make_the_published_maps_and_poses(networks, with_made_up_weights, made_up_image, distance_from, name):
    golden = networks[name]["golden"]
    network = with_made_up_weights(PoseModel.build(networks[name]["model"]))
    network.output_features = True
    with torch.no_grad():
        outputs = network(made_up_image(golden["input"]), **conditions(name))
        predictions = network.get_predictions(outputs)  # also where none was published for too many peaks
    assert distance_from(outputs["backbone"]["features"], golden["features"]) < 1e-4
    for head, records in golden["outputs"].items():
        assert set(outputs[head]) == set(records)
        assert max(distance_from(outputs[head][key], record) for key, record in records.items()) < 1e-4
    for head, records in golden.get("predictions", {}).items():
        for key, record in records.items():
            found = predictions[head][key]
            if isinstance(record, dict):
                assert distance_from(found, record) < 1e-4
            else:
                wanted = np.array(record, dtype=float)
                np.testing.assert_allclose(np.asarray(found, float), wanted, rtol=1e-4, atol=2e-2)
