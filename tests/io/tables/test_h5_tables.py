"""h5 files: every pandas reads ours, we read every pandas', and none of them can do harm."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, Missing, NoSpace, StorageError
from deeplabcut.io.h5_writer import fits_appendable
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.tables import SINGLE_NAMES, Table, from_frame, same_bits, same_rows, to_frame


def test_T30_files_of_pandas_1_2_and_3_are_read_bit_for_bit(pandas_files, sample_tables):
    for name, (table, _) in sample_tables.items():
        found = read_table(pandas_files / f"{name}.h5")
        assert found.same_as(table), name
        assert found.key == table.key and found.row_names == table.row_names


def test_T30_our_reading_of_a_file_equals_that_of_pandas(pandas_files, sample_tables):
    pandas = pytest.importorskip("pandas")
    if pandas_files.name.startswith("pandas-3") and int(pandas.__version__.split(".")[0]) < 3:
        pytest.skip("this pandas cannot open files of pandas 3")
    for name in sample_tables:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = pandas.read_hdf(pandas_files / f"{name}.h5")
        pandas.testing.assert_frame_equal(to_frame(read_table(pandas_files / f"{name}.h5")), theirs)


def test_T30_pandas_reads_what_we_write(tmp_path, sample_tables):
    pandas = pytest.importorskip("pandas")
    for name, (table, layout) in sample_tables.items():
        write_table(tmp_path / "ours.h5", table, layout=layout)
        theirs = pandas.read_hdf(tmp_path / "ours.h5")
        assert theirs.index.nlevels == table.n_row_levels, name
        assert from_frame(theirs, table.key).same_as(table), name
        if len(table):
            pandas.testing.assert_frame_equal(theirs, to_frame(table))


def test_T30_an_older_environment_reads_what_we_write(tmp_path, sample_tables, old_python):
    for name, (table, layout) in sample_tables.items():
        write_table(tmp_path / f"{name}.h5", table, layout=layout)
        rows = table.rows if isinstance(table.rows, tuple) else table.rows.tolist()
        facts = {"columns": table.columns, "names": table.column_names, "rows": rows, "dtype": table.values.dtype.name}
        (tmp_path / f"{name}.json").write_text(json.dumps(facts))
        np.save(tmp_path / f"{name}.npy", table.values)
    script = (
        "import json, pathlib, sys, numpy as np, pandas as pd\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.h5')):\n"
        "    frame, facts = pd.read_hdf(path), json.loads(path.with_suffix('.json').read_text())\n"
        "    kind = lambda labels: [tuple(l) if isinstance(l, (list, tuple)) else l for l in labels]\n"
        "    columns = kind(facts['columns']) if len(facts['names']) > 1 else [c[0] for c in facts['columns']]\n"
        "    assert kind(frame.columns) == columns and list(frame.columns.names) == facts['names'], path\n"
        "    assert kind(frame.index) == kind(facts['rows']), path\n"
        "    assert not facts['rows'] or not isinstance(facts['rows'][0], int) or frame.index.dtype == 'int64'\n"
        "    assert {str(d) for d in frame.dtypes} == {facts['dtype']}, path\n"
        "    values = np.load(path.with_suffix('.npy'))\n"
        "    assert frame.to_numpy().tobytes() == values.tobytes() or np.array_equal(frame, values, equal_nan=True)\n"
        "    print(path.stem)\n"
    )
    done = subprocess.run([old_python, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(sample_tables)


labels = st.text("ab. é鼠'\"\\,nN", max_size=5)


@st.composite
def tables(draw):
    n_rows, n_columns = draw(st.integers(0, 6)), draw(st.integers(1, 6))
    kind = draw(st.sampled_from([np.float32, np.float64]))
    values = draw(arrays.arrays(kind, (n_rows, n_columns)))
    columns = tuple(("Bob", f"{i}{draw(labels)}", draw(st.sampled_from("xy"))) for i in range(n_columns))
    rows = draw(
        st.sampled_from(
            [
                np.arange(n_rows) * 5 - 2,
                tuple(f"p/{i}{draw(labels)}" for i in range(n_rows)),
                tuple(("l", draw(labels), f"{i}") for i in range(n_rows)),
            ]
        )
    )
    return Table(values, rows, columns, SINGLE_NAMES, (None,) * 3 if isinstance(rows, tuple) and n_rows == 0 else ())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tables(), st.sampled_from(["fixed", "table"]))
def test_any_table_reads_back_bit_for_bit(tmp_path, table, layout):
    write_table(tmp_path / "t.h5", table, layout=layout)
    found = read_table(tmp_path / "t.h5")
    assert same_bits(found.values, table.values) and same_rows(found.rows, table.rows)
    assert found.columns == table.columns and found.column_names == table.column_names


def test_thousands_of_columns_are_written_where_pandas_fails(tmp_path):
    pandas = pytest.importorskip("pandas")
    columns = tuple(("DLC_resnet", f"animal{i}", f"part{j}", c) for i in range(90) for j in range(40) for c in "xyl")
    assert not fits_appendable(columns)
    table = Table(np.ones((2, len(columns))), np.arange(2), columns, ("scorer", "individuals", "bodyparts", "coords"))
    write_table(tmp_path / "wide.h5", table)
    assert from_frame(pandas.read_hdf(tmp_path / "wide.h5")).same_as(table)


def test_the_same_table_gives_the_same_bytes(tmp_path, sample_tables):
    for name in ("labels_multi", "tracks"):
        table, layout = sample_tables[name]
        for copy in ("a.h5", "b.h5"):
            write_table(tmp_path / copy, table, layout=layout)
        assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_missing_file_and_a_file_of_something_else_are_told_apart(tmp_path):
    with pytest.raises(Missing):
        read_table(tmp_path / "no.h5")
    for content in (b"", b"hello", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(500)):
        (tmp_path / "x.h5").write_bytes(content)
        with pytest.raises(DamagedFile):
            read_table(tmp_path / "x.h5")


@pytest.mark.parametrize("name", ["labels_multi", "tracks"])
def test_T20_a_file_cut_at_any_of_a_hundred_places_is_called_damaged(tmp_path, pandas_files, sample_tables, name):
    whole = {"theirs": (pandas_files / f"{name}.h5").read_bytes()}
    table, layout = sample_tables[name]
    write_table(tmp_path / "whole.h5", table, layout=layout)
    whole["ours"] = (tmp_path / "whole.h5").read_bytes()
    for content in whole.values():
        for n_bytes in np.linspace(0, len(content) - 1, 100).astype(int):
            (tmp_path / "cut.h5").write_bytes(content[:n_bytes])
            with pytest.raises(DamagedFile):
                read_table(tmp_path / "cut.h5")


def test_garbled_bytes_give_an_error_of_ours_or_a_table_never_a_crash(tmp_path, sample_tables):
    """In a child, so that a crash of the library would show."""
    table, layout = sample_tables["labels_multi"]
    write_table(tmp_path / "whole.h5", table, layout=layout)
    script = (
        "import random, sys, pathlib\n"
        "from deeplabcut.core.errors import DeepLabCutError\n"
        "from deeplabcut.io.hdf import read_table\n"
        "folder = pathlib.Path(sys.argv[1]); whole = (folder / 'whole.h5').read_bytes(); chance = random.Random(4)\n"
        "outcome = {'table': 0, 'error': 0}\n"
        "for _ in range(400):\n"
        "    garbled = bytearray(whole)\n"
        "    for _ in range(chance.choice([1, 3, 20])):\n"
        "        garbled[chance.randrange(len(garbled))] = chance.choice([0, 255, chance.randrange(256)])\n"
        "    (folder / 'garbled.h5').write_bytes(garbled)\n"
        "    try:\n"
        "        read_table(folder / 'garbled.h5'); outcome['table'] += 1\n"
        "    except DeepLabCutError:\n"
        "        outcome['error'] += 1\n"
        "print(outcome['table'] + outcome['error'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["400"]


@pytest.mark.parametrize("layout", ["fixed", "table"])
def test_T5_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, sample_tables, layout):
    old, _ = sample_tables["predictions"]
    new = replace(old, values=old.values + 1)
    path = tmp_path / "p.h5"
    write_table(path, old, layout=layout)
    size = path.stat().st_size
    for n_bytes in [*range(0, size, max(1, size // 25)), size - 1]:
        with faults.injected(f"enospc:{n_bytes}"), pytest.raises(NoSpace):
            write_table(path, new, layout=layout)
        assert read_table(path).same_as(old)
        assert [entry.name for entry in tmp_path.iterdir()] == ["p.h5"]
    write_table(path, new, layout=layout)
    assert read_table(path).same_as(new)


@pytest.mark.parametrize("layout", ["fixed", "table"])
def test_T6_a_failing_step_is_reported_and_the_old_file_stays(tmp_path, sample_tables, layout):
    old, _ = sample_tables["predictions"]
    path = tmp_path / "p.h5"
    write_table(path, old, layout=layout)
    with faults.injected() as plan:
        write_table(path, old, layout=layout)
    for step, count in plan.seen.items():
        for k in range(1, count + 1):
            with faults.injected(f"{step}:{k}"), pytest.raises(StorageError):
                write_table(path, replace(old, values=old.values + 1), layout=layout)
            assert read_table(path).same_as(old)
            assert [entry.name for entry in tmp_path.iterdir()] == ["p.h5"]
