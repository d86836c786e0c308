"""The repository keeps its own rules: small, portable, without traces of a machine."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import deeplabcut

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


def tracked():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).exists()]


if not (ROOT / ".git").exists():
    pytest.skip("needs the git checkout", allow_module_level=True)


def test_the_tracked_tree_is_small():
    assert sum(path.stat().st_size for path in tracked()) < 20_000_000


def test_no_file_names_a_place_on_somebodys_machine_or_a_registry():
    traces = re.compile(rb"/root/|/work/|[a-z.]*pypi\.org|files\.pythonhosted|registry\.npmjs", re.I)
    mine = Path(__file__).resolve()
    binary = {".npz", ".h5", ".gz", ".png", ".pickle", ".jpg"}
    found = [p.name for p in tracked() if p != mine and p.suffix not in binary and traces.search(p.read_bytes())]
    assert found == []


def test_code_is_not_left_behind_as_a_comment_or_promise():
    promises = re.compile(r"#\s*(TODO|FIXME|XXX)\b|raise NotImplementedError")
    code = [path for path in tracked() if path.suffix == ".py" and "deeplabcut" in path.relative_to(ROOT).parts]
    assert [path.name for path in code if promises.search(path.read_text("utf-8"))] == []


def test_the_version_and_the_licence_are_stated_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "BSD-3-Clause" and project["dynamic"] == ["version"]
    assert deeplabcut.__version__.startswith("4.") and "## 4.0.0" in (ROOT / "CHANGELOG.md").read_text()


def test_dependencies_have_no_upper_limits_and_every_old_extra_exists():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for lines in extras.values() for line in lines)]
    assert [line for line in lines if "<" in line or "==" in line] == []
    old = {"gui", "tf", "tf-cu11", "tf-cu12", "tf-latest", "apple_mchips", "modelzoo", "wandb", "openvino", "fmpose3d",
           "docs", "dev-docs"}  # fmt: skip
    assert old <= set(extras)


def test_every_direct_dependency_has_a_tested_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tested = {line.split("==")[0].strip().lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    names = {re.split(r"[<>=\[; ]", line)[0].lower() for line in project["dependencies"]}
    assert names <= tested


def test_every_module_is_written_in_the_grammar_of_the_oldest_python():
    for path in tracked():
        if path.suffix == ".py":
            ast.parse(path.read_text("utf-8"), str(path), feature_version=(3, 10))


def test_every_module_can_be_imported_without_a_display_a_home_or_a_network(tmp_path):
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == "deeplabcut"
    ]
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "HOME", "WAYLAND_DISPLAY")}
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    command = [sys.executable, "-c", program, *names]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, timeout=120)


def test_every_error_code_means_one_thing():
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "deeplabcut").rglob("*.py"))
    codes = re.findall(r'^    code = "(DLC\d+)"', sources, re.M)
    assert len(codes) > 15
    assert sorted(codes) == sorted(set(codes))
