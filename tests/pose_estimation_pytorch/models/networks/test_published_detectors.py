"""Detectors have the published parameters, and find what was published for made-up weights."""

import numpy as np
import pytest
import torch

from deeplabcut.pose_estimation_pytorch.models import DETECTORS

NAMES = [
    "detector_ssdlite",
    pytest.param("detector_fasterrcnn_mobilenet_v3_large_fpn", marks=pytest.mark.slow),
    pytest.param("detector_fasterrcnn_resnet50_fpn_v2", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("name", ["detector_ssdlite", "detector_fasterrcnn_mobilenet_v3_large_fpn", *NAMES[2:]])
def test_detectors_have_the_published_parameters_without_any_download(networks, name, monkeypatch):
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *_, **__: pytest.fail("something was fetched"))
    state = DETECTORS.build(networks[name]["model"]).state_dict()
    found = {key: [list(value.shape), str(value.dtype).removeprefix("torch.")] for key, value in state.items()}
    assert list(found.items()) == list(networks[name]["parameters"].items())


@pytest.mark.parametrize("name", NAMES)
def test_detectors_find_the_published_boxes(networks, with_made_up_weights, made_up_image, distance_from, name):
    detector = with_made_up_weights(DETECTORS.build(networks[name]["model"]))
    golden = networks[name]["golden"]
    image = made_up_image(golden["input"])
    with torch.no_grad():
        losses, (found,) = detector(image)
        resized, _ = detector.model.transform(list(image))
        features = detector.model.backbone(resized.tensors)
    assert list(resized.tensors.shape) == golden["transformed"] and losses == {}
    assert max(distance_from(features[scale], record) for scale, record in golden["features"].items()) < 1e-4
    assert len(found["boxes"]) == golden["n_boxes"]
    np.testing.assert_allclose(found["boxes"][:3], golden["boxes"], atol=2e-3)
    np.testing.assert_allclose(found["scores"][:3], golden["scores"], atol=1e-5)
