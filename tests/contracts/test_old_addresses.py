"""Modules of earlier releases: every name they had is there, in every form of import, and costs nothing unused."""

import importlib
import inspect
import json
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from unittest import mock

import pytest

from deeplabcut import _lazy, _names

DATA = Path(__file__).parent.parent / "data" / "contracts"
HISTORICAL = json.loads((DATA / "historical_names.json").read_text())

# What earlier releases had and this version does not have yet: modules, and names of modules that exist.
MODULES_TO_COME = {
    "deeplabcut.utils.make_labeled_video",
    "deeplabcut.utils.plotting",
    "deeplabcut.utils.pseudo_label",
    "deeplabcut.utils.visualization",
}
NAMES_TO_COME = {
    "SkeletonBuilder",
    "analyze_videos_converth5_to_nwb",
    # of deeplabcut.utils.make_labeled_video and plotting, which deeplabcut.utils offers as well
    "CreateVideo", "CreateVideoSlow", "Histogram", "PlottingResults", "create_labeled_video", "create_video",
    "create_video_from_pickled_tracks", "create_video_with_all_detections", "create_video_with_keypoints_only",
    "get_segment_indices", "plot_edge_affinity_distributions", "plot_trajectories", "proc_video",
    # of deeplabcut.create_project.modelzoo
    "MakeTest_pose_yaml", "MakeTrain_pose_yaml", "UpdateTrain_pose_yaml", "create_pretrained_project_pytorch",
    "create_pretrained_project_tensorflow",
}  # fmt: skip
ALIASES = {
    "CheckifNotAnalyzed": "check_if_not_analyzed",
    "CheckifNotEvaluated": "check_if_not_evaluated",
    "CheckifPostProcessing": "check_if_post_processing",
    "GetDataandMetaDataFilenames": "get_data_and_metadata_filenames",
    "GetEvaluationFolder": "get_evaluation_folder",
    "GetModelFolder": "get_model_folder",
    "GetScorerName": "get_scorer_name",
    "GetTrainingSetFolder": "get_training_set_folder",
    "GetVideoList": "get_video_list",
    "IntersectionofBodyPartsandOnesGivenbyUser": "intersection_of_body_parts_and_ones_given_by_user",
    "LoadMetadata": "load_metadata",
    "SaveData": "save_data",
    "SaveMetadata": "save_metadata",
}


def in_a_fresh_interpreter(program, **environment):
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False, **environment
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize("module", HISTORICAL)
def test_every_name_of_a_historical_module_is_there_or_still_to_come(module):
    if module in MODULES_TO_COME:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(module)
        return
    address = importlib.import_module(module)
    missing = {name for name in HISTORICAL[module] if not hasattr(address, name)}
    assert missing <= NAMES_TO_COME


def test_what_is_said_to_come_is_not_there_already():
    existing = [importlib.import_module(module) for module in HISTORICAL if module not in MODULES_TO_COME]
    there = {name for name in NAMES_TO_COME for module in existing
             if name in HISTORICAL[module.__name__] and hasattr(module, name)}  # fmt: skip
    assert there <= {"MakeTest_pose_yaml", "MakeTrain_pose_yaml"}  # at another address


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_old_spellings_are_the_same_functions(alias, name):
    module = importlib.import_module("deeplabcut.utils.auxiliaryfunctions")
    assert getattr(module, alias) is getattr(module, name)


@pytest.mark.parametrize("module", sorted(_names.ADDRESSES))
def test_everything_is_imported_by_a_star(module):
    names = {}
    exec(f"from {module} import *", names)
    assert {name for home in _names.ADDRESSES[module].values() for name in home} <= set(names)
    assert set(dir(importlib.import_module(module))) >= set(names) - {"__builtins__"}


def test_the_tools_offer_the_names_of_all_their_modules():
    tools = importlib.import_module("deeplabcut.utils")
    for name in ("get_bodyparts", "VideoReader", "collect_video_paths", "getpafgraph", "guarantee_multiindex_rows",
                 "VideoProcessorCV", "GetScorerName", "UniformFrames", "read_inferencecfg"):  # fmt: skip
        assert getattr(tools, name) is not None


def test_an_old_module_costs_nothing_before_a_name_is_used():
    loaded = in_a_fresh_interpreter("""
        import sys
        import deeplabcut.utils.auxiliaryfunctions, deeplabcut.utils.auxfun_multianimal, deeplabcut.utils.conversioncode
        from deeplabcut.utils import auxfun_videos, frameselectiontools, skeleton, video_processor
        print(*sys.modules)
    """)
    assert not {"numpy", "pandas", "cv2", "av", "scipy", "matplotlib", "ruamel", "pydantic"} & set(loaded.split())


def test_every_form_of_import_gives_the_same_function():
    assert in_a_fresh_interpreter("""
        import deeplabcut
        from deeplabcut.utils import auxfun_multianimal as a, get_track_method as b
        from deeplabcut.utils.auxfun_multianimal import get_track_method as c
        import deeplabcut.utils.auxfun_multianimal as d
        e = deeplabcut.utils.auxfun_multianimal.get_track_method
        print(a.get_track_method is b is c is d.get_track_method is e)
    """) == "True"  # fmt: skip


@pytest.mark.parametrize("path", [
    "core.engine.Engine", "core.debug.debug_logger.log_timing", "core.config.utils.read_config_as_dict",
    "core.config.validation.unique_values", "create_project.new.create_new_project",
    "generate_training_dataset.metadata.get_shuffle_engine",
    "generate_training_dataset.trainingsetmanipulation.SplitTrials",
    "generate_training_dataset.frame_extraction.select_cropping_area", "utils.auxfun_multianimal.getpafgraph",
])  # fmt: skip
def test_modules_are_reached_as_attributes_after_a_plain_import(path):
    assert in_a_fresh_interpreter(f"import deeplabcut; print(callable(deeplabcut.{path}))") == "True"


def test_tools_that_look_for_code_are_told_that_there_is_none():
    module = importlib.import_module("deeplabcut.utils.auxiliaryfunctions")
    assert "a table of names" in repr(module) and "object at" not in repr(module)
    assert module.__spec__.loader.get_code(module.__name__) is None
    assert importlib.import_module("deeplabcut.utils").__spec__.submodule_search_locations == []
    with pytest.raises(TypeError):
        inspect.getsource(module)
    assert importlib.reload(module).read_config is importlib.import_module("deeplabcut.core.config").read_config


def test_a_name_can_be_replaced_for_a_while():
    module = importlib.import_module("deeplabcut.utils.auxiliaryfunctions")
    real = module.read_config
    with mock.patch("deeplabcut.utils.auxiliaryfunctions.read_config") as fake:
        assert module.read_config is fake
    assert module.read_config is real


def test_functions_of_old_addresses_go_to_new_processes():
    module = importlib.import_module("deeplabcut.utils.auxiliaryfunctions")
    assert pickle.loads(pickle.dumps(module.get_bodyparts)) is module.get_bodyparts
    assert pickle.loads(b"cdeeplabcut.utils.auxiliaryfunctions\nget_bodyparts\n.") is module.get_bodyparts


def test_what_is_no_module_stays_an_attribute_error():
    package = importlib.import_module("deeplabcut.generate_training_dataset")
    for name in ("metadatas", "__wrapped__", "_private"):
        assert not hasattr(package, name)


def test_a_name_of_the_gui_is_listed_and_says_why_it_is_absent():
    skeleton = importlib.import_module("deeplabcut.utils.skeleton")
    assert "SkeletonBuilder" in dir(skeleton) and not hasattr(skeleton, "SkeletonBuilder")
    with pytest.raises(AttributeError, match="browser GUI"):
        skeleton.SkeletonBuilder
    with pytest.raises(ImportError):
        from deeplabcut.utils.skeleton import SkeletonBuilder  # noqa: F401


# A public name that is spelled like a submodule: the function, whatever is imported first

FORMS = {
    "the function first": "from {p} import analyze as f; import {p}.analyze",
    "the submodule first": "import {p}.analyze; from {p} import analyze as f",
    "a name of the submodule first": "from {p}.analyze import helper; from {p} import analyze as f",
    "as an attribute": "import {p}; f = {p}.analyze; import {p}.analyze",
    "as an attribute afterwards": "import {p}, {p}.analyze; f = {p}.analyze",
    "by a star": "import {p}.analyze; from {p} import *; f = analyze",
}


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """A package with a function ``analyze`` in a submodule ``analyze``; its name."""
    name = f"old_package_{abs(hash(request.node.name))}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text(
        "from deeplabcut._lazy import attach\n"
        f"__getattr__, __dir__, __all__ = attach(__name__, {{'{name}.analyze': ['analyze']}})\n"
    )
    (tmp_path / name / "analyze.py").write_text("def analyze(): pass\ndef helper(): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.mark.parametrize("form", FORMS)
def test_a_function_keeps_its_place_beside_a_submodule_of_its_name(package, form):
    names = {}
    exec(FORMS[form].format(p=package), names)
    assert names["f"].__name__ == "analyze" and callable(names["f"])
    assert names["f"] is getattr(sys.modules[package], "analyze")
    assert sys.modules[f"{package}.analyze"].helper.__name__ == "helper"


@pytest.mark.parametrize("form", FORMS)
def test_the_same_holds_for_addresses_of_a_table(package, form, monkeypatch):
    table = {
        f"{package}.apis": {f"{package}.analyze": ["analyze"]},
        f"{package}.apis.analyze": {f"{package}.analyze": ["analyze", "helper"]},
    }
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    _lazy.serve(package, table)
    names = {}
    exec(FORMS[form].format(p=f"{package}.apis"), names)
    assert callable(names["f"]) and names["f"] is sys.modules[f"{package}.apis"].analyze
    assert callable(sys.modules[f"{package}.apis.analyze"].helper)


def test_other_submodules_become_attributes_as_always(package):
    module = importlib.import_module(package)
    module.something = 3
    assert module.something == 3
    module.analyze = None  # a test may replace a function
    assert module.analyze is None


# The environment


@pytest.mark.parametrize("value", ["", "True"])
def test_variables_of_old_scripts_are_ignored(value, tmp_path):
    program = f"""
        import os
        os.environ["DLClight"] = {value!r}
        before = dict(os.environ)
        import deeplabcut
        from deeplabcut.utils import auxiliaryfunctions, auxfun_multianimal
        auxiliaryfunctions.get_bodyparts, auxfun_multianimal.prune_paf_graph
        print(dict(os.environ) == before)
    """
    assert in_a_fresh_interpreter(program, cwd=tmp_path) == "True"


@pytest.mark.parametrize(("variables", "logged"), [
    ({}, 0), ({"DLC_LOG_TIMING": "yes"}, 1), ({"DLC_LOG_TIMING": "0"}, 0),
    ({"DLC_LOG_TIMING": "1", "DLC_LOG_TIMING_THRESHOLD_MS": "60000"}, 0),
    ({"DLC_LOG_TIMING": "on", "DLC_LOG_TIMING_THRESHOLD_MS": "soon"}, 1),
])  # fmt: skip
def test_timings_are_switched_on_where_the_debug_tools_are_imported(variables, logged, monkeypatch):
    for name in ("DLC_LOG_TIMING", "DLC_LOG_TIMING_THRESHOLD_MS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    program = """
        import logging
        from deeplabcut.core.debug import install_debug_recorder, log_timing
        recorder = install_debug_recorder(handler_level=logging.DEBUG, ensure_logger_level=logging.DEBUG)
        with log_timing(logging.getLogger("deeplabcut"), "nothing"):
            pass
        print(len(recorder.snapshot()))
    """
    assert in_a_fresh_interpreter(program) == str(logged)
