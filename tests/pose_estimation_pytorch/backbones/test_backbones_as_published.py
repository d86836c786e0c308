"""Backbones have the parameters of published weights, and with given weights the published features."""

import json
import lzma
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from deeplabcut.pose_estimation_pytorch.models.backbones import BACKBONES
from deeplabcut.pose_estimation_pytorch.models.necks import NECKS

DATA = Path(__file__).parents[2] / "data" / "torch" / "backbones"
LIGHT = ("cspnext_s", "ctd_prenet_rtmpose_s", "dekr_w18")


@cache
def published(file="backbones"):
    return json.loads(lzma.decompress((DATA / f"{file}.json.xz").read_bytes()))


NAMES = list(published())


def shapes(state):
    return {name: [list(tensor.shape), str(tensor.dtype).removeprefix("torch.")] for name, tensor in state.items()}


def given_weights(state, prefix="backbone."):
    """Numbers that depend on the name of a parameter only, such as the published features were computed with."""

    def numbers(name, tensor):
        drawn = np.random.RandomState(zlib.crc32(f"{prefix}{name}".encode())).standard_normal(tuple(tensor.shape))
        if name.endswith("num_batches_tracked"):
            return drawn * 0
        if name.endswith("running_var"):
            return 1 + 0.1 * np.abs(drawn)
        if tensor.ndim >= 2:
            return drawn / np.sqrt(tensor.numel() / tensor.shape[0])
        return (1 if name.endswith((".weight", ".g", ".scale")) else 0) + 0.1 * drawn

    return {name: torch.as_tensor(numbers(name, tensor)).to(tensor.dtype) for name, tensor in state.items()}


@pytest.mark.parametrize("name", NAMES)
def test_parameters_have_the_published_names_and_shapes_in_their_order(name):
    with torch.device("meta"):
        backbone = BACKBONES.build({**published()[name]["config"], "pretrained": False})
    assert list(shapes(backbone.state_dict()).items()) == list(published()[name]["state"].items())


@pytest.mark.parametrize("name", [n if n in LIGHT else pytest.param(n, marks=pytest.mark.slow) for n in NAMES])
def test_features_are_the_published_ones(name):
    entry = published()[name]
    backbone = BACKBONES.build({**entry["config"], "pretrained": False}).eval()
    backbone.load_state_dict(given_weights(backbone.state_dict()))
    image = np.random.RandomState(123).standard_normal(entry["input"])
    joints = [[30 + 20 * j, 40 + 15 * j, 1.0] for j in range(4)]
    conditions = {"cond_kpts": np.array([[joints]])} if name.startswith("ctd_") else {}
    with torch.no_grad():
        features = backbone(torch.as_tensor(image, dtype=torch.float32), **conditions).numpy()
    wanted = entry["features"]
    assert list(features.shape) == wanted["shape"]
    assert features.shape[1] == backbone.out_channels
    assert features.shape[2] == entry["input"][2] // backbone.stride
    found = [features.mean(), features.std(), *(features.ravel()[int(i)] for i in wanted["at"])]
    assert (
        np.abs(np.subtract(found, [wanted["mean"], wanted["std"], *wanted["at"].values()])).max() < 1e-4 * wanted["std"]
    )


def test_the_token_pose_neck_has_the_published_parameters():
    neck = NECKS.build(published("neck")["config"])
    assert list(shapes(neck.state_dict()).items()) == list(published("neck")["state"].items())
