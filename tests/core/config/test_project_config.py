"""The configuration of a 2D project: keys, defaults, what is accepted, and how mistakes are told."""

from __future__ import annotations

import copy
import pickle
import random
import warnings
from pathlib import Path

import pytest

from deeplabcut.core.config import ConfigWarning, InvalidConfig, ProjectConfig, read_config, yaml
from deeplabcut.core.config.mistakes import UnknownKey
from deeplabcut.core.deprecation import DLCDeprecationWarning
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import ConfigError, UnsafeFile

KEYS_AND_DEFAULTS = {
    "config_version": 0,
    "Task": "",
    "scorer": "",
    "date": "",
    "multianimalproject": False,
    "identity": None,
    "project_path": Path(),
    "pose_config_path": None,
    "engine": "pytorch",
    "video_sets": {},
    "bodyparts": [],
    "individuals": ["individual_1"],
    "uniquebodyparts": [],
    "multianimalbodyparts": [],
    "start": 0.0,
    "stop": 1.0,
    "numframes2pick": 20,
    "skeleton": [],
    "skeleton_color": "black",
    "pcutoff": 0.6,
    "dotsize": 12,
    "alphavalue": 0.7,
    "colormap": "rainbow",
    "TrainingFraction": [0.95],
    "iteration": None,
    "default_net_type": "resnet_50",
    "default_augmenter": None,
    "default_track_method": None,
    "snapshotindex": "all",
    "detector_snapshotindex": -1,
    "batch_size": 8,
    "detector_batch_size": 1,
    "cropping": False,
    "x1": None,
    "x2": None,
    "y1": None,
    "y2": None,
    "corner2move2": None,
    "move2corner": None,
    "SuperAnimalConversionTables": None,
    "resnet": None,
    "croppedtraining": None,
}


def test_keys_come_in_the_order_of_the_file_with_their_defaults():
    assert list(ProjectConfig().items()) == list(KEYS_AND_DEFAULTS.items())
    assert list(yaml.parse(ProjectConfig().to_text()).data) == list(KEYS_AND_DEFAULTS)


def test_sections_have_comments():
    text = ProjectConfig().to_text()
    assert "\n\n# Project path (change when moving around)\nproject_path: .\n" in text
    assert "# if cropping is true for analysis, then set the values here:\nx1:\n" in text
    assert ProjectConfig().to_commented_map()["pcutoff"] == 0.6


def read(files, text: str) -> ProjectConfig:
    return read_config(files.write(text))


def mistakes(files, text: str) -> str:
    path = files.write(text)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert path.read_text() == text
    assert str(path) in str(caught.value) and "config.yaml" in caught.value.message
    return caught.value.message


# What 3.0 refuses, and what happens here


def test_an_unknown_key_is_kept_and_named_once_with_its_nearest_neighbour(files):
    with pytest.warns(ConfigWarning, match="'batchsize' is not known.*Did you mean 'batch_size'") as seen:
        config = read(files, "Task: a\nbatchsize: 4\nmy_notes: {cage: 3}\n")
    assert len(seen) == 1
    assert config["batchsize"] == 4 and config["my_notes"] == {"cage": 3} and "my_notes" in config
    assert config.keys()[-2:] == ["batchsize", "my_notes"] and len(config) == len(KEYS_AND_DEFAULTS) + 2


def test_keys_that_other_code_looks_up_are_known(files):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        config = read(files, "Task: a\nvideo_sets_original: {/v/a.avi: {crop: '0, 1, 0, 1'}}\neval_prefix: x\n")
    assert config["video_sets_original"] and config.get("eval_prefix") == "x" and config.get("bbox_pcutoff") is None


def test_a_duplicate_key_an_empty_file_and_a_list_are_refused(files):
    assert 'has the key "Task" twice (line 2' in mistakes(files, "Task: a\nTask: b\n")
    assert "is empty" in mistakes(files, "")
    assert "a list, not lines of the form" in mistakes(files, "- Task\n")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_config(files.folder / "other.yaml")


def test_empty_text_for_lists_and_mappings_means_absent(files):
    config = read(files, "Task: a\nskeleton: ''\nTrainingFraction: ''\nvideo_sets: ''\nbodyparts: ''\n")
    assert (config.skeleton, config.TrainingFraction, config.video_sets, config.bodyparts) == ([], [0.95], {}, [])


def test_null_where_a_value_is_needed_becomes_the_default_with_a_warning(files):
    with pytest.warns(ConfigWarning, match=r"pcutoff is empty; its default 0\.6 is used"):
        assert read(files, "Task: a\npcutoff:\n").pcutoff == 0.6


def test_numbers_where_text_is_expected_are_read_as_they_are_spelled(files):
    with pytest.warns(ConfigWarning, match="Task: numbers are read as names"):
        config = read(files, "Task: 007\nscorer: 1e3\ndate: 5\nbodyparts: [1, 2.50, paw]\nskeleton: [[1, paw]]\n")
    assert (config.Task, config.scorer, config.date) == ("007", "1e3", "5")
    assert config.bodyparts == ["1", "2.50", "paw"] and config.skeleton == [["1", "paw"]]


@pytest.mark.parametrize("key", ["bodyparts", "individuals", "uniquebodyparts", "multianimalbodyparts"])
def test_repeated_names_are_refused(files, key):
    assert f"line 1, {key}: ['a', 'a']" in mistakes(files, f"{key}: [a, a]\nTask: x\n")


def test_both_names_of_one_setting_are_refused(files):
    text = "Task: a\nuniquebodyparts: [a]\nunique_bodyparts: [b]\nidentity: true\nwith_identity: true\n"
    message = mistakes(files, text)
    assert "only one of the two names 'unique_bodyparts' and 'uniquebodyparts'" in message
    assert "only one of the two names 'with_identity' and 'identity'" in message
    with pytest.raises(TypeError):
        ProjectConfig.from_dict(yaml.parse(text).data)


def test_old_names_of_settings_are_read(files):
    with pytest.warns(DLCDeprecationWarning, match="'with_identity' is now called 'identity'"):
        config = read(files, "Task: a\nwith_identity: true\nunique_bodyparts: [corner]\n")
    assert config.identity is True and config.uniquebodyparts == ["corner"] and config["with_identity"] is True


def test_a_multi_animal_project_has_multi_for_bodyparts(files):
    assert read(files, "Task: a\nmultianimalproject: true\n").bodyparts == "MULTI!"
    with pytest.warns(ConfigWarning, match="the list is not used"):
        assert read(files, "Task: a\nmultianimalproject: true\nbodyparts: [a, b]\n").bodyparts == "MULTI!"
    assert "bodyparts: 'MULTI!' cannot be used" in mistakes(files, "Task: a\nbodyparts: MULTI!\n")


@pytest.mark.parametrize(("word", "engine"), [("tf", "tensorflow"), ("torch", "pytorch"), ("PyTorch", "pytorch")])
def test_engines_are_found_by_all_their_names(files, word, engine):
    assert read(files, f"Task: a\nengine: {word}\n").engine == engine == Engine(word).value


def test_engine_names_of_configs_are_those_of_the_engines():
    for engine in Engine:
        for alias in engine.aliases:
            assert ProjectConfig(engine=alias).engine == engine.value


@pytest.mark.parametrize(
    ("crop", "part"),
    [
        ("cropping: true\n", "x1: an empty value cannot be used; expected a whole number, as cropping is true"),
        ("cropping: true\nx1: 0\nx2: 9\ny1: 0\n", "y2: an empty value cannot be used"),
        ("x1: 5\nx2: 5\ny1: 0\ny2: 9\n", "x1: 5 cannot be used; expected bounds that fit"),
        ("x1: 0\nx2: 5\ny1: 10\ny2: 9\n", "y1: 10 cannot be used; expected bounds that fit"),
        ("x1: 0\n", "x2: an empty value cannot be used; expected bounds that fit: A crop needs x1, x2, y1 and y2"),
    ],
)
def test_a_crop_that_encloses_nothing_is_refused(files, crop, part):
    assert part in mistakes(files, "Task: a\n" + crop)


def test_an_assignment_is_checked_and_leaves_no_trace_when_refused():
    config = ProjectConfig(Task="a")
    with pytest.raises(InvalidConfig, match="pcutoff: 'high' cannot be used; expected a number"):
        config.pcutoff = "high"
    with pytest.raises(InvalidConfig, match="expected less than stop"):
        config.start = 1.0
    assert config.pcutoff == 0.6 and config.start == 0.0 and not config.is_dirty
    with pytest.warns(ConfigWarning, match="'12' is read as 12"):
        config.dotsize = "12"
    assert config.dotsize == 12


def test_a_crop_written_as_a_list_is_read_and_other_crops_are_left_to_the_check(files):
    config = read(files, "Task: a\nvideo_sets:\n  a.avi: {crop: [0, 9, 0, 9]}\n  b.avi:\n  c.avi: {crop: nonsense}\n")
    assert config.video_sets == {"a.avi": {"crop": "0, 9, 0, 9"}, "b.avi": {}, "c.avi": {"crop": "nonsense"}}
    assert ProjectConfig(video_sets={"a.avi": {"crop": (0, 9, 0, 9)}}).video_sets["a.avi"]["crop"] == "0, 9, 0, 9"


def test_all_mistakes_of_a_file_are_named_at_once_with_line_key_value_and_what_is_allowed(files):
    text = """\
Task: [a]
multianimalproject: maybe
bodyparts: [paw, paw]
individuals: [single, x]
start: 0.8
stop: 0.2
numframes2pick: -1
skeleton: [[paw], [paw, paw], [paw, nose]]
pcutoff: .inf
dotsize: 3.5
TrainingFraction: [0.95, 95, x]
snapshotindex: best
detector_snapshotindex: all
batch_size: 0
engine: caffe
video_sets: [a.avi]
cropping: true
config_version: 0
x1: true
"""
    message = mistakes(files, text)
    for part in (
        "line 1, Task: ['a'] cannot be used; expected a text",
        "line 2, multianimalproject: 'maybe' cannot be used; expected true or false",
        "line 3, bodyparts: ['paw', 'paw'] cannot be used; expected names that occur once (repeated: paw)",
        "line 5, start: 0.8 cannot be used; expected less than stop, which is 0.2",
        "line 4, individuals: ['single', 'x'] cannot be used; expected other names than 'single'",
        "line 7, numframes2pick: -1 cannot be used; expected a number of at least 0",
        "line 8, skeleton.0: ['paw'] cannot be used; expected pairs of two different names",
        "line 8, skeleton.1: ['paw', 'paw'] cannot be used",
        "line 9, pcutoff: inf cannot be used; expected a finite number",
        "line 10, dotsize: 3.5 cannot be used; expected a whole number",
        "line 11, TrainingFraction.1: 95 cannot be used; expected a number of at most 1",
        "line 11, TrainingFraction.2: 'x' cannot be used; expected a number",
        "line 12, snapshotindex: 'best' cannot be used; expected a whole number (-1 is the last one), or 'all'",
        "line 13, detector_snapshotindex: 'all' cannot be used; expected a whole number",
        "line 14, batch_size: 0 cannot be used; expected a number of at least 1",
        "line 15, engine: 'caffe' cannot be used; expected 'pytorch', or 'tensorflow'",
        "line 16, video_sets: ['a.avi'] cannot be used; expected the path of each video, with its crop",
        "line 19, x1: True cannot be used; expected a whole number",
    ):
        assert part in message, part
    assert "has 18 mistakes" in message


def test_mistakes_survive_pickling():
    with pytest.raises(InvalidConfig) as caught:
        ProjectConfig(pcutoff="x")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is InvalidConfig and again.mistakes == caught.value.mistakes and str(again) == str(caught.value)


def test_values_that_can_be_understood_are(files):
    text = "Task: a\nmultianimalproject: no\ncropping: 0\ndotsize: '8'\nbatch_size: 4.0\nTrainingFraction: ['0.8']\n"
    with pytest.warns(ConfigWarning) as seen:
        config = read(files, text)
    assert len(seen) == 1
    assert (config.multianimalproject, config.cropping, config.dotsize, config.batch_size) == (False, False, 8, 4)
    assert config.TrainingFraction == [0.8]


# Versions


@pytest.mark.parametrize("version", ["0", "1", "", "'0'"])
def test_versions_of_the_schema_that_are_read(files, version):
    assert read(files, f"config_version: {version}\nTask: a\n").config_version == 0


@pytest.mark.parametrize("version", ["2", "99", "-1", "x", "true"])
def test_other_versions_are_refused(files, version):
    message = mistakes(files, f"Task: a\nconfig_version: {version}\n")
    assert "line 2, config_version" in message and "expected 0" in message


def test_a_newer_version_names_its_cause(files):
    assert "newer DeepLabCut" in mistakes(files, "Task: a\nconfig_version: 2\n")


# Files of DeepLabCut 1.x to 2.3


def test_a_single_animal_file_of_2_0(files):
    text = """\
    # Project definitions (do not edit)
Task: reaching
scorer: Mackenzie
date: Aug30
    # Project path (change when moving around)
project_path: C:\\Users\\mack\\reaching-Mackenzie-2018-08-30
video_sets:
  C:\\Users\\mack\\reaching-Mackenzie-2018-08-30\\videos\\reachingvideo1.avi:
    crop: 0, 832, 0, 747
bodyparts:
- Hand
- Joystick1
start: 0
stop: 1
numframes2pick: 20
colormap: hsv
TrainingFraction:
- 0.95
resnet: 50
snapshotindex: -1
batch_size: 4
cropping: false
x1: 0
x2: 640
y1: 277
y2: 624
corner2move2:
- 50
- 50
move2corner: true
"""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        config = read(files, text)
    assert config.engine == "pytorch" and config.individuals == ["individual_1"] and config.resnet == 50
    assert config.iteration is None and config.detector_batch_size == 1
    assert list(config.video_sets) == [r"C:\Users\mack\reaching-Mackenzie-2018-08-30\videos\reachingvideo1.avi"]
    assert config.project_path == files.folder


def test_null_flags_and_the_placeholder_of_demo_projects(files):
    placeholder = "WILL BE AUTOMATICALLY UPDATED BY DEMO CODE"
    text = (
        f"Task: openfield\nmultianimalproject:\nidentity:\nproject_path: {placeholder}\n"
        f"video_sets:\n  {placeholder}:\n    crop: 0, 640, 0, 480\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        config = read(files, text)
    assert config.multianimalproject is False and config.identity is None
    assert list(config.video_sets) == [placeholder] and config.project_path == files.folder


def test_a_multi_animal_file_of_2_2(files):
    text = """\
    # Project definitions (do not edit)
Task: tri-mouse
scorer: Jessy
date: Jun22
multianimalproject: true
project_path:
bodyparts:
- snout
individuals: [mus1, mus2]
multianimalbodyparts: [snout, tail]
snapshotindex: all
croppedtraining: true
default_net_type: dlcrnet_ms5
default_augmenter: multi-animal-imgaug
iteration:
"""
    with pytest.warns(ConfigWarning, match="the list is not used"):
        config = read(files, text)
    assert config.bodyparts == "MULTI!" and config.bodyparts_list == ["snout", "tail"]
    assert config.croppedtraining is True and config.snapshotindex == "all" and config.iteration is None
    assert config.default_net_type == "dlcrnet_ms5" and config.default_augmenter == "multi-animal-imgaug"


@pytest.mark.parametrize("net", ["dlcrnet_ms5", "resnet_50", "mobilenet_v2_1.0", "efficientnet-b0"])
@pytest.mark.parametrize("augmenter", ["imgaug", "scalecrop", "tensorpack", "deterministic", "multi-animal-imgaug"])
def test_network_and_augmenter_names_of_old_projects_are_kept(files, net, augmenter):
    config = read(files, f"Task: a\ndefault_net_type: {net}\ndefault_augmenter: {augmenter}\n")
    assert (config.default_net_type, config.default_augmenter) == (net, augmenter)


def test_long_keys_of_old_dumpers(files):
    path = "/" + "very_long/" * 30 + "a.avi"
    assert read(files, f"Task: a\nvideo_sets:\n  ? {path}\n  : crop: 0, 1, 0, 1\n").video_sets == {
        path: {"crop": "0, 1, 0, 1"}
    }


def test_a_partial_file_opens_with_defaults(files):
    config = read(
        files, "Task: a\nscorer: b\ndate: Nov20\nvideo_sets: {cat: {crop: '0, 1, 0, 1'}}\nbodyparts: [x, z]\n"
    )
    assert config.pcutoff == 0.6 and config.engine == "pytorch"


def test_a_project_path_that_names_the_file_means_its_folder():
    assert ProjectConfig.from_dict({"project_path": "/data/p/config.yaml"}).project_path == Path("/data/p")
    assert ProjectConfig.from_dict({"project_path": "C:\\data\\p\\config.yaml"}).project_path == Path("C:\\data\\p")


# Use as a dict


def test_a_config_is_used_like_a_dict():
    config = ProjectConfig(Task="a", bodyparts=["x"], video_sets={"v.avi": {"crop": "0, 1, 0, 1"}})
    config["pcutoff"] = 0.3
    assert config["pcutoff"] == config.get("pcutoff") == 0.3 and "pcutoff" in config and "nothing" not in config
    assert config.get("nothing") is None and config.get("nothing", 5) == 5
    assert list(config) == list(KEYS_AND_DEFAULTS) and len(config) == 42 and dict(config)["Task"] == "a"
    assert config.update({"Task": "b"}, dotsize=3) is config and (config.Task, config.dotsize) == ("b", 3)
    assert config.select("video_sets.nothing") is None and config.select("bodyparts.0") == "x"
    assert config.bboxes_pcutoff == 0.6 and config.bodyparts_list == ["x"]
    config.set_nested("pcutoff", 0.1)
    assert config.select("pcutoff") == 0.1
    with pytest.raises(AttributeError):
        config.set_nested("nothing.at_all", 1)


def test_a_key_that_does_not_exist_is_named_with_its_nearest_neighbour():
    config = ProjectConfig()
    for use in (
        lambda: config["batchsize"],
        lambda: config.__setitem__("batchsize", 1),
        lambda: config.update(batchsize=1),
    ):
        with pytest.raises(UnknownKey, match="Did you mean 'batch_size'") as caught:
            use()
        assert isinstance(caught.value, KeyError)
    with pytest.raises(AttributeError, match="Did you mean 'batch_size'"):
        config.batchsize = 1
    with pytest.raises(InvalidConfig, match="Did you mean 'batch_size'"):
        ProjectConfig(batchsize=1)


def test_an_update_is_made_as_a_whole_or_not_at_all():
    config = ProjectConfig(x1=0, x2=10, y1=0, y2=10)
    config.update(x1=700, x2=800)
    assert (config.x1, config.x2) == (700, 800)
    with pytest.raises(InvalidConfig):
        config.update(Task="b", x1=900)
    assert (config.Task, config.x1) == ("", 700)


def test_copies_are_equal_and_independent(files):
    config = ProjectConfig(Task="a", bodyparts=["x"])
    other = copy.deepcopy(config)
    assert other == config and pickle.loads(pickle.dumps(config)) == config
    other.bodyparts.append("z")
    assert other != config


def test_changes_are_tracked():
    config = ProjectConfig(Task="a")
    assert not config.is_dirty and config.dirty_fields == frozenset()
    config.pcutoff = 0.2
    config.bodyparts.append("paw")
    config.record_change_note("pcutoff", "lowered for the dark cage", include_caller=True)
    assert config.is_dirty and config.dirty_fields == {"pcutoff", "bodyparts"}
    assert config.change_notes[0].startswith("pcutoff: lowered for the dark cage (test_changes_are_tracked, ")
    config.mark_clean()
    assert not config.is_dirty and config.change_notes == []


def test_a_config_is_made_of_anything_that_holds_one(files):
    path = files.write("Task: a\n")
    config = ProjectConfig.from_any(path)
    assert ProjectConfig.from_any(config) is config
    assert ProjectConfig.from_any({"Task": "a"}).Task == ProjectConfig.from_any(str(path)).Task == "a"
    assert ProjectConfig.from_any(path, repair_path=True).project_path == files.folder
    with pytest.raises(TypeError):
        ProjectConfig.from_any(3)


def test_messages_spell_out_control_characters(files):
    with pytest.warns(ConfigWarning) as seen:
        read(files, 'Task: a\n"\\e[31mred": 1\n')
    assert "\x1b" not in str(seen[0].message) and "x1b[31mred" in str(seen[0].message)


def test_T37_names_with_markup_and_formulas_are_kept_as_text(files):
    names = ["<script>alert(1)</script>", "=cmd()", "@x", "+1a", "-b", "\x1b[31mred"]
    config = ProjectConfig(Task="a", bodyparts=names)
    config.to_yaml(files.folder / "config.yaml")
    assert read_config(files.folder / "config.yaml").bodyparts == names
    shown: list[str] = []
    config.print(print_fn=shown.append)
    assert not any("\x1b" in line for line in shown)


# Random mistakes

VALUES = [
    "", "~", "true", "no", "0", "-1", "3.7", "1e400", ".nan", "1" + "0" * 40, "'text'", "[]", "[1, a]", "[[a]]",
    "{}", "{a: 1}", "[~]", "{? [a, b] : 1}", "!!python/name:os.system", "*x", "&x y", "'", "[", "2026-11-20", "|", "-",
    "single", "MULTI!", "best", "all", "\"\\0\"", "<<", "config.yaml", "'../../..'", "0x1F", "é鼠🐭",
]  # fmt: skip


def mutate(text: str, random_: random.Random) -> bytes:
    lines = text.splitlines()
    at = random_.choice([i for i, line in enumerate(lines) if ":" in line and not line.lstrip().startswith("#")])
    key = lines[at].partition(":")[0]
    kind = random_.randrange(10)
    if kind < 5:
        lines[at] = f"{key}: {random_.choice(VALUES)}"
    elif kind == 5:
        del lines[at]
    elif kind == 6:
        lines.insert(at, random_.choice([f"unknown_{key.strip()}: 1", key.strip() + "x: 2", "1: 2", "? a"]))
    elif kind == 7:
        lines[at] = random_.choice(["\t", " ", "- ", "x", "  "]) + lines[at]
    elif kind == 8:
        return "\n".join(lines).encode()[: random_.randrange(len(text))]
    result = "\n".join(lines)
    encoding = random_.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16"])
    return (result.replace("\n", "\r\n") if random_.random() < 0.2 else result).encode(encoding)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["single", "multi", "3d"])
def test_T23_every_single_mistake_is_understood_or_named(files, kind):
    random_ = random.Random(23)
    opened, refused = 0, 0
    for _ in range(300):
        content = mutate(files.texts[kind], random_)
        path = files.write(content)
        try:
            config = read_config(path)
        except (ConfigError, UnsafeFile) as error:
            refused += 1
            assert error.where == str(path) and "config.yaml" in error.message, error
            if isinstance(error, InvalidConfig):
                assert all(mistake.keys and mistake.expected for mistake in error.mistakes), error
                assert all(mistake.key.split(".")[0] in error.message for mistake in error.mistakes)
            else:
                assert "line" in error.message or "is empty" in error.message or "not lines of" in error.message, error
            assert path.read_bytes() == content
            continue
        opened += 1
        assert path.read_bytes() == content
        config.to_yaml(path)
        assert read_config(path) == config
    assert opened > 80 and refused > 80
