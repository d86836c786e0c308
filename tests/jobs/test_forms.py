"""Every type of a public signature has a form, and what is typed comes back as the value that was meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.jobs import forms


class Engine(Enum):
    PYTORCH = 1
    TF = 2


text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False)

LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(),
    float: numbers,
    bool: st.booleans(),
    str: text,
    Path: text.map(Path).filter(lambda path: "\0" not in str(path)),
    Literal["auto", "manual", 3]: st.sampled_from(["auto", "manual", 3]),
    Engine: st.sampled_from(Engine),
}


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Any, Any]:
    """A type as it stands in signatures, and a value of it."""
    leaf = draw(st.sampled_from(list(LEAVES)))
    value = LEAVES[leaf]
    shape = draw(st.sampled_from(["plain", "list", "pair", "open", "optional", "optional list"]))
    if shape == "plain":
        return leaf, draw(value)
    if shape == "list":
        return list[leaf], draw(st.lists(value, max_size=4))
    if shape == "pair":
        return tuple[leaf, leaf], draw(st.tuples(value, value))
    if shape == "open":
        return tuple[leaf, ...], tuple(draw(st.lists(value, max_size=4)))
    if shape == "optional":
        present = value if leaf is not str else value.filter(lambda one: one.strip().lower() not in ("none", "null"))
        return leaf | None, draw(st.none() | present)
    return list[leaf] | None, draw(st.none() | st.lists(value, max_size=4))


@settings(deadline=None)
@given(typed_values())
def test_a_value_survives_the_way_through_json(case):
    annotation, value = case
    form = forms.form_type(annotation)
    wire = json.loads(json.dumps(forms.to_json(value)))
    assert forms.checked(form, wire) == value


@settings(deadline=None)
@given(typed_values())
def test_a_value_typed_as_text_is_read_as_that_value(case):
    annotation, value = case
    form = forms.form_type(annotation)
    typed = forms.text_of(value)
    if isinstance(value, str | Path) and typed.lower() in ("none", "null"):
        return
    assert forms.checked(form, forms.reading(form, [typed])) == value


@settings(deadline=None)
@given(st.lists(text, min_size=1, max_size=4))
def test_words_given_one_by_one_become_a_list_of_just_these_words(words):
    assert forms.reading(list[str], words) == words or (len(words) == 1 and words[0].lstrip().startswith("["))


@pytest.mark.parametrize(
    ("annotation", "texts", "value"),
    [
        (str | Path, ["clip.mp4"], "clip.mp4"),
        (Path | None, ["none"], None),
        (int | str, ["-1"], -1),
        (int | str, ["all"], "all"),
        (bool | str, ["True"], True),
        (bool | str, ["bodypart"], "bodypart"),
        (float, ["1e-3"], 0.001),
        (float, ["7"], 7.0),
        (bool, ["0"], False),
        (str, ["5"], "5"),
        (str, ["none"], "none"),
        (Engine | None, ["pytorch"], "PYTORCH"),
        (list[int], ["0,100,20,40"], [0, 100, 20, 40]),
        (list[int], ["5"], [5]),
        (list[int], ["[1, 2]"], [1, 2]),
        (list[int], ["1", "2"], [1, 2]),
        (list[str], ["a,b.mp4"], ["a,b.mp4"]),
        (list[str] | str, ["nose"], "nose"),
        (list[str] | str, ["nose", "ear"], ["nose", "ear"]),
        (tuple[bool, float, int], ["true,0.5,10"], [True, 0.5, 10]),
        (tuple[int, int], ["3", "4"], [3, 4]),
        (float | list[float] | dict[str, float], ["0.6"], 0.6),
        (float | list[float] | dict[str, float], ["0.6,0.7"], [0.6, 0.7]),
        (float | list[float] | dict[str, float], ['{"nose": 0.6}'], {"nose": 0.6}),
    ],
)
def test_what_people_type(annotation, texts, value):
    read = forms.reading(forms.form_type(annotation), texts)
    assert read == value and type(read) is type(value)


@pytest.mark.parametrize(
    ("annotation", "texts"),
    [
        (int, ["2.5"]),
        (int, ["1_000"]),
        (int, ["٣"]),
        (float, ["2,5"]),
        (float, ["0x10"]),
        (bool, ["maybe"]),
        (int, ["1", "2"]),
        (tuple[int, int], ["1,2,3"]),
        (list[int], ["1,x"]),
        (Literal["a", "b"], ["c"]),
        (Engine, ["jax"]),
        (Annotated[int, pydantic.Field(gt=0)], ["0"]),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(annotation, texts):
    form = forms.form_type(annotation)
    with pytest.raises(ValueError, match="is not") as refusal:
        forms.reading(form, texts)
    assert forms.describe(form) in str(refusal.value)


@pytest.mark.parametrize(
    ("annotation", "wrong"),
    [(int, "1"), (int, True), (int, 1.5), (str, 1), (bool, 1), (bool, "yes"), (Path, 3), (list[int], 3), (Engine, 1)],
)
def test_json_values_of_another_type_are_refused(annotation, wrong):
    assert not forms.fits(forms.form_type(annotation), wrong)


def test_types_that_json_cannot_hold_are_cut_out_of_unions():
    assert forms.form_type(Path | np.ndarray) == forms.form_type(Path)
    assert forms.form_type(list[np.ndarray] | int | None) == int | None
    for annotation in (np.ndarray, Callable[[], int], list[np.ndarray], bytes, np.ndarray | None):
        with pytest.raises(forms.Unfit):
            forms.form_type(annotation)


def test_abstract_containers_become_lists_and_dicts():
    assert forms.form_type(Sequence[int]) == list[int]
    assert forms.form_type(Mapping[str, float]) == dict[str, float]


@pytest.mark.parametrize(
    ("annotation", "word", "sentence"),
    [
        (str | Path | None, "PATH", "a path or none"),
        (int, "INTEGER", "a whole number"),
        (Literal["a", "b"], "a|b", "a or b"),
        (Engine | None, "PYTORCH|TF", "PYTORCH, TF or none"),
        (list[str | Path], "PATH", "a list (a path each)"),
        (tuple[int, float], "INTEGER,NUMBER", "[a whole number, a number]"),
        (bool | str, "true|false|TEXT", "true, false or text"),
    ],
)
def test_types_have_names_for_people(annotation, word, sentence):
    form = forms.form_type(annotation)
    assert forms.metavar(form) == word
    assert forms.describe(form) == sentence
