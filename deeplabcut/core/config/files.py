"""Reading and writing configuration files under the names that scripts use."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from ruamel.yaml import YAML

from deeplabcut.core import files, history, locks
from deeplabcut.core.config import storage, yaml
from deeplabcut.core.config.base import DLCBaseConfig
from deeplabcut.core.config.edit import edited
from deeplabcut.core.config.mistakes import gathered_notes
from deeplabcut.core.config.project import ProjectConfig
from deeplabcut.core.config.project_3d import Project3DConfig, is_3d
from deeplabcut.core.config.storage import pretty_print as pretty_print  # a public name of this module
from deeplabcut.core.deprecation import DLCDeprecationWarning

P = ParamSpec("P")
R = TypeVar("R")
AnyPath = str | os.PathLike[str]
ProjectKind = ProjectConfig | Project3DConfig
_UNSET = object()


def read_config(configname: AnyPath, ignore_empty: Any = _UNSET) -> ProjectKind:
    """The configuration of a project, 2D or 3D.

    Nothing is written: where the project was moved, ``project_path`` is the folder of the file in memory, and in
    the file after the next save.
    """
    if ignore_empty is not _UNSET:
        warnings.warn("read_config no longer needs ignore_empty.", DLCDeprecationWarning, stacklevel=2)
    path = Path(configname)
    path = path / "config.yaml" if path.is_dir() else path
    with gathered_notes(path):
        document = yaml.read(path)
        content = document.mapping()
        kind: type[ProjectKind] = Project3DConfig if is_3d(content) else ProjectConfig
        config: ProjectKind = kind.from_content(content, document)
    path = storage.absolute(path)
    config.remember_source(path)
    if isinstance(config, ProjectConfig):
        config.validate_project_path(yaml_path=path)
    else:
        config.__dict__["project_path"] = path.parent
    return config


def write_config(config_path: AnyPath, config: Mapping[str, Any] | DLCBaseConfig, overwrite: bool = True) -> None:
    """Write a configuration: a project, a 3D project, or any other dict, and exactly that.

    In a file that exists comments, order and spelling stay where nothing changed. A project with mistakes is
    refused, and nothing is written.
    """
    if isinstance(config, DLCBaseConfig):
        config.to_yaml(config_path, overwrite=overwrite)
        return
    kind = project_kind(config)
    if kind is None:
        write_plainconfig(config_path, config, overwrite)
    else:
        kind.from_dict(config).to_yaml(config_path, overwrite=overwrite)


def write_project_config(configname: AnyPath, cfg: Mapping[str, Any] | ProjectConfig) -> None:
    """Write the configuration of a 2D project."""
    ProjectConfig.from_any(cfg).to_yaml(configname)


def write_config_3d(configname: AnyPath, cfg: Mapping[str, Any] | Project3DConfig) -> None:
    """Write the configuration of a 3D project."""
    Project3DConfig.from_any(cfg).to_yaml(configname)


def write_config_3d_template(projconfigfile: AnyPath, cfg_file_3d: Mapping[str, Any], ruamelFile_3d: YAML) -> None:  # noqa: N803
    """Write ``cfg_file_3d`` with its comments, as the given YAML writer lays it out."""
    with files.atomic_write(projconfigfile, keep=history.keep_version) as file:
        ruamelFile_3d.dump(cfg_file_3d, file)


def edit_config(configname: AnyPath, edits: Mapping[str, Any], output_name: AnyPath = "") -> dict[str, Any]:
    """Set top-level keys of a file, or of a copy of it at ``output_name``; the new content.

    Works for any YAML file; what is not edited stays as it is, comments included. The result of editing a project
    is checked, so an edit can repair a mistake but not make one.
    """
    path = storage.absolute(configname)
    output = storage.absolute(output_name) if str(output_name) else path
    result: dict[str, Any] = {}

    def edit(document: yaml.Document) -> str:
        content = {} if document.data is None else document.mapping()
        text = edited(document, edits, **_layout(content))
        made = yaml.parse(text, output)
        result.update(made.mapping())
        kind = project_kind(result)
        if kind is not None:
            with gathered_notes(output):
                kind.from_content(result, made)
        return text

    if output == path:
        with locks.hold(path, "editing the configuration", wait_s=10):
            storage.change(path, edit)
    else:
        storage.change(path, edit, output)
    return result


def read_config_as_dict(config_path: AnyPath) -> dict[str, Any]:
    """The content of a YAML file as a plain dict, not checked against any schema."""
    with gathered_notes(config_path):
        return yaml.read(config_path).mapping()


def read_plainconfig(configname: AnyPath) -> dict[str, Any]:
    """As `read_config_as_dict`."""
    return read_config_as_dict(configname)


def write_plainconfig(configname: AnyPath, cfg: Mapping[str, Any], overwrite: bool = True) -> None:
    """Write any dict as YAML; comments in a file that exists stay."""
    storage.save(storage.absolute(configname), cast("dict[str, Any]", yaml.plain(cfg)), overwrite=overwrite)


def project_kind(content: Mapping[str, Any]) -> type[ProjectKind] | None:
    """The model for ``content``, if it is that of a project; training configurations also hold some of its keys."""
    if "num_joints" in content or "all_joints" in content:
        return None
    if is_3d(content):
        return Project3DConfig
    is_project = "Task" in content and any(key in content for key in ("scorer", "date", "video_sets", "bodyparts"))
    return ProjectConfig if is_project else None


def get_yaml_loader() -> YAML:
    """A reader of YAML that builds plain data only, within limits."""
    return yaml.guarded_yaml()


def get_yaml_dumper() -> YAML:
    """A writer of YAML in our style, which also takes paths and enumerations and keeps comments."""
    return yaml.styled_yaml()


def normalize_for_serialization(obj: Any) -> Any:
    """``obj`` made of dicts, lists, text and numbers: paths, enumerations, arrays and configs become plain."""
    return yaml.plain(obj)


def ensure_plain_config(fn: Callable[P, R]) -> Callable[P, R]:
    """Make ``fn`` receive plain dicts where it is called with config objects."""

    @functools.wraps(fn)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        plain_args = [one.to_dict() if isinstance(one, DLCBaseConfig) else one for one in args]
        plain_kwargs = {key: one.to_dict() if isinstance(one, DLCBaseConfig) else one for key, one in kwargs.items()}
        return cast(Any, fn)(*plain_args, **plain_kwargs)  # type: ignore[no-any-return]

    return wrapper


def _layout(content: Mapping[str, Any]) -> dict[str, Any]:
    kind = project_kind(content)
    return {} if kind is None else {"order": list(kind.model_fields), "comments": kind.comments()}
