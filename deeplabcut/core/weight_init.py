"""Which weights a network starts from: transfer learning, fine-tuning, or memory replay of a SuperAnimal model."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import Mistake
from deeplabcut.core.config.validation import FilePath, NDArrayInt, Text, TruthValue, as_list
from deeplabcut.core.deprecation import deprecated

if TYPE_CHECKING:
    from typing_extensions import Self

_LEGACY_MODEL, _LEGACY_DETECTOR = "hrnet_w32", "fasterrcnn_resnet50_fpn_v2"


def _nothing(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip() in ("None", "") else value


Weights = Annotated[FilePath | None, BeforeValidator(_nothing)]


class WeightInitialization(DLCBaseConfig):
    """Weights to start from.

    Without the decoder the backbone is taken over (transfer learning); with it also the rows of the head that
    ``conversion_array`` names (fine-tuning), or the whole head (memory replay). A path that is a bare file name is
    that of a SuperAnimal model, which is downloaded when it is needed.
    """

    snapshot_path: Weights = None
    detector_snapshot_path: Weights = None
    dataset: Annotated[Text | None, BeforeValidator(_nothing)] = None
    with_decoder: TruthValue = False
    memory_replay: TruthValue = False
    conversion_array: NDArrayInt | None = None
    bodyparts: Annotated[list[Text], BeforeValidator(as_list)] | None = None

    def contradicting(self) -> Iterable[Mistake]:
        """The modes build on each other."""
        if self.memory_replay and not self.with_decoder:
            yield Mistake(("memory_replay",), True, "false, or with_decoder: true",
                          involves=frozenset({"memory_replay", "with_decoder"}))  # fmt: skip
        if self.with_decoder and self.conversion_array is None:
            yield Mistake(("with_decoder",), True, "false, or a conversion_array",
                          involves=frozenset({"with_decoder", "conversion_array"}))  # fmt: skip
        if self.bodyparts is not None:
            n = None if self.conversion_array is None else len(self.conversion_array)
            if n != len(self.bodyparts):
                yield Mistake(("bodyparts",), self.bodyparts, f"as many names as conversion_array has ({n or 0})",
                              involves=frozenset({"bodyparts", "conversion_array"}))  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The settings of a dict, also of the first form, which names a data set and no files."""
        if data.get("dataset") and "snapshot_path" not in data:
            return cls.from_dict_legacy(data)
        return super().from_dict(data)

    @classmethod
    def from_dict_legacy(cls, data: Mapping[str, Any]) -> Self:
        """The settings of a dict of the first form: the data set says which files the weights are in."""
        dataset = data["dataset"]
        files = {
            "snapshot_path": f"{dataset}_{_LEGACY_MODEL}.pt",
            "detector_snapshot_path": f"{dataset}_{_LEGACY_DETECTOR}.pt",
        }
        return super().from_dict({**files, **data})

    @staticmethod
    @deprecated(replacement="deeplabcut.modelzoo.build_weight_init", name="WeightInitialization.build")
    def build(
        cfg: dict[str, Any],
        super_animal: str,
        model_name: str = "hrnet_w32",
        detector_name: str = "fasterrcnn_resnet50_fpn_v2",
        with_decoder: bool = False,
        memory_replay: bool = False,
        customized_pose_checkpoint: str | None = None,
        customized_detector_checkpoint: str | None = None,
    ) -> WeightInitialization:
        """The weights of a SuperAnimal model for a project."""
        build: Any = importlib.import_module("deeplabcut.modelzoo").build_weight_init
        made: WeightInitialization = build(
            cfg, super_animal, model_name, detector_name, with_decoder, memory_replay,
            customized_pose_checkpoint, customized_detector_checkpoint,
        )  # fmt: skip
        return made
