"""How large and how fast the backbones are, for one image of 256 x 256 on one core.

    python benchmarks/backbones.py [--rounds 5] [--size 256] [--only NAME ...]

The floor is the time that the multiplications and additions of the network would take at the speed of one large
matrix product; convolutions that save multiplications (Winograd) can be faster than that. Each network is measured in
a process of its own; of several rounds the best counts, in CPU time. Weights are random: nothing is downloaded.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import time
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

ENCODER = {"type": "StackedKeypointEncoder", "num_joints": 4}
BACKBONES: dict[str, dict[str, Any]] = {
    "resnet_50": {"type": "ResNet", "model_name": "resnet50_gn", "output_stride": 16},
    "resnet_101": {"type": "ResNet", "model_name": "resnet101", "output_stride": 16},
    "resnet18": {"type": "ResNet", "model_name": "resnet18", "output_stride": 16},
    "dlcrnet_stride16": {"type": "DLCRNet", "output_stride": 16},
    "dlcrnet_stride32": {"type": "DLCRNet", "output_stride": 32},
    "hrnet_w18": {"type": "HRNet", "variant": "w18"},
    "hrnet_w32": {"type": "HRNet", "variant": "w32"},
    "hrnet_w48": {"type": "HRNet", "variant": "w48"},
    "dekr_w32": {"type": "HRNet", "variant": "w32", "interpolate_branches": True},
    "cspnext_s": {"type": "CSPNeXt", "variant": "s"},
    "cspnext_m": {"type": "CSPNeXt", "variant": "m"},
    "cspnext_x": {"type": "CSPNeXt", "variant": "x"},
    "ctd_coam_w32": {"type": "HRNetCoAM", "base_model_name": "hrnet_w32", "kpt_encoder": ENCODER},
    "ctd_prenet_rtmpose_s": {
        "type": "CondPreNet", "kpt_encoder": ENCODER, "backbone": {"type": "CSPNeXt", "variant": "s"},
    },
    "mobilenetv4 s, stride 16": {"type": "TimmBackbone", "model_name": "mobilenetv4_conv_small", "stride": 16},
    "mobilenetv4 s, stride 16+": {
        "type": "TimmBackbone", "model_name": "mobilenetv4_conv_small", "stride": 16, "interpolate_branches": True,
    },
    "mobilenetv4 s, stride 8+": {
        "type": "TimmBackbone", "model_name": "mobilenetv4_conv_small", "stride": 8, "interpolate_branches": True,
    },
    "efficientvit_b0, stride 16+": {
        "type": "TimmBackbone", "model_name": "efficientvit_b0", "stride": 16, "interpolate_branches": True,
    },
    "efficientvit_b0, stride 8+": {
        "type": "TimmBackbone", "model_name": "efficientvit_b0", "stride": 8, "interpolate_branches": True,
    },
    "repvit_m0_9, stride 16+": {
        "type": "TimmBackbone", "model_name": "repvit_m0_9", "stride": 16, "interpolate_branches": True,
    },
    "convnextv2_nano, stride 16+": {
        "type": "TimmBackbone", "model_name": "convnextv2_nano", "stride": 16, "interpolate_branches": True,
    },
    "vit_tiny": {"type": "TimmBackbone", "model_name": "vit_tiny_patch16_224"},
    "dinov2 vit s": {"type": "TimmBackbone", "model_name": "vit_small_patch14_dinov2"},
    "dinov3 vit s": {"type": "TimmBackbone", "model_name": "vit_small_patch16_dinov3"},
}  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--size", type=int, default=256, help="height and width of the image")
    options.add_argument("--only", nargs="+", default=list(BACKBONES), choices=list(BACKBONES), metavar="NAME")
    given = options.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    import timm  # noqa: F401 so that the children have it

    speed = flops_per_s(given.rounds)
    print(f"one core multiplies and adds {speed / 1e9:.0f} G numbers a second; images of {given.size} x {given.size}")
    head = ("backbone", "stride", "channels", "params M", "GFLOP", "CPU ms", "floor ms", "ratio", "peak MB")
    print(("{:<28}" + "{:>9}" * 8).format(*head))
    for name in given.only:
        row = in_a_process(name, given.size, given.rounds)
        floor_s = row["flops"] / speed
        print(
            f"{name:<28}{row['stride']:>9}{row['channels']:>9}{row['parameters'] / 1e6:>9.1f}{row['flops'] / 1e9:>9.1f}"
            f"{row['cpu_s'] * 1e3:>9.0f}{floor_s * 1e3:>9.0f}{row['cpu_s'] / floor_s:>9.1f}{row['peak_mb']:>9.0f}",
            flush=True,
        )


def flops_per_s(rounds: int) -> float:
    """Of a large matrix product, a multiplication and an addition counted as two."""
    n = 1024
    a, b = torch.rand(n, n), torch.rand(n, n)
    return 2 * n**3 / best(lambda: a @ b, 3 * rounds)


def in_a_process(name: str, size: int, rounds: int) -> dict[str, float]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=lambda: theirs.send(measured(BACKBONES[name], size, rounds)))
    child.start()
    theirs.close()
    row: dict[str, float] = ours.recv()
    child.join()
    return row


@torch.inference_mode()
def measured(config: dict[str, Any], size: int, rounds: int) -> dict[str, float]:
    from deeplabcut.pose_estimation_pytorch.models.backbones import BACKBONES as REGISTRY

    torch.set_num_threads(1)
    start_mb = memory_mb("VmRSS")
    backbone = REGISTRY.build({"pretrained": False, **config}).eval()
    image = torch.rand(1, 3, size, size)
    conditions = {"cond_kpts": np.full((1, 1, 4, 3), 40.0)} if "kpt_encoder" in config else {}
    with FlopCounterMode(display=False) as counter:
        features = backbone(image, **conditions)
    return {
        "stride": backbone.stride,
        "channels": features.shape[1],
        "parameters": sum(p.numel() for p in backbone.parameters()),
        "flops": counter.get_total_flops(),
        "cpu_s": best(lambda: backbone(image, **conditions), rounds),
        "peak_mb": memory_mb("VmHWM") - start_mb,
    }


def best(work: Any, rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def memory_mb(what: str) -> float:
    with open("/proc/self/status") as file:
        return int(file.read().split(f"{what}:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
