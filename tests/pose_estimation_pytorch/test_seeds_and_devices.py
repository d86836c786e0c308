"""The device that a configuration means, and seeds that make runs alike."""

import random

import numpy as np
import pytest
import torch

import deeplabcut.pose_estimation_pytorch as dlc_torch
from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch import utils


def test_the_same_seed_gives_the_same_numbers_everywhere():
    def drawn():
        dlc_torch.fix_seeds(3)
        return random.random(), np.random.rand(), float(torch.rand(1))

    assert drawn() == drawn()


@pytest.mark.parametrize(
    ("cards", "apple", "net", "device"),
    [
        (0, False, "resnet_50", "cpu"),
        (1, False, "resnet_50", "cuda"),
        (1, True, "hrnet_w32", "cuda"),
        (0, True, "top_down_resnet_50", "mps"),
        (0, True, "hrnet_w32", "cpu"),
        (0, True, None, "cpu"),
    ],
)
def test_auto_is_the_best_device_for_the_network(monkeypatch, cards, apple, net, device):
    machine(monkeypatch, cards, apple)
    assert utils.resolve_device({"device": "auto", "net_type": net}) == device
    assert utils.resolve_device({"device": None, "net_type": net}) == device


def test_a_named_device_is_taken_if_it_is_there(monkeypatch):
    machine(monkeypatch, 2, False)
    assert utils.resolve_device({"device": "cuda:1"}) == "cuda:1"
    assert utils.resolve_device({"device": "CPU"}) == "cpu"
    with pytest.raises(InvalidInput, match="auto, cpu, cuda, cuda:0, cuda:1"):
        utils.resolve_device({"device": "cuda:2"})
    with pytest.raises(InvalidInput, match="no device 'mps'"):
        utils.resolve_device({"device": "mps"})


def machine(monkeypatch, cards, apple):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cards > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: apple)
