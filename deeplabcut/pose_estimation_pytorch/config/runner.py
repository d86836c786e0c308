"""The ``runner`` section: how a network is optimised, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import Mistake, expected
from deeplabcut.core.config.validation import INT_MAX, StrictPositiveInt, Text, TruthValue, as_int, as_list, as_text
from deeplabcut.pose_estimation_pytorch.config.written import Keys, as_written

_CLASS = "the name of a class, such as AdamW or LRListScheduler"
_DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")


def _device(value: Any, info: ValidationInfo) -> Any:
    text = str(as_text(value, info)).strip()
    kind, colon, number = text.partition(":")
    if kind not in _DEVICES or (colon and (not number.isdigit() or kind in ("auto", "cpu"))):
        raise expected("'auto', 'cpu', 'cuda', 'cuda:0' (or another number), 'mps'")
    return text


def _gpus(value: Any, info: ValidationInfo) -> Any:
    if value is None:
        return None
    numbers = as_list(value) if isinstance(value, (list, tuple)) else [value]
    try:
        numbers = [as_int(number, info) for number in numbers]
    except ValueError:
        numbers = [-1]
    if any(not isinstance(number, int) or number < 0 for number in numbers) or len(set(numbers)) < len(numbers):
        raise expected("nothing, or a list of different numbers of GPUs, such as [0, 1]")
    return numbers


Device = Annotated[str, BeforeValidator(_device)]


class _OptimizerParams(Keys):
    lr: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


def _optimizer_params(value: Any) -> Any:
    return None if value is None else as_written(_OptimizerParams, "optimizer", open_ended=True)(value)


def _type(value: Any, info: ValidationInfo) -> Any:
    text = as_text(value, info)
    if not isinstance(text, str) or not text.strip():
        raise expected(_CLASS)
    return text.strip()


Type = Annotated[str, BeforeValidator(_type)]


class OptimizerConfig(DLCBaseConfig):
    """A class of ``torch.optim`` and its arguments."""

    type: Type = ""
    params: Annotated[dict[str, Any] | None, BeforeValidator(_optimizer_params)] = None


class SchedulerConfig(DLCBaseConfig):
    """``LRListScheduler``, or a class of ``torch.optim.lr_scheduler``, and its arguments."""

    type: Type = ""
    params: dict[str, Any] | None = None

    def contradicting(self) -> Iterable[Mistake]:
        """Every milestone has its learning rates."""
        if self.type == "LRListScheduler" and self.params:
            yield from _list_mistakes(self.params)


def _list_mistakes(params: Mapping[str, Any]) -> Iterable[Mistake]:
    rates, milestones = params.get("lr_list"), params.get("milestones")
    if not isinstance(rates, list) or not all(map(_are_rates, rates)):
        yield Mistake(("params", "lr_list"), rates, "a list with a list of learning rates for each milestone")
        return
    if not isinstance(milestones, list) or not all(map(_is_epoch, milestones)):
        yield Mistake(("params", "milestones"), milestones, "a list of epochs")
    elif len(rates) != len(milestones):
        yield Mistake(("params", "milestones"), milestones, f"{len(rates)} epochs, as lr_list has {len(rates)} entries")


def _are_rates(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_rate, value))


def _is_rate(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")


def _is_epoch(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INT_MAX


class SnapshotCheckpointConfig(DLCBaseConfig):
    """When the network is saved, and how often."""

    max_snapshots: StrictPositiveInt = 5
    save_epochs: StrictPositiveInt = 25
    save_optimizer_state: TruthValue = False


class RunnerConfig(DLCBaseConfig):
    """How a network is optimised; ``load_scheduler_state_dict: false`` starts the schedule anew after an edit."""

    type: Text = "PoseTrainingRunner"
    gpus: Annotated[Any, BeforeValidator(_gpus)] = None
    device: Device = "auto"
    key_metric: Text = "test.mAP"
    key_metric_asc: TruthValue = True
    eval_interval: StrictPositiveInt = 10
    optimizer: OptimizerConfig | None = None
    scheduler: SchedulerConfig | None = None
    snapshots: SnapshotCheckpointConfig | None = None
    snapshot_prefix: Text | None = None
    load_weights_only: TruthValue | None = None
    load_scheduler_state_dict: TruthValue = True

    def contradicting(self) -> Iterable[Mistake]:
        """An optimizer and a scheduler have a type."""
        for name in ("optimizer", "scheduler"):
            part = getattr(self, name)
            if part is not None and not part.type:
                yield Mistake((name, "type"), None, _CLASS)

    def keys(self) -> list[str]:
        """All keys; ``load_scheduler_state_dict`` stands in files only where it is false."""
        every: list[str] = super().keys()
        return [key for key in every if key != "load_scheduler_state_dict" or not self.load_scheduler_state_dict]
