"""Which networks there are, and helpers of recipes, under the names that scripts use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deeplabcut.core.config.files import read_config_as_dict
from deeplabcut.core.config.updates import update_config as update_config
from deeplabcut.core.config.updates import update_config_by_dotpath as update_config_by_dotpath
from deeplabcut.pose_estimation_pytorch.config.enums import DetectorType, NetType
from deeplabcut.pose_estimation_pytorch.config.recipes import FOLDER, method_of, replaced


def replace_default_values(
    config: dict[str, Any] | list[Any],
    num_bodyparts: int | None = None,
    num_individuals: int | None = None,
    backbone_output_channels: int | None = None,
    **kwargs: Any,
) -> Any:
    """A copy of ``config`` with words such as ``"num_bodyparts x 2"`` replaced by their values."""
    known = {
        "num_bodyparts": num_bodyparts,
        "num_individuals": num_individuals,
        "backbone_output_channels": backbone_output_channels,
    }
    return replaced(config, {**known, **kwargs})


def get_config_folder_path() -> Path:
    """The folder of the recipes."""
    return FOLDER


def load_base_config(config_folder_path: Path) -> dict[str, Any]:
    """What every network starts from."""
    return read_config_as_dict(Path(config_folder_path) / "base.yaml")


def load_backbones(configs_dir: Path) -> list[str]:
    """The networks that work bottom-up and top-down."""
    nets = read_config_as_dict(Path(configs_dir) / "nets.yaml")
    return sorted(name for name, net in nets.items() if "method" not in net)


def load_detectors(configs_dir: Path) -> list[str]:
    """The detectors for top-down networks."""
    return sorted(read_config_as_dict(Path(configs_dir) / "detectors.yaml")["detectors"])


def available_models() -> list[str]:
    """Every network that can be asked for, sorted; backbones also with the prefix ``top_down_``."""
    return NetType.available_aliases()


def available_detectors() -> list[str]:
    """The detectors for top-down networks, sorted."""
    return sorted(str(detector) for detector in DetectorType)


def is_model_top_down(net_type: str) -> bool:
    """Whether a network works in boxes that a detector finds; ValueError for an unknown name."""
    net, said_top_down = NetType.from_alias(net_type)
    return said_top_down or method_of(net) == "td"


def is_model_cond_top_down(net_type: str) -> bool:
    """Whether a network corrects poses that it is given; ValueError for an unknown name."""
    return method_of(NetType.from_alias(net_type)[0]) == "ctd"
