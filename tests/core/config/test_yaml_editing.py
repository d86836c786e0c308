"""Editing leaves what the user wrote alone."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.config import edit_config, yaml
from deeplabcut.core.config.edit import edited
from deeplabcut.core.errors import ConfigError

SINGLE = """\
# Project definitions (do not edit)
Task: reach
identity:

video_sets:
  /data/m1.avi:
    crop: 0, 640, 0, 480   # the whole frame
  /data/m2.avi:
    crop: 0, 640, 0, 480
bodyparts:
- paw   # the left one
- nose
# a thought about the tail
- tail
numframes2pick: 20   # per video

skeleton: [[paw, nose], [nose, tail]]
skeleton_color: 'black'
pcutoff: 0.4
alphavalue: 0.70

TrainingFraction: [0.95, 0.8]
iteration: 0

# my own notes
lab_notes: {box: 3, diet: "low fat"}
"""


def changed_lines(before: str, after: str) -> list[str]:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    return [line for line in lines[2:] if not line.startswith("@@")]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"pcutoff": 0.5}, ["-pcutoff: 0.4", "+pcutoff: 0.5"]),
        ({"numframes2pick": 30}, ["-numframes2pick: 20   # per video", "+numframes2pick: 30   # per video"]),
        ({"identity": True}, ["-identity:", "+identity: true"]),
        ({"iteration": None}, ["-iteration: 0", "+iteration: "]),
        ({"bodyparts": ["paw", "nose", "tail", "ear"]}, ["+- ear"]),
        ({"bodyparts": ["paw", "tail"]}, ["-- nose"]),
        ({"bodyparts": ["ear", "paw", "nose", "tail"]}, ["+- ear"]),
        ({"skeleton": [["paw", "nose"]]}, ["-skeleton: [[paw, nose], [nose, tail]]", "+skeleton: [[paw, nose]]"]),
        ({"skeleton": []}, ["-skeleton: [[paw, nose], [nose, tail]]", "+skeleton: []"]),
        ({"TrainingFraction": [0.95]}, ["-TrainingFraction: [0.95, 0.8]", "+TrainingFraction: [0.95]"]),
        ({"skeleton_color": "red"}, ["-skeleton_color: 'black'", "+skeleton_color: red"]),
        ({"lab_notes": {"box": 4}}, ['-lab_notes: {box: 3, diet: "low fat"}', "+lab_notes: {box: 4}"]),
        ({"alphavalue": 0.7}, []),
        ({"new": [1]}, ["+new:", "+- 1"]),
    ],
)
def test_only_the_lines_of_what_changed_are_touched(changes, lines):
    assert changed_lines(SINGLE, edited(SINGLE, changes)) == lines


def test_a_video_is_added_removed_and_changed_within_its_block():
    videos = yaml.parse(SINGLE).data["video_sets"]
    first, second = videos
    added = edited(SINGLE, {"video_sets": {**videos, "/v/new.avi": {"crop": "0, 1, 0, 1"}}})
    assert changed_lines(SINGLE, added) == ["+  /v/new.avi:", "+    crop: 0, 1, 0, 1"]
    assert changed_lines(SINGLE, edited(SINGLE, {"video_sets": {first: videos[first]}})) == [
        f"-  {second}:",
        "-    crop: 0, 640, 0, 480",
    ]
    renamed = edited(SINGLE, {"video_sets": {"/else/m1.avi": videos[first], second: videos[second]}})
    assert renamed == SINGLE.replace(first, "/else/m1.avi")
    swapped = yaml.parse(edited(SINGLE, {"video_sets": {second: videos[second], first: videos[first]}})).data
    assert list(swapped["video_sets"]) == [second, first]
    cropped = {**videos, first: {"crop": "0, 10, 0, 10"}}
    assert changed_lines(SINGLE, edited(SINGLE, {"video_sets": cropped})) == [
        "-    crop: 0, 640, 0, 480   # the whole frame",
        "+    crop: 0, 10, 0, 10   # the whole frame",
    ]


def test_a_new_key_goes_to_its_place_with_its_comment():
    order, comments = ["a", "b", "c"], {"b": "\nWhat b is"}
    assert edited("a: 1\n# about c\nc: 3\n", {"b": 2}, order=order, comments=comments) == (
        "a: 1\n\n# What b is\nb: 2\n# about c\nc: 3\n"
    )
    assert edited("c: 3", {"d": 4, "a": 1}, order=order) == "a: 1\nc: 3\nd: 4\n"


def test_windows_line_ends_and_the_byte_order_mark_stay():
    text = "\ufeff" + SINGLE.replace("\n", "\r\n")
    result = edited(text, {"pcutoff": 0.5, "bodyparts": ["paw", "nose", "tail", "ear"]})
    assert result == text.replace("0.4", "0.5").replace("- tail\r\n", "- tail\r\n- ear\r\n")


@pytest.mark.parametrize(
    ("text", "changes", "removed", "result"),
    [
        ("", {"a": 1}, (), "a: 1\n"),
        ("# only a comment\n", {"a": 1}, (), "# only a comment\na: 1\n"),
        ("a: 1", {"b": 2}, (), "a: 1\nb: 2\n"),
        ("a: 1\nb: 2\n", {}, ("a",), "b: 2\n"),
        ("---\na: 1\n", {"a": 2}, (), "---\na: 2\n"),
        ("{a: 1, b: 2}\n", {"a": 2}, (), "{a: 2, b: 2}\n"),
        ("a: 'x'   # c\n", {"a": "z"}, (), "a: z   # c\n"),
        ("a: |\n  one\n  # two\nb: 1\n", {"a": "x"}, (), "a: x\nb: 1\n"),
        ("a: x # 1\nb: 1\n", {"a": [1, 2]}, (), "a:  # 1\n- 1\n- 2\nb: 1\n"),
        ("a:\n  - x  # 1\n  - y  # 2\n", {"a": ["x", "z"]}, (), "a:\n  - x  # 1\n  - z\n"),
        (
            "a:\n  b:\n    c: 1 # one\n    d: 2\n",
            {"a": {"b": {"c": 1, "d": 3}}},
            (),
            "a:\n  b:\n    c: 1 # one\n    d: 3\n",
        ),
        ("a: []\n", {"a": [1]}, (), "a:\n- 1\n"),
        ("a: what? # c\n", {"a": "that & this"}, (), "a: that & this # c\n"),
        ("a: &x 1 # c\n", {"a": 2}, (), "a: 2 # c\n"),
        ("a: 1 \nb: 2\n", {"a": None}, (), "a:  \nb: 2\n"),
        ('"a": 1\n', {"a": 2}, (), '"a": 2\n'),
    ],
)
def test_small_edits(text, changes, removed, result):
    assert edited(text, changes, removed=removed) == result


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("base: &b {x: 1}\nmore:\n  <<: *b\n  z: 2\nc: 1 # why\n", {"more": {"x": 1, "z": 3}}),
        ("? a very long path\n: crop: 0, 1, 0, 1\nb: 1 # why\n", {"a very long path": {"crop": "1, 2, 1, 2"}}),
        ("a: &x [1]\nb: *x\nc: 1 # why\n", {"a": [2]}),
        ("-   k: 1\n", {}),
    ],
)
def test_unusual_layouts_say_what_was_meant(text, changes):
    data = yaml.parse(text).data
    if isinstance(data, dict):
        result = edited(text, changes)
        assert yaml.parse(result).data == {**data, **changes}
        assert ("# why" in result) == ("# why" in text)


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, width=32),
    names,
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.one_of(names, st.sampled_from(list(yaml.parse(SINGLE).data))), values, max_size=4), st.booleans()
)
def test_whatever_is_edited_the_result_says_it_and_the_rest_stays(changes, windows):
    text = SINGLE.replace("\n", "\r\n") if windows else SINGLE
    try:
        result = edited(text, changes)
    except ConfigError:  # text that YAML cannot hold, such as control characters in a key
        with pytest.raises(ConfigError):
            yaml.parse(yaml.dump(changes))
        return
    old, new = yaml.parse(text).data, yaml.parse(result).data
    assert yaml.same_content(new, {**old, **changes})
    kept = {line for line in text.splitlines() if line.startswith("#") and "tail" not in line}
    assert kept <= set(result.splitlines())


@settings(max_examples=60, deadline=None)
@given(values)
def test_values_survive_writing_and_reading(value):
    content = {"a": value}
    assert yaml.same(yaml.parse(yaml.dump(content)).data, content)


def test_editing_to_another_file_copies_the_comments(files):
    single = files.write(SINGLE)
    copy = files.folder / "copy.yaml"
    assert edit_config(single, {"pcutoff": 0.9}, output_name=copy)["pcutoff"] == 0.9
    assert single.read_text() == SINGLE and copy.read_text() == SINGLE.replace("0.4", "0.9")


@pytest.mark.parametrize(
    ("line", "value", "wanted"),
    [
        ("bodyparts: [a, b]  # two parts", ["a", "b", "c"], "bodyparts: [a, b, c]  # two parts"),
        ("bodyparts: []  # none yet", ["a"], "bodyparts:  # none yet\n- a"),
        ("bodyparts:   # none yet", ["a"], "bodyparts:  # none yet\n- a"),
        ("bodyparts: a  # one", ["a", "b"], "bodyparts:  # one\n- a\n- b"),
        ("bodyparts: {a: 1}  # odd", {"a": 2}, "bodyparts: {a: 2}  # odd"),
        ("bodyparts: [a]  # one", "x # y", "bodyparts: 'x # y'  # one"),
    ],
)
def test_the_comment_on_the_line_of_a_changed_value_stays(line, value, wanted):
    before, after = "# first\nTask: t  # name\n", "date: d\n"
    assert edited(f"{before}{line}\n{after}", {"bodyparts": value}) == f"{before}{wanted}\n{after}"
