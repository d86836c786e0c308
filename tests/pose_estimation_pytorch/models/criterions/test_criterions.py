"""Losses and their aggregation."""

import pytest
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.models.criterions import CRITERIONS, LOSS_AGGREGATORS, KLDiscreteLoss
from deeplabcut.pose_estimation_pytorch.models.criterions.utils import count_nonzero_elems

OUTPUT = torch.tensor([[1.0, 3.0], [0.5, -2.0]])
TARGET = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
WEIGHTS = torch.tensor([[1.0, 0.5], [0.0, 2.0]])


def loss(kind, output=OUTPUT, target=TARGET, **options):
    return float(CRITERIONS.build({"type": kind})(output, target=target, **options))


def test_weighted_losses_divide_by_the_elements_that_count():
    assert loss("WeightedMSECriterion", weights=WEIGHTS) == pytest.approx((1 + 0.5 * 4 + 2 * 4) / 3)
    assert loss("WeightedHuberCriterion", weights=WEIGHTS) == pytest.approx((0.5 + 0.5 * 1.5 + 2 * 1.5) / 3)
    logits = torch.nn.functional.binary_cross_entropy_with_logits(OUTPUT, TARGET, reduction="none")
    assert loss("WeightedBCECriterion", weights=WEIGHTS) == pytest.approx(float((WEIGHTS * logits).sum() / 3))


def test_without_weights_a_weighted_loss_is_the_mean():
    assert loss("WeightedMSECriterion") == pytest.approx((1 + 4 + 0.25 + 4) / 4)


def test_nothing_that_counts_is_no_loss():
    for kind in ("WeightedMSECriterion", "WeightedHuberCriterion", "WeightedBCECriterion", "DEKROffsetLoss"):
        assert loss(kind, weights=torch.zeros(2, 2)) == loss(kind, weights=0.0) == 0


def test_weights_of_a_channel_count_all_its_elements():
    weights = torch.tensor([[[[0.0]], [[0.5]]]]).expand(1, 2, 3, 3)
    ones = torch.ones(1, 2, 3, 3)
    assert loss("WeightedMSECriterion", ones, 0 * ones, weights=weights) == 0.5
    assert count_nonzero_elems(ones, weights) == 9
    assert count_nonzero_elems(ones, torch.tensor([0.0, 1.0]).view(2, 1, 1)) == 9
    assert count_nonzero_elems(ones, 2.0) == 18 and count_nonzero_elems(ones, 0.0) == 0
    assert count_nonzero_elems(torch.ones(2, 3), torch.tensor([[1.0], [0.0]]), per_batch=True).tolist() == [3, 0]


def test_dekr_heatmaps_divide_by_all_elements_and_offsets_by_those_that_count():
    assert loss("DEKRHeatmapLoss", weights=WEIGHTS) == pytest.approx((1 + 2 + 8) / 4)
    beta = 1 / 9
    assert loss("DEKROffsetLoss", weights=WEIGHTS) == pytest.approx(
        ((1 - beta / 2) + 0.5 * (2 - beta / 2) + 2 * (2 - beta / 2)) / 3
    )
    small = CRITERIONS.build({"type": "DEKROffsetLoss", "beta": 1.0})
    assert float(small(torch.tensor([0.5]), torch.tensor([0.0]))) == pytest.approx(0.125)


def test_divergence_is_summed_over_the_batch_and_averaged_over_bodyparts():
    output, target = torch.randn(3, 2, 5), torch.rand(3, 1, 2, 5).softmax(-1)
    rows = (target[:, 0] * (target[:, 0].log() - output.log_softmax(-1))).mean(-1)
    criterion = KLDiscreteLoss()
    torch.testing.assert_close(criterion(output, target, weights=torch.ones(3, 1, 2)), rows.sum() / 2)
    weights = torch.tensor([[[1, 0]], [[1, 1]], [[0, 0]]])
    torch.testing.assert_close(criterion(output, target, weights), (rows * weights[:, 0]).sum() / 2)
    torch.testing.assert_close(KLDiscreteLoss(use_target_weight=False)(output, target, weights), rows.sum() / 2)
    masked = KLDiscreteLoss(mask=[1], mask_weight=3.0)(output, target)
    torch.testing.assert_close(masked, (rows * torch.tensor([1.0, 3.0])).sum() / 2)


def test_targets_can_be_sharpened_into_distributions():
    output, target = torch.randn(2, 3, 7), torch.rand(2, 1, 3, 7)
    sharp = KLDiscreteLoss(beta=10.0, label_softmax=True, label_beta=10.0)
    plain = KLDiscreteLoss(beta=10.0)
    torch.testing.assert_close(sharp(output, target), plain(output, (target * 10).softmax(-1)))


@pytest.mark.parametrize("kind", CRITERIONS.names)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_outputs_give_a_loss_in_float32_and_gradients(kind, dtype):
    output = (torch.randn(2, 3, 40) * 100).to(dtype).requires_grad_()
    value = CRITERIONS.build({"type": kind})(output, target=torch.rand(2, 3, 40), weights=1.0)
    value.backward()
    assert value.dtype == torch.float32 and torch.isfinite(value) and torch.isfinite(output.grad).all()


@pytest.mark.parametrize("kind", CRITERIONS.names)
def test_every_loss_of_an_empty_batch_can_be_taken(kind):
    output = torch.zeros(0, 3, 40, requires_grad=True)
    value = CRITERIONS.build({"type": kind})(
        output, target=torch.zeros(0, 3, 40), weights=torch.zeros(0, 3, 40 if "KL" not in kind else 1)
    )
    value.backward()
    assert float(value.detach()) == 0


def test_losses_are_aggregated_to_their_weighted_mean():
    aggregator = LOSS_AGGREGATORS.build({"type": "WeightedLossAggregator", "weights": {"heatmap": 1.0, "locref": 0.05}})
    losses = {"heatmap": torch.tensor(0.0594), "locref": torch.tensor(0.5631)}
    assert float(aggregator(losses)) == pytest.approx(0.0438, abs=5e-5)
    with pytest.raises(InvalidInput, match="paf"):
        aggregator(losses | {"paf": torch.tensor(1.0)})
