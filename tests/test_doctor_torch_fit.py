"""Whether torch fits torchvision, card and driver; the install line that mends it."""

from __future__ import annotations

import pytest

from deeplabcut.doctor.children import Findings, Said
from deeplabcut.doctor.report import Check, Status
from deeplabcut.doctor.torch_fit import Cards, has_kernels, install_line, read_cards, torch_checks, wheel_tag

CU130 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]


def card(name: str, capability: tuple[int, int], driver_cuda: tuple[int, int]) -> Cards:
    return Cards((name,), "550.1", driver_cuda, (capability,))


RTX3090 = card("RTX 3090 (24576 MiB)", (8, 6), (13, 0))
OLD_DRIVER = card("RTX 3090 (24576 MiB)", (8, 6), (12, 4))
GTX1080 = card("GTX 1080 (8192 MiB)", (6, 1), (12, 8))
BLACKWELL_OLD_DRIVER = card("RTX 5090 (32768 MiB)", (12, 0), (12, 8))


def facts(**more: object) -> dict[str, object]:
    return {
        "torch": "2.14.1+cu130", "cuda": "13.0", "hip": None, "built_for": CU130, "cpu_capability": "AVX2",
        "threads": 8, "mps": False, "torchvision": "0.29.2", "nms": [0], "cpu_ms": 10.0, **more,
    }  # fmt: skip


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_healthy_machine_without_a_card_is_fine():
    checks = torch_checks(Findings(facts()), Cards())
    assert {check.status for check in checks} == {Status.OK, Status.NOTE}


def test_a_healthy_machine_with_a_card_is_fine():
    device = {"name": "RTX 3090", "capability": [8, 6], "memory": 24 * 2**30}
    checks = by_name(torch_checks(Findings(facts(cuda_devices=[device], **{"cuda:0_ms": 1.5})), RTX3090))
    assert checks["cuda:0"].status is Status.OK
    assert "24 GiB" in checks["cuda:0"].value


@pytest.mark.parametrize("step", ["import torchvision", "torchvision operators"])
def test_a_torchvision_that_does_not_fit_is_found_first(step):
    error = "RuntimeError: operator torchvision::nms does not exist"
    first, *_ = torch_checks(Findings(facts(torch="2.14.1+cpu", cuda=None), errors={step: error}), Cards(), "linux")
    assert (first.name, first.status) == ("torch and torchvision", Status.BROKEN)
    assert "nms does not exist" in first.value
    assert first.fix.endswith(
        "python -m pip install --force-reinstall torch torchvision --index-url https://download.pytorch.org/whl/cpu"
    )


def test_a_torchvision_that_crashes_is_found():
    first, *_ = torch_checks(Findings(facts(), died_in="import torchvision", death="crashed (SIGSEGV)"), Cards())
    assert first.status is Status.BROKEN and "SIGSEGV" in first.value


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Findings(errors={"import torch": "ModuleNotFoundError: No module named 'torch'"}), "not installed"),
        (Findings(errors={"import torch": "OSError: libcudart.so.13"}), "libcudart"),
        (Findings(died_in="import torch", death="crashed (SIGILL)"), "SIGILL"),
        (Findings(died_in="import torch", death="did not finish within 120 s"), "did not finish"),
    ],
)
def test_a_torch_that_does_not_import_is_broken(found, reason):
    checks = torch_checks(found, RTX3090, "linux")
    assert checks[0].status is Status.BROKEN and reason in checks[0].value
    assert "whl/cu130" in checks[0].fix


def test_a_cpu_torch_beside_a_card_gets_an_install_line():
    check = by_name(torch_checks(Findings(facts(torch="2.14.1+cpu", cuda=None)), RTX3090, "linux"))["NVIDIA"]
    assert check.status is Status.WARNING
    assert "without CUDA" in check.value and check.fix.endswith("whl/cu130")


def test_a_driver_too_old_for_torch_is_named_with_both_ways_out():
    check = by_name(torch_checks(Findings(facts()), OLD_DRIVER, "linux"))["NVIDIA"]
    assert "knows CUDA 12.4" in check.value and "built for CUDA 13.0" in check.value
    assert "newer NVIDIA driver" in check.fix and check.fix.endswith("whl/cu128")


def test_a_card_without_kernels_is_named():
    device = {"name": "GTX 1080", "capability": [6, 1], "memory": 8 * 2**30}
    check = by_name(torch_checks(Findings(facts(cuda_devices=[device])), GTX1080, "linux"))["cuda:0"]
    assert check.status is Status.WARNING
    assert "no kernels for compute capability 6.1" in check.value and check.fix.endswith("whl/cu126")


def test_a_card_that_torch_does_not_see_is_named():
    check = by_name(torch_checks(Findings(facts()), RTX3090))["NVIDIA"]
    assert "does not see it" in check.value and "CUDA_VISIBLE_DEVICES" in check.fix


def test_a_card_on_which_the_convolution_dies_is_named():
    device = {"name": "RTX 3090", "capability": [8, 6], "memory": 24 * 2**30}
    found = Findings(facts(cuda_devices=[device]), died_in="convolution on cuda:0", death="did not finish within 120 s")
    check = by_name(torch_checks(found, RTX3090))["cuda:0"]
    assert check.status is Status.WARNING and "did not finish" in check.value


@pytest.mark.parametrize(
    ("cards", "tag"),
    [
        (Cards(), "cpu"),
        (RTX3090, "cu130"),
        (OLD_DRIVER, "cu128"),
        (GTX1080, "cu126"),
        (BLACKWELL_OLD_DRIVER, "cu128"),
        (card("Tesla K80", (3, 7), (11, 4)), "cpu"),
        (card("RTX 3090", (8, 6), (11, 8)), "cpu"),
        (Cards(("A", "B"), "580", (13, 0), ((8, 6), (6, 1))), "cu126"),
        (Cards(("A",), "580", None, ()), "cu130"),
    ],
)
def test_the_wheels_suit_card_and_driver(cards, tag):
    assert wheel_tag(cards) == tag
    assert install_line(cards, "linux").endswith(f"/{tag}")


def test_macs_have_one_kind_of_wheel():
    assert install_line(Cards(), "darwin") == "python -m pip install --force-reinstall torch torchvision"


@pytest.mark.parametrize(
    ("built_for", "capability", "runs"),
    [
        (CU130, (8, 9), True),
        (CU130, (7, 0), False),
        (CU130, (6, 1), False),
        (CU130, (12, 1), True),
        (["sm_90a"], (9, 0), True),
        (["sm_80"], (9, 0), False),
        (["compute_80"], (9, 0), True),
        ([], (9, 0), False),
        (["gfx1100"], (9, 0), False),
    ],
)
def test_kernels_run_within_their_major_version(built_for, capability, runs):
    assert has_kernels(built_for, capability) is runs


def answers(*said: Said):
    remaining = list(said)
    return lambda command, limit_s: remaining.pop(0)


BANNER = "| NVIDIA-SMI 550.54.14    Driver Version: 550.54.14    CUDA Version: 12.4 |"


def test_cards_are_read_from_nvidia_smi():
    rows = "NVIDIA GeForce RTX 3090, 550.54.14, 24576, 8.6\nNVIDIA GeForce GTX 1080, 550.54.14, 8192, 6.1\n"
    cards = read_cards(answers(Said(rows, "", 0), Said(BANNER, "", 0)), "nvidia-smi")
    assert cards.names == ("NVIDIA GeForce RTX 3090 (24576 MiB)", "NVIDIA GeForce GTX 1080 (8192 MiB)")
    assert (cards.driver, cards.driver_cuda, cards.capabilities) == ("550.54.14", (12, 4), ((8, 6), (6, 1)))


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (Said("", "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", 9), "communicate"),
        (Said("", "", None, ended=False), "did not answer"),
        (Said("", "", 1), "no answer"),
    ],
)
def test_a_driver_in_trouble_is_a_warning(said, trouble):
    cards = read_cards(answers(said), "nvidia-smi")
    check = by_name(torch_checks(Findings(facts()), cards))["NVIDIA"]
    assert check.status is Status.WARNING and trouble in check.value


def test_odd_answers_of_nvidia_smi_are_survived():
    cards = read_cards(answers(Said("garbage\nA, 1, [N/A], [N/A]\n", "", 0), Said("nothing", "", 0)), "nvidia-smi")
    assert (cards.names, cards.capabilities, cards.driver_cuda) == (("A ([N/A] MiB)",), (), None)


def test_without_nvidia_smi_there_are_no_cards(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert read_cards() == Cards()
