"""A form is described in plain words, and what is typed for it comes back as the value that was meant."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.jobs import forms, words


class Engine(Enum):
    PYTORCH = 1
    TF = 2


@settings(deadline=None)
@given(data=st.data())
def test_a_value_typed_as_text_is_read_as_that_value(typed_values, data):
    annotation, value = data.draw(typed_values)
    form = forms.form_type(annotation)
    typed = words.text_of(value)
    if isinstance(value, str | Path) and typed.lower() in ("none", "null"):
        return
    assert forms.checked(form, words.reading(form, [typed])) == value


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=4))
def test_words_given_one_by_one_become_a_list_of_just_these_words(typed):
    assert words.reading(list[str], typed) == typed or (len(typed) == 1 and typed[0].lstrip().startswith("["))


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
    read = words.reading(forms.form_type(annotation), texts)
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
        words.reading(form, texts)
    assert words.describe(form) in str(refusal.value)


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
    assert words.metavar(form) == word
    assert words.describe(form) == sentence
