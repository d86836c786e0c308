"""Old names of functions and keywords."""

from __future__ import annotations

import pytest

from deeplabcut.core.deprecation import DeprecationInfo, DLCDeprecationWarning, deprecated, renamed_parameter


def test_a_deprecated_function_works_and_warns_at_each_call():
    @deprecated(replacement="new_name", since="3.0", removed_in="5.0")
    def old_name(x):
        """Double x."""
        return 2 * x

    for _ in range(2):
        with pytest.warns(
            DLCDeprecationWarning,
            match=r"old_name is deprecated \(since 3\.0\); use new_name; it will be removed in 5\.0",
        ) as seen:
            assert old_name(2) == 4
        assert seen[0].filename == __file__
    assert old_name.__doc__.endswith("Double x.") and "deprecated" in old_name.__doc__.splitlines()[0]
    assert old_name.__deprecated_info__.replacement == "new_name" and old_name.__deprecated_info__.kind == "callable"


def test_a_renamed_keyword_is_accepted_with_a_warning():
    @renamed_parameter(old="videotype", new="video_extensions", since="3.0")
    @renamed_parameter(old="batchsize", new="batch_size")
    def analyse(videos, video_extensions=None, batch_size=8):
        return videos, video_extensions, batch_size

    with pytest.warns(DLCDeprecationWarning, match="'videotype' of .*analyse is now called 'video_extensions'") as seen:
        assert analyse(1, videotype=".avi") == (1, ".avi", 8)
    assert seen[0].filename == __file__
    with pytest.warns(DLCDeprecationWarning):
        assert analyse(1, ".mp4", batchsize=2) == (1, ".mp4", 2)
    with pytest.raises(TypeError, match="both 'videotype' and 'video_extensions'"):
        analyse(1, videotype="a", video_extensions="b")
    with pytest.raises(TypeError):
        analyse(1, nonsense=1)
    infos = analyse.__deprecated_params__
    assert {(info.old_parameter, info.new_parameter) for info in infos} == {
        ("videotype", "video_extensions"),
        ("batchsize", "batch_size"),
    }
    assert all(info.target.endswith("analyse") and info.kind == "parameter" for info in infos)


def test_impossible_renamings_are_refused_where_they_are_written():
    def function(new, other=1):
        return new

    with pytest.raises(ValueError, match="no parameter 'missing'"):
        renamed_parameter(old="x", new="missing")(function)
    with pytest.raises(ValueError, match="still has a parameter 'other'"):
        renamed_parameter(old="other", new="new")(function)
    with pytest.raises(ValueError, match="chain"):
        renamed_parameter(old="new2", new="new")(renamed_parameter(old="new2", new="other")(function))


def test_versions_are_checked():
    assert str(DeprecationInfo("callable", "f", since="3.0.2").since) == "3.0.2"
    with pytest.raises(ValueError, match="not a version"):
        DeprecationInfo("callable", "f", since="soon")
    with pytest.raises(ValueError, match="not after"):
        DeprecationInfo("callable", "f", since="3.0", removed_in="2.0")
    with pytest.raises(AttributeError):
        DeprecationInfo("callable", "f").target = "g"
