"""Networks run with fewer digits where torch lets them (``inference.autocast``), also on a CPU."""

import pytest
import torch

from deeplabcut.pose_estimation_pytorch.models import BACKBONES
from deeplabcut.pose_estimation_pytorch.models.modules import AdaptBlock


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: (AdaptBlock(4, 4), 4), id="AdaptBlock"),
        pytest.param(
            lambda: (BACKBONES.build({"type": "DLCRNet", "model_name": "resnet34", "pretrained": False}), 3),
            id="DLCRNet",
        ),
    ],
)
def test_parts_run_in_mixed_precision_as_in_float32(make):
    torch.manual_seed(0)
    part, n_channels = make()
    part.eval()
    x = torch.rand(1, n_channels, 64, 64)
    with torch.inference_mode():
        exact = part(x)
        with torch.autocast("cpu", torch.bfloat16):
            mixed = part(x)
    assert (mixed.float() - exact).abs().max() < 0.05 * exact.abs().max()
