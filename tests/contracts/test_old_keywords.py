"""Old names of keywords work, by keyword only, with one warning; the old and the new name together are an error."""

import importlib
import inspect
import json
import warnings
from pathlib import Path

import pytest

from deeplabcut.core.deprecation import DLCDeprecationWarning

# Address -> {old name: new name}. A function that takes over an old keyword gets a line here.
RENAMED = {
    "deeplabcut.create_project.modelzoo:create_pretrained_human_project": {"videotype": "video_extensions"},
    "deeplabcut.create_project.modelzoo:create_pretrained_project": {"videotype": "video_extensions"},
    "deeplabcut.create_project.new:create_new_project": {"videotype": "video_extensions"},
}
# Address -> two names of one parameter of which neither is old: the first is what earlier releases had.
EITHER = {
    "deeplabcut.post_processing.conversion:analyze_videos_converth5_to_csv": ("videotype", "video_extensions"),
}
# Keywords that look like those above and must keep their names.
KEPT = {
    "deeplabcut.generate_training_dataset.comparison:create_training_model_comparison": ("num_shuffles",),
    "deeplabcut.generate_training_dataset.dataset:create_multianimaltraining_dataset": ("Shuffles",),
    "deeplabcut.generate_training_dataset.dataset:create_training_dataset": ("Shuffles",),
    "deeplabcut.generate_training_dataset.dataset:create_training_dataset_from_existing_split": ("shuffles",),
}
CASES = [(address, old, new) for address, names in RENAMED.items() for old, new in names.items()]
SENTINEL = object()


def function_at(address):
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("address", "old", "new"), CASES)
def test_the_new_name_is_the_one_in_the_signature(address, old, new):
    parameters = inspect.signature(function_at(address)).parameters
    assert new in parameters and old not in parameters


@pytest.mark.parametrize(("address", "old", "new"), CASES)
def test_an_old_keyword_is_renamed_with_exactly_one_warning(address, old, new):
    function = function_at(address)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(TypeError, match="no_such_parameter"):  # after the renaming, before anything is done
            function(**{old: SENTINEL, "no_such_parameter": 1})
    assert [warning.category for warning in caught] == [DLCDeprecationWarning]
    assert repr(old) in str(caught[0].message) and repr(new) in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("address", "old", "new"), CASES)
def test_both_names_at_once_are_an_error(address, old, new):
    with pytest.raises(TypeError, match=f"'{old}' and '{new}'"):
        function_at(address)(**{old: SENTINEL, new: SENTINEL})


@pytest.mark.parametrize(("address", "old", "new"), CASES)
def test_a_positional_argument_is_never_renamed(address, old, new):
    """Arguments by position reach the function as they are, and nobody is warned."""
    function = function_at(address)
    inner = inspect.unwrap(function)
    too_many = [SENTINEL] * (len(inspect.signature(inner).parameters) + 1)
    with warnings.catch_warnings(), pytest.raises(TypeError, match="positional argument"):
        warnings.simplefilter("error")
        function(*too_many)


@pytest.mark.parametrize(("address", "names"), EITHER.items())
def test_two_names_of_one_parameter_are_both_good_but_not_together(address, names):
    function = function_at(address)
    assert set(names) <= set(inspect.signature(function).parameters)
    required = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    with pytest.raises(TypeError, match=f"'{names[0]}' and '{names[1]}'"):
        function(**{**dict.fromkeys(required, "nowhere"), **dict.fromkeys(names, ".mp4")})


@pytest.mark.parametrize(("address", "names"), KEPT.items())
def test_other_keywords_keep_their_spelling(address, names):
    assert set(names) <= set(inspect.signature(function_at(address)).parameters)


def test_every_renaming_in_the_package_is_listed_here():
    reference = json.loads(
        (Path(__file__).parent.parent / "data" / "contracts" / "reference_signatures.json").read_text()
    )
    public = importlib.import_module("deeplabcut")
    for name in reference:
        renamed = getattr(getattr(public, name, None), "__deprecated_params__", ())
        listed = {old for address, names in RENAMED.items() if address.endswith(f":{name}") for old in names}
        assert {info.old_parameter for info in renamed} == listed, name


DEPRECATED = {
    "deeplabcut.core.config:create_config_template": "ProjectConfig",
    "deeplabcut.core.config:update_config": None,
    "deeplabcut.core.config:update_config_by_dotpath": None,
    "deeplabcut.core.folders:grab_files_in_folder": "collect_video_paths",
    "deeplabcut.io.video.collect:get_list_of_videos": "collect_video_paths",
    "deeplabcut.io.video.collect:get_video_list": "collect_video_paths",
    "deeplabcut.io.video.collect:list_videos_in_folder": "collect_video_paths",
}


@pytest.mark.parametrize(("address", "replacement"), DEPRECATED.items())
def test_deprecated_functions_say_what_to_use_instead(address, replacement):
    function = function_at(address)
    assert function.__deprecated_info__.replacement == replacement
    assert "is deprecated" in function.__doc__.splitlines()[0]
