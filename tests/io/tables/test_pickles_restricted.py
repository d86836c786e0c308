"""Pickles, shelves and arrays of others open as data or not at all."""

from __future__ import annotations

import collections
import dbm.dumb
import io
import os
import pickle
import pickletools
import shelve
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, Missing, NoSpace, UnsafeFile
from deeplabcut.io.array_files import read_mat, read_npy
from deeplabcut.io.pickles import PickledIndex, loads, read_pickle, write_pickle, write_pickle_items
from deeplabcut.io.shelves import read_shelf


def equal(one, other):
    """Deep equality that knows arrays and NaN."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        if one.dtype == object:
            return one.shape == other.shape and all(map(equal, one.tolist(), other.tolist()))
        return (
            type(one) is type(other)
            and one.dtype == other.dtype
            and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return type(one) is type(other) and len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and (one == other or one != one)


def index(tuples, names):
    return PickledIndex(tuple(tuples), tuple(names))


class Call:
    def __init__(self, function, *arguments):
        self.how = function, arguments

    def __reduce__(self):
        return self.how


def test_T30_pickles_of_every_pandas_and_protocol_are_read(pandas_files, sample_maker):
    for name, thing in sample_maker.pickled(index).items():
        for protocol in range(6):
            assert equal(read_pickle(pandas_files / f"{name}_p{protocol}.pickle"), thing), (name, protocol)


def test_T30_shelves_are_read_entry_by_entry(pandas_files, sample_maker):
    assert equal(dict(read_shelf(pandas_files / "shelf")), sample_maker.pickled(index)["full"])


def test_what_we_write_reads_back_the_same(tmp_path, sample_maker):
    things = sample_maker.pickled(index)
    things.pop("objects")
    things["meta"]["data"]["ok"] = True  # a bool of numpy has another name in each version and becomes a plain one
    for thing in things.values():
        write_pickle(tmp_path / "ours.pickle", thing)
        assert equal(read_pickle(tmp_path / "ours.pickle"), thing)


def test_what_we_write_opens_as_ordinary_objects(tmp_path, sample_maker):
    pandas = pytest.importorskip("pandas")
    write_pickle(tmp_path / "t.pickle", sample_maker.pickled(index)["tracklets"])
    found = pickle.loads((tmp_path / "t.pickle").read_bytes())
    expected = pandas.MultiIndex.from_product([["DLC_net"], ["snout", "tail"], ["x", "y", "likelihood"]])
    assert isinstance(found["header"], pandas.MultiIndex) and list(found["header"]) == list(expected)
    assert list(found["header"].names) == ["scorer", "bodyparts", "coords"]
    assert found[3]["frame00"].flags.writeable and type(found[3]["frame00"]) is np.ndarray


def test_T30_an_older_environment_opens_what_we_write(tmp_path, sample_maker, old_python):
    things = sample_maker.pickled(index)
    for name, thing in things.items():
        write_pickle(tmp_path / f"{name}.pickle", thing)
    write_pickle_items(tmp_path / "streamed.pickle", ((f"frame{i}", {"a": np.ones((2, 3), "f4")}) for i in range(500)))
    script = (
        "import pathlib, pickle, sys, numpy, pandas\n"
        "t = {p.stem: pickle.loads(p.read_bytes()) for p in pathlib.Path(sys.argv[1]).glob('*.pickle')}\n"
        "assert isinstance(t['tracklets']['header'], pandas.MultiIndex) and len(t['tracklets']['header']) == 6\n"
        "assert t['tracklets']['header'].levels[1].dtype == object\n"
        "assert t['full']['frame0']['coordinates'][0][2].shape == (3, 2)\n"
        "assert len(t['streamed']) == 500 and type(t['streamed']) is dict\n"
        "assert t['documentation'][1].tolist() == [1, 0]\n"
        "print(numpy.__version__, len(t))\n"
    )
    done = subprocess.run([old_python, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0].startswith("1.") and done.stdout.split()[1] == str(len(things) + 1)


def test_no_name_in_our_pickles_depends_on_the_version_of_numpy(tmp_path, sample_maker):
    write_pickle(tmp_path / "f.pickle", sample_maker.pickled(index)["full"])
    content = (tmp_path / "f.pickle").read_bytes()
    assert b"_core" not in content and b"numpy.core" not in content
    assert pickletools.optimize(content)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(plain, st.integers(0, 5))
def test_any_plain_object_of_any_protocol_is_read(thing, protocol):
    assert equal(loads(pickle.dumps(thing, protocol), "memory"), thing)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(["f2", "f4", "f8", ">f8", "i1", "u2", "i8", "?", "c16", "S3", "U4"]), st.lists(st.integers(0, 4), min_size=1, max_size=3), st.integers(0, 5), st.booleans())  # fmt: skip  # noqa: E501
def test_arrays_of_any_type_shape_and_order_are_read(dtype, shape, protocol, fortran):
    array = np.arange(int(np.prod(shape))).astype(dtype).reshape(shape, order="F" if fortran else "C")
    content = pickle.dumps({"a": array[..., ::-1], "b": array, "c": array.ravel()[:1]}, protocol)
    assert equal(loads(content, "memory"), pickle.loads(content))


def test_a_long_dict_is_streamed_in_little_memory_and_reads_back_plain(tmp_path):
    items = ((i, np.full((12, 3), i, "f4")) for i in range(20_000))
    tracemalloc.start()
    write_pickle_items(tmp_path / "long.pickle", items)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found = read_pickle(tmp_path / "long.pickle")
    assert type(found) is dict and len(found) == 20_000 and found[777][3, 1] == 777
    assert peak < 3e6


def hostile_objects(marker):
    """Ways to make a marker file, from plain to hidden."""
    make = Call(os.mkdir, str(marker))
    yield "call", make
    yield "nested", {"metadata": {"deep": [1, ("x", {"y": make})]}}
    yield "key", {"frame0": {(1, make): 2}}
    yield "eval", Call(eval, f"__import__('os').mkdir({str(marker)!r})")
    yield "exec", Call(exec, f"import os; os.mkdir({str(marker)!r})")
    yield "getattr", Call(getattr, "a", "upper")
    yield "system", Call(os.system, f"mkdir {marker}")
    yield "run", Call(subprocess.check_call, ["mkdir", str(marker)])
    yield "import", Call(__import__, "antigravity")
    yield "open", Call(open, str(marker), "w")
    yield "map", Call(list, Call(map, os.mkdir, [str(marker)]))
    yield "array", np.array([make], dtype=object)
    yield "counter", Call(collections.Counter, "abc")
    yield "partial", Call(__import__("functools").partial, os.mkdir, str(marker))
    yield "load", Call(pickle.loads, pickle.dumps(make))
    yield "ctypes", Call(__import__("ctypes").CDLL, "libc.so.6")
    yield "numpy_load", Call(np.load, str(marker))
    yield "save", Call(np.save, str(marker), np.ones(2))


def opcodes(marker):
    """Streams that no pickler writes."""
    text = str(marker).encode()
    os_mkdir = b"cposix\nmkdir\n"
    yield "inst", b"(S'" + text + b"'\niposix\nmkdir\n."
    yield "obj", b"(" + os_mkdir + b"S'" + text + b"'\no."
    yield "dotted", b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93\x8c\x01x\x85R."
    yield "build_function", b"\x80\x02cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb."
    yield "build_slots", b"\x80\x02c_codecs\nencode\n(N}X\x0c\x00\x00\x00__defaults__)stb."
    yield "newobj", b"\x80\x02cposix\nstat_result\n(K\x01t\x81."
    yield "persistent", b"Pabc\n."
    yield "binpersistent", b"K\x01Q."
    yield "extension", b"\x80\x02\x82\x01."
    yield "buffer", b"\x80\x05\x97."
    yield "memo", b"\x80\x02]r\xff\xff\xff\x7f."
    yield "put", b"]p999999999999\n."
    yield "frame", b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f]."
    yield "long_bytes", b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"abc."
    yield "long_array", b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"abc."
    yield "long_text", b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"abc."
    yield "bytearray", pickle.dumps(Call(bytearray, 10**12), 2)
    yield "range_list", pickle.dumps(Call(list, range(10**12)), 2)
    yield "giant_array", pickle.dumps(Call(np.ndarray, (10**12,), "f8"), 4)
    yield "giant_type", pickle.dumps(Call(np.dtype, "V999999999"), 4)
    yield "object_array", pickle.dumps(Call(np.ndarray, (2,), "O8", bytearray(16)), 5)
    whole = pickle.dumps(np.array(["a"], dtype=object), 2)
    yield "objects_without_content", whole.replace(b"K\x01K\x01\x85", b"K\x01J\xff\xff\xff\x7f\x85")
    yield "fields", pickle.dumps(np.zeros(2, [("a", "O"), ("b", "f8")]), 2)
    mutated = pickle.dumps(np.ones(2), 2).replace(b"X\x02\x00\x00\x00f8", b"X\x02\x00\x00\x00O8")
    yield "numbers_as_objects", mutated


def test_T31_no_hostile_pickle_runs_anything(tmp_path, capsys, peak_growth_mb):
    marker = tmp_path / "marker"
    tried = 0
    for name, thing in hostile_objects(marker):
        for protocol in range(6):
            path = tmp_path / f"{name}_{protocol}_full.pickle"
            path.write_bytes(pickle.dumps(thing, protocol))
            with pytest.raises(UnsafeFile) as caught:
                read_pickle(path)
            assert f"dlc trust {path}" in str(caught.value) or "unknown way" in str(caught.value), name
            assert not marker.exists(), (name, protocol)
            tried += 1
    for name, content in opcodes(marker):
        path = tmp_path / f"{name}.pickle"
        path.write_bytes(content)
        with pytest.raises((UnsafeFile, DamagedFile)) as caught:
            read_pickle(path)
        assert str(path) in str(caught.value) and not marker.exists(), name
        tried += 1
    assert peak_growth_mb() < 100
    with capsys.disabled():
        print(f"\nT31: {tried} hostile pickles refused")
    assert tried == 18 * 6 + 24


RANGE = b"cpandas\n_new_Index\n(cpandas\nRangeIndex\n}(U\x05startK\x00U\x04stopJ\x00\x00\x00\x7fU\x04stepK\x01utR."
LARGE = b"]q\x00(" + b"K\x01" * 100_000 + b"e0"  # a list, known as number 0


@pytest.mark.parametrize(
    "content",
    [
        LARGE + b"(cbuiltins\nlist\nq\x010" + b"h\x01h\x00\x85R" * 1000 + b"l.",
        b"B\xa0\x86\x01\x00" + b"x" * 100_000 + b"q\x000(cbuiltins\nbytearray\nq\x010"
        + b"h\x01h\x00\x85R" * 1000 + b"l.",
        RANGE,
    ],
    ids=["lists", "bytes", "range"],
)  # fmt: skip
def test_T31_a_small_pickle_cannot_ask_for_copies_without_end(tmp_path, content):
    (tmp_path / "a.pickle").write_bytes(b"\x80\x02" + content)
    with pytest.raises(UnsafeFile, match="more memory"):
        read_pickle(tmp_path / "a.pickle")


def test_T31_the_functions_behind_the_names_cannot_be_changed(tmp_path):
    before = loads(pickle.dumps(np.arange(3), 2), "memory")
    for content in (
        b"\x80\x02cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb.",
        b"\x80\x02c_codecs\nencode\n(N}X\x01\x00\x00\x00aK\x01stb.",
    ):
        with pytest.raises((UnsafeFile, DamagedFile)):
            loads(content, "memory")
    assert equal(loads(pickle.dumps(np.arange(3), 2), "memory"), before)


@pytest.mark.parametrize("protocol", range(6))
def test_T31_every_value_of_a_shelf_is_guarded(tmp_path, protocol):
    with shelve.Shelf(dbm.dumb.open(str(tmp_path / "s"), "n"), protocol=protocol) as shelf:
        shelf["frame0"], shelf["frame1"] = {"a": 1}, Call(os.mkdir, str(tmp_path / "marker"))
    with pytest.raises(UnsafeFile, match="mkdir"):
        list(read_shelf(tmp_path / "s"))
    assert not (tmp_path / "marker").exists()


def test_T31_arrays_of_objects_and_false_sizes_are_refused(tmp_path):
    np.save(tmp_path / "o.npy", np.array([Call(os.mkdir, str(tmp_path / "marker"))], dtype=object), allow_pickle=True)
    with pytest.raises(UnsafeFile):
        read_npy(tmp_path / "o.npy")
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    (tmp_path / "big.npy").write_bytes(stream.getvalue())
    (tmp_path / "text.npy").write_bytes(b"hello")
    for name in ("big.npy", "text.npy"):
        with pytest.raises(DamagedFile):
            read_npy(tmp_path / name)
    np.save(tmp_path / "fine.npy", np.eye(3))
    assert equal(read_npy(tmp_path / "fine.npy"), np.eye(3))
    assert not (tmp_path / "marker").exists()


def test_T31_a_mat_file_is_only_data(tmp_path):
    scipy_io = pytest.importorskip("scipy.io")
    dataset = np.zeros((1, 2), dtype=[("image", "O"), ("size", "O")])
    dataset["image"][0] = ["a.png", "b.png"]
    scipy_io.savemat(tmp_path / "d.mat", {"dataset": dataset})
    assert read_mat(tmp_path / "d.mat")["dataset"].shape == (1, 2)
    content = (tmp_path / "d.mat").read_bytes()
    (tmp_path / "pickle.mat").write_bytes(pickle.dumps(Call(os.mkdir, str(tmp_path / "marker"))))
    (tmp_path / "cut.mat").write_bytes(content[: len(content) // 2])
    for name in ("pickle.mat", "cut.mat"):
        with pytest.raises(DamagedFile):
            read_mat(tmp_path / name)
    assert not (tmp_path / "marker").exists()


def test_a_pickle_cut_anywhere_is_called_damaged(tmp_path, pandas_files):
    for name in ("full_p5", "tracklets_p2", "meta_p0"):
        content = (pandas_files / f"{name}.pickle").read_bytes()
        for n_bytes in np.linspace(0, len(content) - 1, 40).astype(int):
            (tmp_path / "cut.pickle").write_bytes(content[:n_bytes])
            with pytest.raises(DamagedFile):
                read_pickle(tmp_path / "cut.pickle")
    with pytest.raises(Missing):
        read_pickle(tmp_path / "no.pickle")


def test_a_pickle_vouched_for_on_this_machine_is_opened_in_full(tmp_path, monkeypatch):
    from deeplabcut.core.trust import trust

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "mine.pickle"
    path.write_bytes(pickle.dumps(collections.Counter("aab")))
    with pytest.raises(UnsafeFile, match="dlc trust"):
        read_pickle(path)
    trust(path)
    assert read_pickle(path) == {"a": 2, "b": 1}


def test_T5_a_full_disk_leaves_the_old_pickle(tmp_path):
    path = tmp_path / "p.pickle"
    write_pickle(path, {"old": 1})
    for n_bytes in (0, 10, 5000):
        with faults.injected(f"enospc:{n_bytes}"), pytest.raises(NoSpace):
            write_pickle_items(path, ((i, np.zeros(100)) for i in range(1000)))
        assert read_pickle(path) == {"old": 1} and len(list(tmp_path.iterdir())) == 1


def test_reading_a_pickled_index_needs_no_pandas(pandas_files):
    script = (
        "import sys; from deeplabcut.io.pickles import read_pickle\n"
        "read_pickle(sys.argv[1]); print('pandas' in sys.modules)\n"
    )
    path = str(pandas_files / "tracklets_p5.pickle")
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
