"""Versions of schemas, kinds of values, old names of keys, and configurations of one's own."""

from __future__ import annotations

import pytest
from pydantic import Field

from deeplabcut.core.config import ConfigWarning, DLCBaseConfig, InvalidConfig, resolve_alias, resolve_aliases_in_dict
from deeplabcut.core.config.names import nearest
from deeplabcut.core.config.validation import (
    Fraction,
    NonNegativeInt,
    Text,
    greater_than,
    less_than,
    parsed_crop,
    unique_values,
    validate_crop_bounds,
)
from deeplabcut.core.config.versioning import get_config_version, migrate_config, register_migration
from deeplabcut.core.deprecation import DLCDeprecationWarning


def test_migrations_are_chained_step_by_step():
    @register_migration(0, 1, "Chained")
    def up(config):
        return {**config, "a": 1}

    @register_migration(1, 2, "Chained")
    def further(config):
        config["b"] = config.pop("a") + 1
        return config

    original = {"x": 0}
    assert migrate_config(original, "Chained", 2) == {"x": 0, "b": 2, "config_version": 2}
    assert original == {"x": 0}
    with pytest.raises(ValueError, match="already has a migration"):
        register_migration(0, 1, "Chained")
    assert register_migration(0, 1, "Another")(up) is up


def test_impossible_migrations_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        register_migration(-1, 0, "X")
    with pytest.raises(ValueError, match="another version"):
        register_migration(1, 1, "X")
    with pytest.raises(ValueError, match="newer DeepLabCut"):
        migrate_config({"config_version": 2}, "ProjectConfig")
    assert get_config_version({}) == 0 and get_config_version({"config_version": 1}) == 1
    assert migrate_config({"config_version": 1, "a": 2}, "PoseConfig") == {"config_version": 0, "a": 2}


def test_comparisons_name_both_sides():
    greater_than(2, 1)
    with pytest.raises(ValueError, match=r"x2 is 1; it has to be more than x1 \(2\)"):
        greater_than(1, 2, "x2", "x1")
    with pytest.raises(ValueError, match="start is 1; it has to be less than 1"):
        less_than(1, 1, "start")
    assert unique_values(["a", "b"]) == ["a", "b"]
    with pytest.raises(ValueError, match="repeated: a"):
        unique_values(["a", "b", "a"])
    validate_crop_bounds(x1=None, x2=None, y1=None, y2=None)
    with pytest.raises(ValueError, match="missing: y2"):
        validate_crop_bounds(x1=0, x2=1, y1=0, y2=None)


@pytest.mark.parametrize(
    "crop", ["0, 640, 10, 480", "0,640,10,480", "0 640 10 480", [0, 640, 10, 480], "0.0, 640.0, 10, 480"]
)
def test_crops_are_read(crop):
    assert parsed_crop(crop) == (0, 640, 10, 480)


@pytest.mark.parametrize(
    "crop",
    [
        "",
        "a",
        "1, 2, 3",
        "0, 0, 0, 5",
        "5, 1, 0, 5",
        "-1, 2, 0, 5",
        "0, 1.5, 0, 5",
        None,
        3,
        "nan, 1, 2, 3",
        "inf, 1, 2, 3",
    ],
)
def test_crops_that_enclose_nothing_are_named(crop):
    with pytest.raises(ValueError, match="x1, x2, y1, y2 in pixels"):
        parsed_crop(crop)


def test_old_names_are_resolved():
    with pytest.warns(DLCDeprecationWarning):
        assert resolve_alias("old", {"old": "new"}) == "new"
    assert resolve_alias("new", {"old": "new"}) == "new"
    assert resolve_aliases_in_dict({"old": 1, "x": 2}, {"old": "new"}, warn=False) == {"new": 1, "x": 2}
    with pytest.raises(TypeError, match="only one of the two names"):
        resolve_aliases_in_dict({"old": 1, "new": 2}, {"old": "new"})


def test_the_nearest_name_is_found():
    known = ["batch_size", "numframes2pick", "TrainingFraction"]
    assert nearest("batchsize", known) == "batch_size" and nearest("trainingfraction", known) == "TrainingFraction"
    assert nearest("elephant", known) is None


class Inner(DLCBaseConfig):
    """A section."""

    rate: Fraction = 0.5
    name: Text = Field(default="a", json_schema_extra={"aliases": ["title"]})


class Outer(DLCBaseConfig):
    """A configuration with a section, a list of sections and a mapping."""

    size: NonNegativeInt
    inner: Inner = Field(default_factory=Inner, json_schema_extra={"comment": "A section"})
    more: list[Inner] = Field(default_factory=list)
    heads: dict[str, Inner] = Field(default_factory=dict)
    maybe: Inner | None = None


def test_sections_are_read_changed_and_written(tmp_path):
    outer = Outer.from_dict({"size": 1, "inner": {"rate": 0.1}, "more": [{}], "heads": {"a": {"name": "x"}}})
    assert outer["inner"]["rate"] == outer.select("inner.rate") == 0.1 and outer.select("heads.a.name") == "x"
    outer.set_nested("inner.rate", 0.2)
    outer["inner"] = {"rate": 0.3}
    assert isinstance(outer.inner, Inner) and outer.to_dict()["inner"] == {"rate": 0.3, "name": "a"}
    outer.to_yaml(tmp_path / "outer.yaml")
    text = (tmp_path / "outer.yaml").read_text()
    assert (
        text.startswith("size: 1\n# A section\ninner:\n  rate: 0.3\n")
        and Outer.from_yaml(tmp_path / "outer.yaml") == outer
    )


def test_mistakes_in_sections_are_named_with_their_path():
    with pytest.raises(InvalidConfig) as caught:
        Outer.from_dict({"inner": {"rate": 2}, "more": [{}, {"rate": "x"}], "heads": {"a": 3}, "maybe": {"rate": -1}})
    for part in ("size: an empty value cannot be used; expected a value", "inner.rate: 2", "more.1.rate: 'x'",
                 "heads.a: 3 cannot be used; expected keys with values", "maybe.rate: -1"):  # fmt: skip
        assert part in caught.value.message, part
    with pytest.raises(InvalidConfig, match="rate: 3 cannot be used"):
        Outer(size=1).inner.rate = 3


def test_unknown_keys_in_sections_are_kept_and_named_with_their_path():
    with pytest.warns(ConfigWarning, match=r"'inner\.rat' is not known.*Did you mean 'rate'"):
        outer = Outer.from_dict({"size": 1, "inner": {"rat": 0.1}})
    assert outer.to_dict()["inner"] == {"rate": 0.5, "name": "a", "rat": 0.1}


def test_old_names_in_sections_are_read():
    with pytest.warns(DLCDeprecationWarning):
        assert Outer.from_dict({"size": 1, "inner": {"title": "b"}}).inner.name == "b"
