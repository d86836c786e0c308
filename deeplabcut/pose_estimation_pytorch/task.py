"""What a network is trained to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from deeplabcut.core.errors import InvalidInput


@dataclass(frozen=True, repr=False)
class TaskDataMixin:
    """What belongs to a task."""

    aliases: tuple[str, ...]
    snapshot_prefix: str


class Task(TaskDataMixin, Enum):
    """Bottom-up, detection, top-down, or top-down from conditions; ``Task("td")`` finds one by any of its names."""

    BOTTOM_UP = ("BU", "BottomUp"), "snapshot"
    DETECT = ("DT", "Detect"), "snapshot-detector"
    TOP_DOWN = ("TD", "TopDown"), "snapshot"
    COND_TOP_DOWN = ("CTD", "CondTopDown", "ConditionalTopDown"), "snapshot"

    @classmethod
    def _missing_(cls, value: object) -> Task:
        name = str(value).strip().lower()
        for task in cls:
            if isinstance(value, str) and name in [alias.lower() for alias in task.aliases]:
                return task
        known = ", ".join(task.aliases[0].lower() for task in cls)
        raise InvalidInput(f"{value!r} is not a task.", fix=f"use one of {known}")

    def __repr__(self) -> str:
        return f"Task.{self.name}"
