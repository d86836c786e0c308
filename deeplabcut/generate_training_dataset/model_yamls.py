"""Configurations of TensorFlow models under the names that scripts use: a template, changed and saved."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from deeplabcut.core.config.files import read_config_as_dict, write_plainconfig
from deeplabcut.core.errors import InvalidInput

AnyPath = str | os.PathLike[str]


def ParseYaml(configfile: AnyPath) -> list[dict[str, Any]]:  # noqa: N802  a public name
    """The content of a YAML file, as a list with one dict.

    Parameters
    ----------
    configfile : path
        The file.
    """
    return [read_config_as_dict(configfile)]


def MakeTrain_pose_yaml(  # noqa: N802  a public name
    itemstochange: Mapping[str, Any],
    saveasconfigfile: AnyPath,
    defaultconfigfile: AnyPath,
    items2drop: Collection[str] | Mapping[str, Any] | None = None,
    save: bool = True,
) -> dict[str, Any]:
    """The configuration to train a model with: a template without some keys, and with others changed or added.

    Parameters
    ----------
    itemstochange : dict
        New values.
    saveasconfigfile : path
        The file to write.
    defaultconfigfile : path
        The template.
    items2drop : dict or list, optional
        Keys of the template to leave out.
    save : bool
        Write the file; otherwise the configuration is only returned.
    """
    values = _changed(defaultconfigfile, itemstochange, items2drop or ())
    if save:
        write_plainconfig(saveasconfigfile, values)
    return values


def MakeTest_pose_yaml(  # noqa: N802  a public name
    dictionary: Mapping[str, Any],
    keys2save: Collection[str],
    saveasfile: AnyPath,
    nmsradius: float | None = None,
    minconfidence: float | None = None,
    sigma: float | None = None,
    locref_smooth: bool | None = None,
) -> None:
    """Write the configuration to test a model with: some keys of the one it is trained with.

    Parameters
    ----------
    dictionary : dict
        The configuration to train with.
    keys2save : list of str
        The keys to take over.
    saveasfile : path
        The file to write.
    nmsradius : float, optional
        Distance in pixels below which only the best of several detections remains.
    minconfidence : float, optional
        Score below which detections are left out.
    sigma : float, optional
        Width of the smoothing of score maps.
    locref_smooth : bool, optional
        Smooth the offsets as well.
    """
    if missing := [key for key in keys2save if key not in dictionary]:
        raise InvalidInput(f"The training configuration has no {', '.join(missing)}.", fix="add it, or leave it out")
    more = {"nmsradius": nmsradius, "minconfidence": minconfidence, "sigma": sigma, "locref_smooth": locref_smooth}
    values = {key: dictionary[key] for key in keys2save}
    values |= {key: value for key, value in more.items() if value is not None}
    write_plainconfig(saveasfile, {**values, "scoremap_dir": "test"})


def MakeInference_yaml(  # noqa: N802  a public name
    itemstochange: Mapping[str, Any], saveasconfigfile: AnyPath, defaultconfigfile: AnyPath
) -> dict[str, Any]:
    """The configuration to assemble individuals with: a template with some values changed or added, and saved.

    Parameters
    ----------
    itemstochange : dict
        New values.
    saveasconfigfile : path
        The file to write.
    defaultconfigfile : path
        The template.
    """
    values = _changed(defaultconfigfile, itemstochange)
    write_plainconfig(saveasconfigfile, values)
    return values


def _changed(template: AnyPath, changes: Mapping[str, Any], dropped: Collection[str] = ()) -> dict[str, Any]:
    (values,) = ParseYaml(template)
    return {**{key: value for key, value in values.items() if key not in dropped}, **changes}
