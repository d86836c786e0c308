"""What the reader of YAML builds, refuses and says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deeplabcut.core.config import ConfigWarning, read_config_as_dict, yaml
from deeplabcut.core.errors import ConfigError, Missing, UnsafeFile


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: '1'", {"a": "1"}),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: true", {"a": True}),
        ("a: yes", {"a": "yes"}),
        ("%YAML 1.2\n---\na: yes", {"a": "yes"}),
        ("%YAML 1.1\n---\na: yes", {"a": True}),
        ("a: 0.5", {"a": 0.5}),
        ("a: [1, b]", {"a": [1, "b"]}),
        ("a:\n- - b\n  - c", {"a": [["b", "c"]]}),
        ("a: 2026-11-20", {"a": "2026-11-20"}),
        ("a: 2026-13-45", {"a": "2026-13-45"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("? a very long path\n: crop: 0, 1, 0, 1", {"a very long path": {"crop": "0, 1, 0, 1"}}),
        ("# one\n# two\n---\nshuffles: {}", {"shuffles": {}}),
        ("base: &b {x: 1}\nmore:\n  <<: *b\n  y: 2", {"base": {"x": 1}, "more": {"x": 1, "y": 2}}),
        ("a: 鼠 🐭 é", {"a": "鼠 🐭 é"}),
        ("\ufeffa: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    ],
)
def test_plain_yaml_is_read(text, value):
    assert yaml.parse(text).data == value


def test_an_alias_gives_a_copy_so_that_a_change_stays_where_it_is_made():
    data = yaml.parse("a: &x [1]\nb: *x").data
    data["a"].append(2)
    assert data["b"] == [1]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a: 1\nb: 2\na: 3", 'the key "a" twice (line 3'),
        ("a:\n\t- b", "a tab where YAML wants spaces (line 2"),
        ("a: 1\n\tb: 2", "a tab where YAML wants spaces (line 2"),
        ("a: [1, 2\nb: 3", "line 2"),
        ("a: \x00", "'\\x00', which YAML does not allow (line 1)"),
        ("a: *nothing", "undefined alias 'nothing' (line 1"),
        ("a: &a [*a]", "alias inside"),
        ("a: 1\n---\nb: 2", "another document (line 2"),
        ("a: " + "9" * 5000, "more than 300 digits"),
        ("? {a: 1}\n: 2", "unhashable"),
    ],
)
def test_a_broken_file_is_named_with_the_line(files, text, part):
    path = files.write(text)
    with pytest.raises(ConfigError) as caught:
        read_config_as_dict(path)
    assert part in str(caught.value) and str(path) in str(caught.value) and "config.yaml" in caught.value.message


def test_a_missing_file_an_empty_file_and_a_list_have_their_own_messages(files):
    with pytest.raises(Missing, match="does not exist") as caught:
        read_config_as_dict(files.folder / "nowhere.yaml")
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(ValueError, match="is empty"):
        read_config_as_dict(files.write(""))
    with pytest.raises(ValueError, match="a list, not lines of the form"):
        read_config_as_dict(files.write("- a"))
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_config_as_dict(files.folder)


def test_files_of_other_systems_are_read(files):
    assert read_config_as_dict(files.write("\ufeffa: é\r\n".encode())) == {"a": "é"}
    assert read_config_as_dict(files.write("a: é\n".encode("utf-16"))) == {"a": "é"}
    with pytest.warns(ConfigWarning, match=r"line 2 is not UTF-8; read as Windows text"):
        assert read_config_as_dict(files.write("a: 1\nb: C:\\Jürgen\n".encode("cp1252")))["b"] == "C:\\Jürgen"
    with pytest.raises(ConfigError, match="is not text in UTF-8"):
        read_config_as_dict(files.write(b"a: \x81\xfe\x00\x01"))


def test_the_spelling_of_a_number_is_known():
    document = yaml.parse("Task: 007\nnames: [1.50, no]")
    assert document.data == {"Task": 7, "names": [1.5, "no"]}
    assert document.spelled("Task") == "007" and document.spelled("names") == ["1.50", "no"]
    assert document.line("names") == 2 and document.line("names", 1) == 2 and document.line("elsewhere") is None


def test_text_that_other_readers_take_for_something_else_is_quoted():
    for text in ("yes", "N", "on", "007", "1e3", "null", "", "a: b", "# c", "*", "line\nbreak", "\x1b[31m"):
        assert yaml.parse(yaml.dump({"a": text})).data == {"a": text}
    assert yaml.dump({"a": "yes"}) == "a: 'yes'\n"


def test_the_style_is_block_form_with_long_lines_and_empty_nulls():
    content = {"a": None, "b": "x " * 200, "c": [["p", "q"]], "d": [], "e": {}, "f": 0.0, "g": Path("/p")}
    assert yaml.dump(content) == f"a:\nb: {('x ' * 200)!r}\nc:\n- - p\n  - q\nd: []\ne: {{}}\nf: 0.0\ng: /p\n"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)
MERGE_BOMB = "a: &a {k: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)}\n  <<: [{', '.join(['*' + chr(97 + i)] * 10)}]\n  q{i}: 1\n" for i in range(9)
)
HOSTILE = {
    "alias bomb": (BOMB, "more than 60,000 values"),
    "merge bomb": (MERGE_BOMB, "more than 60,000 values"),
    "50 MB": ("a: " + "x" * 50_000_000, "50,000,003 bytes"),
    "deep brackets": ("a: " + "[" * 100_000, "levels deep"),
    "deep braces": ("{a: " * 100_000, "levels deep"),
    "deep lines": ("".join(" " * i + "a:\n" for i in range(1_500)), "levels deep"),
    "deep dashes": ("- " * 10_000, "levels deep"),
    "many aliases": ("a: &a [" + "1," * 500 + "]\nb: [" + "*a," * 500 + "]", "more than 60,000 values"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_T35_a_file_that_would_exhaust_the_machine_is_refused_quickly(files, name):
    text, part = HOSTILE[name]
    resource = pytest.importorskip("resource")
    path = files.write(text)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnsafeFile, match=part):
        read_config_as_dict(path)
    used_kb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / (1024 if sys.platform == "darwin" else 1)
    assert used_kb < 100_000


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch {marker}']",
        "!!python/object/new:os.system ['touch {marker}']",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/object:pathlib.Path {{}}",
        "!!python/tuple [1]",
        "!!binary aGVsbG8=",
        "!!set {{a, b}}",
        "!own {{a: 1}}",
    ],
)
def test_T35_tags_build_no_objects(files, tag):
    marker = files.folder / "marker"
    path = files.write(f"a: {tag.format(marker=marker)}\n")
    with pytest.raises(ConfigError, match="plain data"):
        read_config_as_dict(path)
    with pytest.raises(Exception, match="plain data"):
        from deeplabcut.core.config import get_yaml_loader

        get_yaml_loader().load(path)
    assert not marker.exists()
