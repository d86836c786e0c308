"""How commands and options were spelled before, and which defaults the commands had of their own. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from deeplabcut._names import GUI, GUI_SENTENCE


@dataclass(frozen=True)
class OldSpelling:
    """What a command accepts beside what its function's signature says.

    Parameters
    ----------
    places : parameters that may also be given by place.
    options : further spellings of the options of a parameter.
    switches : parameters that are plain switches here, though the function takes more than yes and no.
    defaults : values that the command uses where the function has others.
    """

    places: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)


NOTHING = OldSpelling()

_COPYING = {  # the space makes it a further way of saying no
    "copy_videos": (" /--dont-copy-videos",)
}

COMMANDS: Mapping[str, OldSpelling] = MappingProxyType(
    {
        "create-new-project": OldSpelling(
            options={"working_directory": ("-d", "--wd"), **_COPYING}, defaults={"copy_videos": True}
        ),
        "add-new-videos": OldSpelling(options=_COPYING, defaults={"copy_videos": True}),
        "extract-frames": OldSpelling(
            places=("mode",), options={"algo": ("-a",)}, switches=frozenset({"crop"}), defaults={"algo": "uniform"}
        ),
        "create-training-dataset": OldSpelling(options={"num_shuffles": ("-num",)}),
    }
)
"""Command -> what it accepted in earlier releases."""

ABSENT: Mapping[str, str] = MappingProxyType({name.replace("_", "-").lower(): GUI_SENTENCE for name in GUI})
"""Commands that come later -> what is said until then."""
