"""h5 files made to do harm: nothing runs, nothing is followed, nothing exhausts the machine."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from deeplabcut.core.errors import DamagedFile, UnsafeFile
from deeplabcut.io.hdf import read_table, write_table

TEXT_ATTRIBUTES = ("info", "non_index_axes", "values_cols", "index_cols")


class Marker:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def put(owner, name, content):
    if name in owner.attrs:
        del owner.attrs[name]
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(content))
    attribute = h5py.h5a.create(owner.id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(np.array(content, f"S{len(content)}"), mtype=kind)


def pickled_attributes(folder, sample_tables, marker):
    for protocol in range(6):
        for nested in (False, True):
            thing = [(1, [("a", Marker(marker))])] if nested else Marker(marker)
            for name in TEXT_ATTRIBUTES:
                path = folder / f"pickle_{name}_{protocol}_{nested}.h5"
                write_table(path, sample_tables["tracks"][0], layout="table")
                with h5py.File(path, "r+") as h5:
                    put(h5["tracks"], name, pickle.dumps(thing, protocol))
                yield path
            path = folder / f"pickle_kind_{protocol}_{nested}.h5"
            write_table(path, sample_tables["tracks"][0], layout="table")
            with h5py.File(path, "r+") as h5:
                put(h5["tracks/table"], "values_block_0_kind", pickle.dumps(thing, protocol))
            yield path
            path = folder / f"pickle_name_{protocol}_{nested}.h5"
            write_table(path, sample_tables["labels_multi"][0], layout="fixed")
            with h5py.File(path, "r+") as h5:
                put(h5["df_with_missing/axis0_level1"], "name", pickle.dumps(thing, protocol))
            yield path


def rebuilt(folder, sample_tables, name, change, key="df_with_missing"):
    path = folder / f"{name}.h5"
    table, layout = sample_tables["labels_multi"] if key == "df_with_missing" else sample_tables["tracks"]
    write_table(path, table, layout=layout)
    with h5py.File(path, "r+") as h5:
        change(h5[key])
    return path


def replace_dataset(name, make):
    def change(group):
        attributes = dict(group[name].attrs)
        del group[name]
        dataset = make(group, name)
        for key, value in attributes.items():
            if key != "TITLE":
                dataset.attrs[key] = value

    return change


def structural(folder, sample_tables, marker):
    secret = folder / "secret.bin"
    secret.write_bytes(bytes(4096))
    other = folder / "other.h5"
    write_table(other, sample_tables["labels_multi"][0], layout="fixed")
    objects = pickle.dumps(np.array([Marker(marker)], object), 5)

    def vlen_objects(group, name):
        dataset = group.create_dataset(name, (1,), dtype=h5py.vlen_dtype(np.uint8))
        dataset[0] = np.frombuffer(objects, np.uint8)
        dataset.attrs["PSEUDOATOM"] = "object"
        return dataset

    def external_data(group, name):
        return group.create_dataset(name, (4, 14), "f8", external=[(str(secret), 0, 4 * 14 * 8)])

    def virtual(group, name):
        layout = h5py.VirtualLayout((4, 14), "f8")
        layout[:] = h5py.VirtualSource(str(other), "df_with_missing/block0_values", (4, 14))
        return group.create_virtual_dataset(name, layout)

    def unknown_filter(group, name):
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((4, 14))
        plan.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
        space = h5py.h5s.create_simple((4, 14))
        return h5py.Dataset(h5py.h5d.create(group.id, name.encode(), h5py.h5t.IEEE_F64LE, space, plan))

    def billion_rows(group, name):
        return group.create_dataset(name, (10**9, 14), "f8", chunks=(1000, 14))

    def zeros_bomb(group, name):
        return group.create_dataset(name, (2_000_000, 14), "f8", data=np.zeros((2_000_000, 14)), compression=9)

    def billion_records(group, name):
        kind = np.dtype([("index", "<i8"), ("values_block_0", "<f8", (21,))])
        return group.create_dataset(name, (10**9,), kind, chunks=(1000,), maxshape=(None,))

    def soft_loop(group):
        del group["block0_values"]
        group["block0_values"] = h5py.SoftLink("/df_with_missing/loop")
        group["loop"] = h5py.SoftLink("/df_with_missing/block0_values")

    def soft_to_itself(group):
        del group["axis0_level0"]
        group["axis0_level0"] = h5py.SoftLink("/df_with_missing/axis0_level0")

    def external_link(group):
        del group["block0_values"]
        group["block0_values"] = h5py.ExternalLink(str(other), "/df_with_missing/block0_values")

    def hard_loop(group):
        del group["block0_values"]
        group["block0_values"] = group

    def many_blocks(group):
        group.attrs["nblocks"] = np.int64(2**62)

    def many_levels(group):
        group.attrs["axis0_nlevels"] = np.int64(2**40)

    def impossible_codes(group):
        group["axis0_label2"][...] = 100

    def negative_codes(group):
        group["axis0_label2"][...] = -5

    def empty_shape(group):
        put(group["block0_values"], "shape", pickle.dumps((0, 10**30), 0))

    def long_text(group):
        group.create_dataset("big", data=np.array(b"x" * 10**6))
        group.attrs["pandas_type"] = "x" * 60_000

    def text_attribute_of_any_length(group):
        group.attrs.create("pandas_type", "frame", dtype=h5py.string_dtype())

    def memo_bomb(group):
        put(group, "info", b"\x80\x02]r\xff\xff\xff\x7f.")

    def endless_text(group):
        put(group, "non_index_axes", b"\x80\x04\x8d" + (2**60).to_bytes(8, "little") + b"abc.")

    def nested_labels(group):
        thing = ("a",)
        for _ in range(60):
            thing = (thing, thing)
        put(group, "non_index_axes", pickle.dumps([(1, [thing])], 2))

    def endless_hash(group):
        thing = ("a",)
        for _ in range(60):
            thing = (thing, thing)
        content = pickle.dumps(thing, 2)[:-1]
        put(group, "info", b"\x80\x02}" + content[2:] + b"K\x01s.")

    def endless_set(group):
        put(group, "info", b"\x80\x04\x8f(K\x01" + b"2\x86" * 60 + b"\x90.")

    for name, change in {
        "vlen_values": replace_dataset("block0_values", vlen_objects),
        "vlen_level": replace_dataset("axis0_level0", vlen_objects),
        "external_data": replace_dataset("block0_values", external_data),
        "virtual": replace_dataset("block0_values", virtual),
        "filter": replace_dataset("block0_values", unknown_filter),
        "billion_rows": replace_dataset("block0_values", billion_rows),
        "zeros_bomb": replace_dataset("block0_values", zeros_bomb),
        "soft_loop": soft_loop, "soft_to_itself": soft_to_itself, "external_link": external_link,
        "hard_loop": hard_loop, "many_blocks": many_blocks, "many_levels": many_levels, "empty_shape": empty_shape,
        "impossible_codes": impossible_codes, "negative_codes": negative_codes, "long_text": long_text,
        "any_length": text_attribute_of_any_length,
    }.items():  # fmt: skip
        yield rebuilt(folder, sample_tables, name, change)
    for name, change in {
        "billion_records": replace_dataset("table", billion_records), "memo_bomb": memo_bomb,
        "endless_text": endless_text, "nested_labels": nested_labels,
        "endless_hash": endless_hash, "endless_set": endless_set,
    }.items():  # fmt: skip
        yield rebuilt(folder, sample_tables, name, change, key="tracks")


def links_at_the_top(folder, sample_tables):
    write_table(folder / "other2.h5", sample_tables["labels_multi"][0], layout="fixed")
    for name, link in {
        "top_external": h5py.ExternalLink("other2.h5", "/df_with_missing"),
        "top_soft_loop": h5py.SoftLink("/df_with_missing"),
        "top_to_root": h5py.SoftLink("/"),
    }.items():
        with h5py.File(folder / f"{name}.h5", "w") as h5:
            h5["df_with_missing"] = link
        yield folder / f"{name}.h5"


def test_T32_no_hostile_h5_runs_anything_or_exhausts_the_machine(tmp_path, sample_tables, capsys, request):
    marker = tmp_path / "marker"
    files = [
        *pickled_attributes(tmp_path, sample_tables, marker),
        *structural(tmp_path, sample_tables, marker),
        *links_at_the_top(tmp_path, sample_tables),
    ]
    peak_growth_mb = request.getfixturevalue("peak_growth_mb")  # from here on: making the files takes memory too
    refusals = {UnsafeFile: 0, DamagedFile: 0}
    for path in files:
        started = time.process_time()
        with pytest.raises((UnsafeFile, DamagedFile)) as caught:
            read_table(path)
        refusals[caught.type] += 1
        assert str(path) in str(caught.value)
        assert time.process_time() - started < 2, path.name
        assert not marker.exists(), path.name
        if path.name.startswith("pickle"):
            assert caught.type is UnsafeFile and f"dlc trust {path}" in str(caught.value), path.name
    assert peak_growth_mb() < 100
    with capsys.disabled():
        counts = f"{refusals[UnsafeFile]} unsafe, {refusals[DamagedFile]} damaged"
        print(f"\nT32: {len(files)} hostile h5 files refused: {counts}")
    assert len(files) == 99


def test_T32_marker_files_do_work_where_nothing_guards(tmp_path, sample_tables):
    """The control: plain unpickling of the very attribute makes the marker."""
    path = next(pickled_attributes(tmp_path, sample_tables, tmp_path / "marker"))
    with h5py.File(path) as h5:
        pickle.loads(h5["tracks"].attrs["info"])
    assert (tmp_path / "marker").exists()


def test_T32_texts_that_end_with_a_full_stop_are_no_pickles(tmp_path, sample_tables):
    path = rebuilt(tmp_path, sample_tables, "dot", lambda group: put(group["axis0_level0"], "name", b"Dr. who."))
    assert read_table(path).column_names[0] == "Dr. who."


@pytest.mark.filterwarnings("ignore:")
def test_a_file_vouched_for_on_this_machine_is_read_in_full(tmp_path, sample_tables, monkeypatch):
    pandas = pytest.importorskip("pandas")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    from deeplabcut.core.trust import trust

    frame = pandas.DataFrame({("Bob", "a", "x"): np.array([1.0, None], dtype=object)})
    frame.columns.names = ["scorer", "bodyparts", "coords"]
    frame.to_hdf(tmp_path / "objects.h5", key="df_with_missing")
    with pytest.raises(UnsafeFile, match="Python objects"):
        read_table(tmp_path / "objects.h5")
    trust(tmp_path / "objects.h5")
    assert read_table(tmp_path / "objects.h5").values[0, 0] == 1.0


def test_reading_needs_neither_pandas_nor_tables(tmp_path, sample_tables):
    write_table(tmp_path / "t.h5", sample_tables["tracks"][0])
    script = "import sys; from deeplabcut.io.hdf import read_table; read_table(sys.argv[1]); print(sorted({'pandas', 'tables'} & set(sys.modules)))"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "t.h5")], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
