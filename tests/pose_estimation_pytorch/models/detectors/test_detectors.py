"""Detectors: losses and boxes alike in training and in use, and where their weights come from."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import detection
from torchvision.ops import FrozenBatchNorm2d

from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.web import DownloadError
from deeplabcut.pose_estimation_pytorch.models import DETECTORS
from deeplabcut.pose_estimation_pytorch.models.detectors import (
    TORCHVISION_DETECTORS,
    BaseDetector,
    FasterRCNN,
    FilteredDetector,
    SSDLite,
)
from deeplabcut.pose_estimation_pytorch.models.detectors.fasterRCNN import VARIANTS
from deeplabcut.pose_estimation_pytorch.models.loading import SnapshotMismatch


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def ssdlite():
    torch.manual_seed(0)
    return SSDLite()


@pytest.fixture
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    return tmp_path


def labels(boxes):
    boxes = np.asarray(boxes, np.float32)
    n_images, n_boxes = boxes.shape[:2]
    return {
        "boxes": torch.as_tensor(boxes),
        "area": torch.as_tensor(boxes[..., 2] * boxes[..., 3]),
        "labels": torch.ones(n_images, n_boxes, dtype=torch.int32),
        "is_crowd": torch.zeros(n_images, n_boxes, dtype=torch.int32),
    }


def test_targets_are_the_boxes_with_an_extent_from_corner_to_corner(ssdlite):
    first, second = ssdlite.get_target(labels([[[10, 20, 30, 40], [0, 0, 0, 5]], [[0, 0, 0, 0], [-1, -1, -1, -1]]]))
    assert first["boxes"].tolist() == [[10, 20, 40, 60]] and first["area"].tolist() == [1200]
    assert first["labels"].tolist() == [1] and first["labels"].dtype == torch.int64
    assert first["is_crowd"].tolist() == [0] and first["is_crowd"].dtype == torch.int64
    assert second["boxes"].shape == (0, 4) and second["labels"].shape == (0,)


def test_a_detector_gives_losses_in_training_also_for_an_image_without_animals(ssdlite):
    images = torch.rand(2, 3, 64, 96)
    targets = ssdlite.get_target(labels([[[10, 20, 30, 40]], [[0, 0, 0, 0]]]))
    losses, _ = ssdlite.train()(images, targets)
    assert set(losses) == {"bbox_regression", "classification"}
    sum(losses.values()).backward()
    assert all(one.grad is not None for one in ssdlite.parameters() if one.requires_grad)
    ssdlite.zero_grad()


def test_a_detector_gives_boxes_and_no_losses_in_use(ssdlite):
    with torch.no_grad():
        losses, boxes = ssdlite.eval()(torch.rand(2, 3, 64, 96), None)
    assert losses == {} and len(boxes) == 2 and set(boxes[0]) == {"boxes", "scores", "labels"}


def test_a_detector_can_be_copied_with_its_weights(ssdlite):
    twin = copy.deepcopy(ssdlite)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(twin.eval()(image)[1][0]["boxes"], ssdlite.eval()(image)[1][0]["boxes"])


@pytest.mark.parametrize(("stats", "weights"), [(True, False), (False, True), (False, False), (True, True)])
def test_batch_normalisations_stay_as_they_are_where_they_are_frozen(stats, weights):
    detector = DETECTORS.build({"type": "SSDLite", "freeze_bn_stats": stats, "freeze_bn_weights": weights})
    assert detector.train() is detector
    norms = [one for one in detector.modules() if isinstance(one, nn.BatchNorm2d)]
    assert norms and all(one.training is not stats for one in norms)
    assert all(one.weight.requires_grad is not weights for one in norms)


@pytest.mark.parametrize("variant", [*VARIANTS[:2], pytest.param("fasterrcnn_resnet50_fpn", marks=pytest.mark.slow)])
def test_faster_rcnn_is_built_with_frozen_norms_and_three_trained_layers(variant):
    detector = FasterRCNN(variant=variant, box_score_thresh=0.3)
    kinds = {type(one) for one in detector.model.backbone.body.modules()}
    assert FrozenBatchNorm2d in kinds and nn.BatchNorm2d not in kinds
    body = list(detector.model.backbone.body.parameters())
    assert not body[0].requires_grad and body[-1].requires_grad
    assert detector.model.roi_heads.score_thresh == 0.3
    assert detector.model.roi_heads.box_predictor.cls_score.out_features == 2


@pytest.mark.parametrize("variant", VARIANTS[:2])
def test_faster_rcnn_has_the_structure_that_torchvision_gives_it_with_weights(variant, monkeypatch):
    """As torchvision builds it for weights, whose fetching is taken out here."""
    made = getattr(detection, variant)(
        weights=None, weights_backbone=None, num_classes=2, rpn_score_thresh=0.05, box_score_thresh=0.01
    )
    ours = FasterRCNN(variant=variant).model
    assert {name for name in made.state_dict() if "num_batches_tracked" not in name} == set(ours.state_dict())
    for part in ("min_size", "max_size"):
        assert getattr(made.transform, part) == getattr(ours.transform, part)
    for part in ("_pre_nms_top_n", "_post_nms_top_n", "nms_thresh", "score_thresh"):
        assert getattr(made.rpn, part) == getattr(ours.rpn, part)
    for part in ("score_thresh", "nms_thresh", "detections_per_img"):
        assert getattr(made.roi_heads, part) == getattr(ours.roi_heads, part)
    assert made.rpn.anchor_generator.sizes == ours.rpn.anchor_generator.sizes


def test_a_variant_that_does_not_exist_is_refused():
    with pytest.raises(InvalidInput, match="fasterrcnn_resnet50_fpn_v2"):
        DETECTORS.build({"type": "FasterRCNN", "variant": "maskrcnn_resnet50_fpn"})


def test_settings_that_are_none_are_the_defaults(caplog):
    detector = DETECTORS.build({"type": "SSDLite", "variant": None, "freeze_bn_stats": None, "box_score_thresh": 0.01})
    assert detector.freeze_bn_stats is False and not caplog.records


@pytest.mark.parametrize("kind", ["SSDLite", "FasterRCNN"])
def test_published_weights_that_cannot_be_fetched_are_a_plain_error(offline, kind):
    with pytest.raises(DownloadError, match=r"cannot be fetched") as error:
        DETECTORS.build({"type": kind}, pretrained=True)
    assert str(offline) in str(error.value) and "checkpoints" in str(error.value)


def test_the_backbone_of_imagenet_cannot_be_fetched_but_its_shape_can_be_built(offline):
    with pytest.raises(DownloadError):
        SSDLite(pretrained_from_imagenet=True)
    wide = DETECTORS.build({"type": "SSDLite", "pretrained_from_imagenet": True}, pretrained=False)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert set(wide.eval()(image)[1][0]) == {"boxes", "scores", "labels"}
    narrow = SSDLite().state_dict()
    assert set(wide.state_dict()) == set(narrow)
    shapes = [name for name, value in wide.state_dict().items() if value.shape != narrow[name].shape]
    assert shapes and all("backbone" in name or "head" in name for name in shapes)


def test_published_weights_keep_the_background_and_the_first_class_of_every_anchor(offline):
    torch.manual_seed(1)
    published = detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=91)
    folder = offline / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    url = detection.SSDLite320_MobileNet_V3_Large_Weights.COCO_V1.url
    torch.save(published.state_dict(), folder / url.rpartition("/")[2])
    detector = DETECTORS.build({"type": "SSDLite"}, pretrained=True).eval()
    assert {k: v.shape for k, v in detector.state_dict().items()} == {
        k: v.shape for k, v in SSDLite().state_dict().items()
    }
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        features = list(published.eval().backbone(published.transform([image[0]])[0].tensors).values())
        whole = published.head(features)["cls_logits"]
        kept = detector.model.head(features)["cls_logits"]
    assert torch.allclose(kept, whole[..., :2])


def test_a_detector_begins_with_the_snapshot_that_it_is_given(tmp_path, ssdlite):
    path = tmp_path / "snapshot-detector-010.pt"
    torch.save({"model": ssdlite.state_dict()}, path)

    class Start:
        detector_snapshot_path = path

    twin = DETECTORS.build({"type": "SSDLite"}, weight_init=Start())
    assert all(torch.equal(a, b) for a, b in zip(twin.parameters(), ssdlite.parameters(), strict=True))
    with pytest.raises(SnapshotMismatch, match=r"trained for model SSDLite.*this network is model FasterRCNN"):
        DETECTORS.build({"type": "FasterRCNN"}, weight_init=Start())


def test_a_detector_of_ones_own_is_built_by_its_name(monkeypatch):
    monkeypatch.setattr(DETECTORS, "_parts", dict(DETECTORS._parts))

    @DETECTORS.register_module
    class WholeImage(BaseDetector):
        def __init__(self, margin=0, pretrained=False):
            super().__init__(pretrained=pretrained)
            self.margin = margin

        def forward(self, x, targets=None):
            height, width = x.shape[-2:]
            box = torch.tensor([[self.margin, self.margin, width - self.margin, height - self.margin]])
            return {}, [{"boxes": box, "scores": torch.ones(1), "labels": torch.ones(1)} for _ in x]

        def get_target(self, labels):
            return []

    detector = DETECTORS.build({"type": "WholeImage", "margin": 2})
    assert detector(torch.zeros(1, 3, 10, 20))[1][0]["boxes"].tolist() == [[2, 2, 18, 8]]


class EverythingDetector(nn.Module):
    def forward(self, images):
        boxes = torch.arange(12.0).reshape(3, 4)
        labels = torch.tensor([1, 7, 1])
        return [{"boxes": boxes, "labels": labels, "scores": torch.tensor([0.9, 0.8, 0.1])} for _ in images]


def test_a_filtered_detector_keeps_the_boxes_of_one_class():
    losses, (first, second) = FilteredDetector(EverythingDetector(), class_id=1)(torch.zeros(2, 3, 8, 8))
    assert losses == {} and first["labels"].tolist() == [1, 1] == second["labels"].tolist()
    assert first["boxes"].tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]
    _, (nothing,) = FilteredDetector(EverythingDetector(), class_id=3)([torch.zeros(3, 8, 8)])
    assert nothing["boxes"].shape == (0, 4)


def test_detectors_of_everyday_things_are_listed_with_their_weights():
    assert set(TORCHVISION_DETECTORS) == {
        "fasterrcnn_resnet50_fpn",
        "fasterrcnn_resnet50_fpn_v2",
        "fasterrcnn_mobilenet_v3_large_fpn",
    }
    assert all("COCO" in one["weights"].name and callable(one["fn"]) for one in TORCHVISION_DETECTORS.values())
