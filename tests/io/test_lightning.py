"""Lightning Pose: a csv with one animal."""

from __future__ import annotations

import numpy as np
import pytest

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.io.foreign import ForeignLabels, Kind, Picture
from deeplabcut.io.lightning import read_lightning, write_lightning

HEADER = "scorer,Bob,Bob,Bob,Bob\nbodyparts,snout,snout,tail,tail\ncoords,x,y,x,y\n"


def labels_of(points, names=("snout", "tail"), scorer="Bob"):
    paths = [f"labeled-data/cage/img{i}.png" for i in range(len(points))]
    pictures = tuple(Picture("cage", path.rsplit("/", 1)[1], path=path) for path in paths)
    n = len(points)
    return ForeignLabels((Kind("animal", names),), pictures, range(n), [0] * n, points, scorer=scorer)


def test_the_file_is_that_of_lightning_pose(tmp_path):
    write_lightning(tmp_path / "a.csv", labels_of(np.array([[[1.5, 2], [np.nan] * 2]])))
    assert (tmp_path / "a.csv").read_text() == HEADER + "labeled-data/cage/img0.png,1.5,2.0,,\n"


def test_it_opens_as_that_program_opens_it(tmp_path):
    pd = pytest.importorskip("pandas")
    write_lightning(tmp_path / "a.csv", labels_of(np.array([[[0.1, 1 / 3], [7, 8]]])))
    frame = pd.read_csv(tmp_path / "a.csv", header=[0, 1, 2], index_col=0)
    assert list(frame.index) == ["labeled-data/cage/img0.png"]
    assert frame["Bob"]["snout"].to_numpy().tolist() == [[0.1, 1 / 3]]


def test_what_is_written_reads_back_the_same(tmp_path):
    points = np.random.default_rng(0).normal(0, 1e3, (5, 2, 2))
    points[2] = points[3, 0] = np.nan
    write_lightning(tmp_path / "a.csv", labels_of(points, ("=cmd()", "鼠 <b>")))
    found = read_lightning(tmp_path / "a.csv")
    assert np.array_equal(found.points, points, equal_nan=True) and found.losses == ()
    assert found.kinds[0].bodyparts == ("=cmd()", "鼠 <b>") and found.scorer == "Bob"
    assert [p.label for p in found.pictures] == [f"cage/img{i}.png" for i in range(5)]


def test_T37_names_that_are_formulas_are_guarded_if_asked_for(tmp_path):
    write_lightning(tmp_path / "a.csv", labels_of(np.zeros((1, 2, 2)), ("=cmd()", "tail")), for_spreadsheets=True)
    assert "'=cmd()" in (tmp_path / "a.csv").read_text()


def test_what_labels_have_no_place_for_is_listed(tmp_path):
    text = "scorer,B,B,B\nbodyparts,s,s,s\ncoords,x,y,likelihood\nlabeled-data/c/img0.png,1,,0.5\n"
    (tmp_path / "a.csv").write_text(text)
    found = {loss.code: loss.items for loss in read_lightning(tmp_path / "a.csv").losses}
    assert found == {"no-number": ("c/img0.png s",), "fields": ("likelihood",)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (HEADER + "labeled-data/cage/img0.png,1,abc,3,4\n", "Line 4, column Bob / snout / y"),
        (HEADER + "img0.png,1,2,3,4\n", "'img0.png' does not name an image"),
        ("scorer,B,B\nindividuals,m1,m1\nbodyparts,s,s\ncoords,x,y\nlabeled-data/c/i.png,1,2\n", "individuals"),
        ("", "empty"),
        ("a,b\n1,2\n", "header"),
    ],
)
def test_T19_an_error_names_the_place(tmp_path, text, named):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DamagedFile, match=named) as error:
        read_lightning(tmp_path / "a.csv")
    assert "a.csv" in str(error.value)


def test_several_animals_on_a_picture_are_refused(tmp_path):
    labels = labels_of(np.zeros((2, 2, 2)))
    with pytest.raises(InvalidInput, match="one animal"):
        write_lightning(tmp_path / "a.csv", ForeignLabels(**{**vars(labels), "picture_of": [0, 0]}))
    assert not list(tmp_path.iterdir())
