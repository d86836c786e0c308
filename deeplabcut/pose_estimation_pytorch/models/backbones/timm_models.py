"""Networks of the timm library: their trained weights in the user's cache, and errors that say what to do."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from torch import nn

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.text import printable
from deeplabcut.io.cache import made_user_cache
from deeplabcut.io.download import download
from deeplabcut.io.web import Offline, Refused

_ELSEWHERE = ("hf-hub:", "hf_hub:", "local-dir:")


def create_timm_model(model_name: str, *, pretrained: bool = False, **options: Any) -> nn.Module:
    """The network that timm has under this name.

    Parameters
    ----------
    model_name : str
        A name, or ``name.tag`` for one of several sets of trained weights; the default is that of timm.
    pretrained : bool
        Load trained weights: from the cache of the Hugging Face hub or of this package, or else from the hub's server.
    options : further arguments of ``timm.create_model``.
    """
    import timm

    check_timm_name(model_name)
    if pretrained and (file := _weights(model_name)) is not None:
        options["pretrained_cfg_overlay"] = {"file": str(file), "custom_load": False}  # it is no file of JAX
    model: nn.Module = timm.create_model(model_name, pretrained=pretrained, **options)
    return model


def check_timm_name(model_name: str, *, module: str | None = None, part: str = "") -> None:
    """Raise unless timm has a network of this name, in this module of timm if one is given."""
    import timm

    if model_name.startswith(_ELSEWHERE):
        return
    name, _, tag = model_name.partition(".")
    if not timm.is_model(name):
        near = get_close_matches(name, timm.list_models(), 3, cutoff=0.5)
        raise InvalidInput(
            f"timm {timm.__version__} has no network {printable(model_name)!r}.",
            where="model_name",
            fix=f"did you mean {' or '.join(near)}?" if near else "timm.list_models() lists all names",
        )
    if tag and tag not in (tags := _tags(name)):
        raise InvalidInput(
            f"timm has no trained weights {printable(tag)!r} of {name}.",
            where="model_name",
            fix=f"use {name}, or add one of these after a dot: {', '.join(tags) or 'none'}",
        )
    if module and timm.model_entrypoint(name).__module__ != f"timm.models.{module}":
        raise InvalidInput(
            f"{name} is no {part}.", where="model_name", fix=f"write type: TimmBackbone, model_name: {model_name}"
        )


def _tags(name: str) -> list[str]:
    import timm

    return [full.partition(".")[2] for full in timm.list_pretrained(f"{name}.*")]


def _weights(model_name: str) -> Path | None:
    """The file with trained weights, fetched unless it is there; None if timm has to look for them itself."""
    import timm
    from huggingface_hub import constants, try_to_load_from_cache
    from timm.models._hub import HF_WEIGHTS_NAME, _get_safe_alternatives, hf_split

    if model_name.startswith(_ELSEWHERE):
        return None
    cfg = timm.get_pretrained_cfg(model_name)
    if cfg is None or not cfg.has_weights:
        raise InvalidInput(
            f"timm has no trained weights of {model_name}.", where="model_name", fix="set pretrained to false"
        )
    if not cfg.hf_hub_id:
        url = str(cfg.url)
        return _checked(download(url, made_user_cache("backbones") / PurePosixPath(urlsplit(url).path).name))
    repo, revision = hf_split(cfg.hf_hub_id)
    names = [*_get_safe_alternatives(cfg.hf_hub_filename or HF_WEIGHTS_NAME), cfg.hf_hub_filename or HF_WEIGHTS_NAME]
    folder = made_user_cache("backbones") / repo.replace("/", "--")
    for name in names:
        found = try_to_load_from_cache(repo, name, revision=revision)
        if isinstance(found, str):
            return _checked(Path(found))
        if (folder / name).is_file():
            return _checked(folder / name)
    if constants.HF_HUB_OFFLINE:
        raise Offline(
            f"The trained weights of {model_name} are not on this machine, and HF_HUB_OFFLINE forbids to fetch them.",
            where=f"{_server()}/{repo}",
            fix=f"put {names[0]} of that page here: {folder / names[0]}; or unset HF_HUB_OFFLINE",
        )
    folder.mkdir(exist_ok=True)
    for name in names:
        try:
            return _checked(download(f"{_server()}/{repo}/resolve/{revision or 'main'}/{name}", folder / name))
        except Refused as refusal:
            if refusal.status in (401, 403):
                return None  # the hub's client knows who the user is
            if refusal.status != 404 or name == names[-1]:
                raise
    return None


def _server() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _checked(path: Path) -> Path:
    """The path, if it holds all of its tensors."""
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt"):
                pass
        except SafetensorError as error:
            raise DamagedFile(
                f"{path.name} cannot be read as trained weights ({error}).",
                where=path,
                fix="delete it and run the same command again: it is fetched again",
            ) from error
    return path
