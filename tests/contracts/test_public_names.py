"""Importing is free, every name in every table resolves, signatures are the stored ones."""

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import deeplabcut
from deeplabcut import _names

DATA = Path(__file__).parent.parent / "data" / "contracts"
REFERENCE = json.loads((DATA / "reference_signatures.json").read_text())
CASES = [(module, home, pair) for module, homes in _names.ADDRESSES.items() for home, names in homes.items()
         for pair in (names.items() if isinstance(names, dict) else zip(names, names))]  # fmt: skip


def in_a_fresh_interpreter(program):
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return result.stdout.strip()


def test_importing_the_package_loads_nothing_heavy():
    loaded = in_a_fresh_interpreter("import deeplabcut, sys; print(*sorted(sys.modules))").split()
    heavy = {"numpy", "torch", "pandas", "matplotlib", "cv2", "av", "pydantic", "ruamel", "typer", "rich", "h5py"}
    assert not heavy.intersection(loaded)
    assert [name for name in loaded if name.startswith("deeplabcut")] == [
        "deeplabcut", "deeplabcut._debug", "deeplabcut._lazy", "deeplabcut._names", "deeplabcut.version",
    ]  # fmt: skip


@pytest.mark.parametrize("name", deeplabcut.__all__)
def test_every_public_name_resolves(name):
    assert getattr(deeplabcut, name) is not None
    assert name in dir(deeplabcut)


@pytest.mark.parametrize(("module", "home", "pair"), CASES, ids=lambda value: str(value))
def test_every_historical_address_gives_the_real_thing(module, home, pair):
    old, real = pair
    assert getattr(importlib.import_module(module), old) is getattr(importlib.import_module(home), real)


def test_historical_modules_work_with_every_form_of_import():
    program = (
        "import deeplabcut\n"
        "a = deeplabcut.utils.auxfun_videos.VideoReader\n"
        "from deeplabcut.utils.auxfun_videos import VideoReader as b\n"
        "import deeplabcut.utils.auxfun_videos as c\n"
        "from deeplabcut.utils import auxfun_videos as d\n"
        "from deeplabcut import auxfun_videos as e\n"
        "print(a is b is c.VideoReader is d.VideoReader is e.VideoReader)\n"
    )
    assert in_a_fresh_interpreter(program) == "True"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'analyse_video'"):
        deeplabcut.analyse_video


@pytest.mark.parametrize("name", _names.GUI)
def test_names_of_the_gui_are_listed_but_absent_until_it_exists(name):
    assert name in dir(deeplabcut) and name not in deeplabcut.__all__ and not hasattr(deeplabcut, name)


def test_the_table_of_subpackages_holds_what_exists():
    real = {module.name for module in pkgutil.iter_modules(deeplabcut.__path__) if not module.name.startswith("_")}
    historical = {name.split(".")[1] for name in _names.ADDRESSES}
    assert set(_names.SUBPACKAGES) == (real | historical) - {"version"}


def signature_of(name):
    value = getattr(deeplabcut, name)
    return str(inspect.signature(value)) if inspect.isfunction(value) else None


def test_public_signatures_are_the_stored_ones():
    """After a wanted change: python -m pytest --store-signatures tests/contracts."""
    now = {name: signature_of(name) for name in sorted(deeplabcut.__all__)}
    assert now == json.loads((DATA / "public_signatures.json").read_text())


@pytest.mark.parametrize("name", [name for name in deeplabcut.__all__ if REFERENCE.get(name)])
def test_the_parameters_of_the_reference_keep_their_names_and_defaults(name):
    parameters = inspect.signature(getattr(deeplabcut, name)).parameters
    for parameter, default in REFERENCE[name]:
        assert parameter in parameters
        if default is not None:
            assert repr(parameters[parameter].default) == default


OURS = {
    "change_bodyparts",
    "check_training_set",
    "collect_video_paths",
    "export_labels",
    "import_labels",
    "undo_bodyparts",
}


def test_every_public_name_is_of_the_reference_or_declared_ours():
    assert set(deeplabcut.__all__) - set(REFERENCE) == OURS
