"""csv files: the bytes of pandas going out, every form of the field coming in, and errors that name the cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, Missing, NoSpace, StorageError
from deeplabcut.io.csv_numbers import row_texts
from deeplabcut.io.csv_tables import csv_pieces, duplicated_rows, read_csv, write_csv
from deeplabcut.io.tables import MULTI_NAMES, Table, same_bits, same_rows, to_frame

HEADER = "scorer,,,Bob,Bob\nbodyparts,,,snout,snout\ncoords,,,x,y\n"
ROW = "labeled-data,v,a.png,1.5,2.5\n"


def written(table):
    return b"".join(csv_pieces(table))


def read_text(folder, text, encoding="utf-8"):
    (folder / "t.csv").write_bytes(text.encode(encoding))
    return read_csv(folder / "t.csv")


def test_T30_our_csv_has_the_bytes_of_every_pandas(pandas_files, sample_tables):
    """numpy 2 writes float32 numbers above a million in another notation; we keep that of the reference."""
    new_notation = {"predictions", "predictions_fixed", "ctd", "evaluation", "image_predictions"}
    for name, (table, _) in sample_tables.items():
        if not (pandas_files.name.startswith("pandas-3") and name in new_notation):
            assert written(table) == (pandas_files / f"{name}.csv").read_bytes(), name


def test_T30_csv_files_of_every_pandas_are_read_exactly(pandas_files, sample_tables):
    for name, (table, _) in sample_tables.items():
        found = read_csv(pandas_files / f"{name}.csv")
        assert same_rows(found.rows, table.rows) and found.columns == table.columns, name
        assert found.column_names == table.column_names, name
        assert same_bits(found.values.astype(table.values.dtype), table.values), name


def ordinary(kind):
    """Any float, but none between a million and 1e16, where the versions of numpy differ."""
    width = 32 if kind is np.float32 else 64
    return st.floats(width=width).filter(lambda x: not 1e6 <= abs(x) < 1e16) | st.integers(-9999, 9999).map(float)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_table_has_the_csv_of_pandas(data):
    pytest.importorskip("pandas")
    kind = data.draw(st.sampled_from([np.float32, np.float64]))
    shape = data.draw(st.tuples(st.integers(0, 6), st.integers(1, 5)))
    values = data.draw(arrays.arrays(kind, shape, elements=ordinary(kind)))
    text = st.text("ab,\"'\n é鼠=-;", max_size=5)
    columns = tuple(("Bob", f"{i}{data.draw(text)}", "x") for i in range(shape[1]))
    rows = data.draw(st.sampled_from([np.arange(shape[0]), tuple(f"{i}{data.draw(text)}" for i in range(shape[0])), tuple(("l", f"{data.draw(text)}", f"{i}") for i in range(shape[0]))]))  # fmt: skip  # noqa: E501
    table = Table(values, rows, columns, row_names=(None,) * 3 if isinstance(rows, tuple) and not rows else ())
    assert written(table).decode() == to_frame(table).to_csv(lineterminator="\n")


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_many_numbers_of_all_sizes_are_written_as_the_shortest_text_that_reads_back(kind):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2 ** (8 * np.dtype(kind).itemsize), 60_000, dtype=f"u{np.dtype(kind).itemsize}").view(kind)
    sized = (10.0 ** rng.uniform(-5, 9, 60_000)).astype(kind)
    round_ones = [np.round(rng.random(20_000) * 1000, n).astype(kind) for n in range(4)]
    edges = np.array([0, -0.0, 1e-4, 9.9999e-5, 16777215, 16777216, 8388608.5, 2097152.25, 999999.94, 1e15, 1e16], kind)
    powers = (2.0 ** np.arange(-20, 30)).astype(kind)
    numbers = np.concatenate([bits, sized, -sized, *round_ones, edges, powers, np.nextafter(powers, kind(0))])
    numbers = numbers[np.isfinite(numbers)]
    texts = row_texts(numbers[:, None])
    assert np.array(texts).astype(kind).tobytes() == numbers.tobytes()
    plain = np.abs(numbers.astype("f8"))
    plain = (plain < 1e6) | (plain >= 1e16)
    assert [text for text, ok in zip(texts, plain, strict=True) if ok] == numbers[plain].astype(str).tolist()


def test_missing_numbers_are_empty_cells_and_infinite_ones_are_named():
    for kind in (np.float32, np.float64):
        assert row_texts(np.array([[np.nan, 1, np.nan], [np.inf, -np.inf, np.nan]], kind)) == [",1.0,", "inf,-inf,"]


def test_T19_text_in_a_cell_is_named_with_file_line_and_column(tmp_path):
    for cell in ("oops", "1.2.3", "12px", "1_000", '"1,234"', "--"):
        with pytest.raises(DamagedFile, match="Line 5, column Bob / snout / y") as caught:
            read_text(tmp_path, HEADER + ROW + f"labeled-data,v,b.png,3,{cell}\n")
        assert str(tmp_path / "t.csv") in str(caught.value)


def test_T19_infinite_negative_and_far_numbers_are_kept_and_words_for_nothing_are_missing(tmp_path):
    rows = "".join(
        f"labeled-data,v,{i}.png,{cell},1\n" for i, cell in enumerate(["inf", "-5", "1e9", "NaN", "", "NA", " 7 "])
    )
    values = read_text(tmp_path, HEADER + rows).values[:, 0]
    assert np.array_equal(values, [np.inf, -5, 1e9, np.nan, np.nan, np.nan, 7], equal_nan=True)


def test_T19_duplicated_rows_are_kept_and_can_be_listed(tmp_path):
    table = read_text(tmp_path, HEADER + ROW + ROW.replace("1.5", "9"))
    assert len(table) == 2 and table.values[1, 0] == 9
    assert duplicated_rows(table.rows) == [("labeled-data", "v", "a.png")]


def test_lines_that_do_not_fit_the_header_are_named(tmp_path):
    with pytest.raises(DamagedFile, match="Line 5 has more cells"):
        read_text(tmp_path, HEADER + ROW + "labeled-data,v,b.png,1,5,2,5\n")
    short = read_text(tmp_path, HEADER + ROW + "labeled-data,v,b.png,1\n")
    assert np.isnan(short.values[1, 1])
    for text in ("", "\0\0", "a,b\n1,2\n"):
        with pytest.raises(DamagedFile):
            read_text(tmp_path, text)
    with pytest.raises(DamagedFile, match="do not match"):
        read_text(tmp_path, "scorer,,,Bob\nbodyparts,,x,snout\ncoords,,,x\n")
    with pytest.raises(Missing):
        read_csv(tmp_path / "no.csv")


def test_files_that_spreadsheets_saved_are_read(tmp_path):
    expected = read_text(tmp_path, HEADER + ROW)
    forms = {
        "mark": "\ufeff" + HEADER + ROW,
        "windows": (HEADER + ROW).replace("\n", "\r\n"),
        "old mac": (HEADER + ROW).replace("\n", "\r"),
        "empty columns": (HEADER + ROW).replace("\n", ",,\n"),
        "blank lines": HEADER + "\n" + ROW + ",,,,\n\n",
        "semicolons": (HEADER + ROW).replace(",", ";"),
        "decimal commas": (HEADER + ROW).replace(",", ";").replace("1.5", "1,5").replace("2.5", "2,5"),
        "tabs": (HEADER + ROW).replace(",", "\t"),
        "quotes": (HEADER + ROW).replace("Bob", '"Bob"').replace("1.5", '"1.5"'),
    }
    for name, text in forms.items():
        found = read_text(tmp_path, text)
        assert found.same_as(expected), name
    assert read_text(tmp_path, HEADER + ROW, "utf-16").same_as(expected)


def test_mixed_decimal_marks_and_foreign_encodings_are_refused(tmp_path):
    text = (HEADER + ROW + ROW).replace(",", ";").replace("1.5", "1,5", 1)
    with pytest.raises(DamagedFile, match="decimal comma"):
        read_text(tmp_path, text)
    with pytest.raises(DamagedFile, match="Line 2 of the csv file is not UTF-8"):
        read_text(tmp_path, HEADER.replace("snout", "öhr") + ROW, "latin-1")


def test_the_older_form_with_one_index_column_is_read(tmp_path):
    old = "scorer,Bob,Bob\nbodyparts,snout,snout\ncoords,x,y\n"
    for path in ("labeled-data/v/a.png", r"labeled-data\v\a.png"):
        found = read_text(tmp_path, old + path + ",1.5,2.5\n")
        assert found.rows == (path,) and found.values.tolist() == [[1.5, 2.5]]
    named = read_text(tmp_path, old + "frame,,\n0,1,2\n1,3,4\n")
    assert named.rows.tolist() == [0, 1] and named.row_names == ("frame",)


def test_T37_names_that_look_like_formulas_are_guarded_by_choice(tmp_path):
    columns = tuple(("=cmd()", part, coord) for part in ("+a", "@b") for coord in "xy")
    table = Table(np.ones((1, 4)) * -1, (("labeled-data", "-v", "=a.png"),), columns)
    write_csv(tmp_path / "as_is.csv", table)
    write_csv(tmp_path / "guarded.csv", table, for_spreadsheets=True)
    assert read_csv(tmp_path / "as_is.csv").same_as(table)
    cells = [cell for line in (tmp_path / "guarded.csv").read_text().splitlines() for cell in line.split(",")]
    assert "'=cmd()" in cells and "'-v" in cells and "'@b" in cells and "-1.0" in cells


def test_T5_T6_a_failed_write_leaves_the_old_csv(tmp_path, sample_tables):
    table = sample_tables["tracks"][0]
    write_csv(tmp_path / "t.csv", table)
    old = (tmp_path / "t.csv").read_bytes()
    other = replace(table, values=table.values + 1)
    for n_bytes in range(0, len(old) * 4 // 5, len(old) // 20):
        with faults.injected(f"enospc:{n_bytes}"), pytest.raises(NoSpace):
            write_csv(tmp_path / "t.csv", other)
    for fault in ("write:1", "fsync:1", "fsync:2", "replace:1"):
        with faults.injected(fault), pytest.raises(StorageError):
            write_csv(tmp_path / "t.csv", other)
    assert (tmp_path / "t.csv").read_bytes() == old and len(list(tmp_path.iterdir())) == 1


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text('ab,;"\n\r\t.0123456789-e é\\/scorer', max_size=80))
def test_any_text_gives_a_table_or_an_error_of_ours(tmp_path, text):
    for content in (HEADER + text, text):
        try:
            table = read_text(tmp_path, content)
        except DamagedFile:
            continue
        assert table.values.shape == (len(table.rows), len(table.columns))


def test_a_table_of_several_animals_is_told_by_its_header(tmp_path):
    text = "scorer,,,B,B\nindividuals,,,m1,single\nbodyparts,,,snout,corner\ncoords,,,x,x\nlabeled-data,v,a.png,1,2\n"
    assert read_text(tmp_path, text).column_names == MULTI_NAMES
