"""A small project on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from deeplabcut.core.config import new_project_config


class SmallProject:
    """A project with two videos; its files hold a few bytes only, as nobody decodes them."""

    def __init__(self, path: Path, names: tuple[str, ...] = ("m1.avi", "m2.avi")) -> None:
        self.path = path
        self.config_file = path / "config.yaml"
        for name in names:
            (path / "labeled-data" / name.rpartition(".")[0]).mkdir(parents=True)
        (path / "videos").mkdir()
        for name in names:
            (path / "videos" / name).write_bytes(b"video")
        videos = {str(path / "videos" / name): {"crop": "0, 640, 0, 480"} for name in names}
        new_project_config("reach", "Ada", "Nov20", path, video_sets=videos).to_yaml(self.config_file)

    def replace(self, old: str, new: str) -> None:
        text = self.config_file.read_text(encoding="utf-8")
        assert old in text
        self.config_file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def make_project(tmp_path):
    def make(name: str = "reach-Ada-2026-11-20", videos: tuple[str, ...] = ("m1.avi", "m2.avi")) -> SmallProject:
        return SmallProject(tmp_path / name, videos)

    return make


@pytest.fixture
def project(make_project) -> SmallProject:
    return make_project()
