"""The list of verbs agrees with the code, and reading it loads none of the verbs' modules."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from deeplabcut.core.errors import InvalidInput
from deeplabcut.jobs import verbs as table


def test_the_help_lines_are_the_first_lines_of_the_docstrings():
    advice = "bring the list up to date: python -c 'from deeplabcut.jobs.verbs import rewrite; rewrite()'"
    assert table.refreshed() == table.VERBS, advice


def test_rewriting_the_list_changes_nothing_but_help_lines(tmp_path):
    content = json.loads(table.FILE.read_text("utf-8"))
    for entry in content["verbs"]:
        entry["help"] = "out of date"
    copy = tmp_path / "verbs.json"
    copy.write_text(json.dumps(content))
    table.rewrite(copy)
    assert table.read(copy) == (table.GROUPS, table.refreshed())
    assert all(line.startswith('  {"name"') for line in copy.read_text().splitlines() if "address" in line)


def test_names_are_unique_and_spelled_as_commands():
    names = [verb.name for verb in table.VERBS]
    assert len(set(names)) == len(names)
    assert all(name == table.canonical(name) and len(name.split()) <= 2 for name in names)
    assert {name.split()[0] for name in names if " " in name} == {group.name for group in table.GROUPS}


def test_no_verb_is_named_like_a_group():
    assert not {verb.name for verb in table.VERBS} & {group.name for group in table.GROUPS}


@pytest.mark.parametrize("spelling", ["video shorten", "Video Shorten", "video  shorten", "VIDEO SHORTEN"])
def test_a_verb_is_found_however_it_is_spelled(spelling):
    assert table.find(spelling).name == "video shorten"


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("doktor", "doctor"), ("shorten", "video shorten"), ("vidoe", "video"), ("video corp", "video crop")],
)
def test_a_typo_is_answered_with_what_was_meant(typo, meant):
    assert table.nearest(typo) == meant
    with pytest.raises(InvalidInput, match=f"did you mean {meant}"):
        table.find(typo)


def test_reading_the_list_loads_no_verb():
    program = (
        "import sys, deeplabcut.jobs.verbs as table\n"
        "homes = {verb.address.partition(':')[0] for verb in table.VERBS}\n"
        "print([name for name in [*homes, 'numpy', 'av', 'cv2', 'pydantic'] if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
