"""Every type of a public signature has a form, and values of it survive the way through JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.jobs import forms


class Engine(Enum):
    PYTORCH = 1
    TF = 2


@settings(deadline=None)
@given(data=st.data())
def test_a_value_survives_the_way_through_json(typed_values, data):
    annotation, value = data.draw(typed_values)
    form = forms.form_type(annotation)
    wire = json.loads(json.dumps(forms.to_json(value)))
    assert forms.checked(form, wire) == value


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
