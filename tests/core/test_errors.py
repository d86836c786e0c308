"""Errors say what, where and what to do; they are the builtins that callers catch, and travel between processes."""

import pickle

import pytest

from deeplabcut.core import errors

FAMILIES = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.DeepLabCutError)
]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_every_error_says_what_where_and_what_to_do(family):
    error = family("It broke.", where="/a/b.csv", fix="mend it")
    assert str(error) == "It broke.\n  where: /a/b.csv\n  what to do: mend it"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is family and str(again) == str(error)
    assert error.exit_code != 0


def test_every_family_has_a_code_of_its_own():
    assert len({family.code for family in FAMILIES}) == len(FAMILIES)


@pytest.mark.parametrize(
    ("family", "builtin"),
    [
        (errors.InvalidInput, ValueError),
        (errors.Missing, FileNotFoundError),
        (errors.ConfigError, ValueError),
        (errors.StorageError, OSError),
        (errors.VideoError, OSError),
    ],
)
def test_callers_can_catch_the_builtin(family, builtin):
    with pytest.raises(builtin):
        raise family("It broke.")
