"""Configurations whose schema has a version, and that know what was changed."""

from __future__ import annotations

import inspect
import logging
import os
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr

from deeplabcut.core.config import versioning, yaml
from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.mistakes import InvalidConfig, Mistake
from deeplabcut.core.config.validation import WholeNumber
from deeplabcut.core.errors import ConfigError

logger = logging.getLogger(__name__)


class DLCVersionedConfig(DLCBaseConfig):
    """A configuration whose schema has a version, and that knows what was changed since it was read."""

    config_version: WholeNumber = Field(
        default=versioning.CURRENT_CONFIG_VERSION,
        json_schema_extra={"comment": "Config schema version. Do not edit manually."},
    )
    _clean: dict[str, Any] = PrivateAttr(default_factory=dict)
    _change_notes: list[str] = PrivateAttr(default_factory=list)

    @classmethod
    def prepared(cls, content: dict[str, Any], document: yaml.Document | None) -> dict[str, Any]:
        """The content in the present version of the schema."""
        try:
            return versioning.migrate_config(content, cls.__name__)
        except InvalidConfig:
            raise
        except ConfigError as error:
            mistake = Mistake(
                ("config_version",),
                content.get("config_version"),
                error.message.partition("expected ")[2].rstrip("."),
                document.line("config_version") if document else None,
            )
            name = document.name if document else cls.__name__
            raise InvalidConfig(name, [mistake], where=document.path if document else None) from error

    def to_yaml(
        self,
        yaml_path: str | os.PathLike[str],
        *,
        overwrite: bool = True,
        log_changes: bool = False,
        mark_clean: bool = False,
    ) -> None:
        """Save to a file (see `DLCBaseConfig.to_yaml`), and optionally log the changes and forget them."""
        super().to_yaml(yaml_path, overwrite=overwrite)
        if log_changes:
            self.log_changes()
        if mark_clean:
            self.mark_clean()

    def model_post_init(self, context: Any, /) -> None:
        """Remember the values from which changes are counted."""
        super().model_post_init(context)
        self._clean = self.to_dict(normalize=True)

    @property
    def is_dirty(self) -> bool:
        """Whether anything changed since the values were read or marked clean."""
        return bool(self.dirty_fields)

    @property
    def dirty_fields(self) -> frozenset[str]:
        """The keys whose values changed."""
        now = self.to_dict(normalize=True)
        absent = object()
        return frozenset(k for k in {*now, *self._clean} if now.get(k, absent) != self._clean.get(k, absent))

    @property
    def change_notes(self) -> list[str]:
        """Why values were changed, where somebody said so."""
        return list(self._change_notes)

    def record_change_note(
        self, field_name: str, message: str, *, include_caller: bool = False, _stack_depth: int = 1
    ) -> None:
        """Say why a value was changed."""
        text = f"{field_name}: {message}"
        if include_caller:
            caller = inspect.stack()[_stack_depth]
            text += f" ({caller.function}, {Path(caller.filename).name}:{caller.lineno})"
        self._change_notes.append(text)

    def log_changes(self) -> None:
        """Log what changed, and why."""
        for name in sorted(self.dirty_fields):
            logger.info("%s: %r -> %r", name, self._clean.get(name), self.get(name))
        for text in self._change_notes:
            logger.info("%s", text)

    def mark_clean(self) -> None:
        """Count changes from the present values on."""
        self._clean = self.to_dict(normalize=True)
        self._change_notes.clear()
