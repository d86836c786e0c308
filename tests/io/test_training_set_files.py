"""Training sets on disk: they come back as they were, as any version wrote them, and never run code."""

import os
import pickle
import random
import struct

import numpy as np
import pytest
import scipy.io as scipy_io

from deeplabcut.core import faults
from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput, Missing, UnsafeFile
from deeplabcut.core.files import atomic_write
from deeplabcut.io.mat_files import mat_variables
from deeplabcut.io.training_set import (
    Documentation,
    boxitintoacell,
    check_mat,
    check_pickle,
    load_metadata,
    put_mat,
    put_multi_pickle,
    read_documentation,
    read_mat_images,
    read_multi_pickle,
    read_split,
    save_metadata,
    write_documentation,
)

KEYS = [("labeled-data", "m4s1", "img0003.png"), ("labeled-data", "Mäuse 鼠🐭", "a.png")]


def write_mat(path, images):
    """As the creation of a training set does it."""
    with atomic_write(path, check=check_mat(len(images))) as file:
        put_mat(file, images)


def write_multi_pickle(path, images):
    with atomic_write(path, check=check_pickle) as file:
        put_multi_pickle(file, images)


def single_images():
    joints = np.array([[0, 21, 265], [2, 5, 7]])
    return [{"image": key, "size": (3, 480, 640), "joints": joints[: i + 1]} for i, key in enumerate(KEYS)]


def multi_images():
    joints = np.array([[0, 21.53, 265.43], [1, 5.0, 7.25]], np.float32)
    return [
        {"image": KEYS[0], "size": np.array([3, 480, 640]), "joints": {0: joints, 2: joints[:1]}},
        {"image": KEYS[1], "size": np.array([3, 480, 640]), "joints": {1: joints}},
    ]


def assert_same_images(found, meant):
    assert [one["image"] for one in found] == [one["image"] for one in meant]
    assert [tuple(one["size"]) for one in found] == [tuple(one["size"]) for one in meant]
    for one, other in zip(found, meant, strict=True):
        if isinstance(other["joints"], dict):
            assert list(one["joints"]) == list(other["joints"])
            pairs = [(one["joints"][who], other["joints"][who]) for who in other["joints"]]
        else:
            pairs = [(one["joints"], other["joints"])]
        for points, wanted in pairs:
            assert points.dtype == wanted.dtype and np.array_equal(points, wanted)


# ----- .mat


def test_a_mat_file_comes_back_as_it_was(tmp_path):
    write_mat(tmp_path / "set.mat", single_images())
    assert_same_images(read_mat_images(tmp_path / "set.mat"), single_images())


def test_a_mat_file_has_the_form_that_older_readers_index(tmp_path):
    write_mat(tmp_path / "set.mat", single_images())
    dataset = scipy_io.loadmat(tmp_path / "set.mat")["dataset"]
    assert dataset.shape == (1, 2) and dataset.dtype.names == ("image", "size", "joints")
    image, size, joints = dataset[0, 1]
    assert [part.strip() for part in image[0]] == list(KEYS[1])
    assert size[0].tolist() == [3, 480, 640]
    assert joints[0][0].tolist() == [[0, 21, 265], [2, 5, 7]] and joints[0, 0].dtype == np.int64


def test_a_training_set_of_one_image_or_none_comes_back(tmp_path):
    for images in (single_images()[:1], []):
        write_mat(tmp_path / "set.mat", images)
        assert_same_images(read_mat_images(tmp_path / "set.mat"), images)


@pytest.mark.parametrize("path", ["labeled-data/m4s1/img0003.png", "labeled-data\\m4s1\\img0003.png"])
@pytest.mark.parametrize("compressed", [False, True])
def test_older_mat_files_have_the_path_as_one_text(tmp_path, path, compressed):
    dataset = np.empty(1, [("image", object), ("size", object), ("joints", object)])
    dataset[0] = path, np.array([[3, 480, 640]]), boxitintoacell([[0, 21.9, 265.2]])
    scipy_io.savemat(tmp_path / "set.mat", {"dataset": dataset}, do_compression=compressed)
    (image,) = read_mat_images(tmp_path / "set.mat")
    assert image["image"] == KEYS[0] and image["joints"].tolist() == [[0, 21, 265]]


def test_a_cell_of_texts_is_read_as_a_path_too(tmp_path):
    cell = np.empty(3, object)
    cell[:] = KEYS[0]
    dataset = np.empty(1, [("image", object), ("size", object), ("joints", object)])
    dataset[0] = cell, [3, 480, 640], boxitintoacell([[0, 1, 2]])
    scipy_io.savemat(tmp_path / "set.mat", {"dataset": dataset})
    assert read_mat_images(tmp_path / "set.mat")[0]["image"] == KEYS[0]


def test_the_points_of_a_single_animal_are_cut_to_whole_pixels(tmp_path):
    write_mat(tmp_path / "set.mat", [{**single_images()[0], "joints": [[0, 21.99, 265.01]]}])
    assert read_mat_images(tmp_path / "set.mat")[0]["joints"].tolist() == [[0, 21, 265]]
    with pytest.raises(InvalidInput, match="leave them out"):
        write_mat(tmp_path / "set.mat", [{**single_images()[0], "joints": [[0, np.nan, 265]]}])


def assert_equal_variable(found, wanted):
    assert found.shape == wanted.shape
    if wanted.dtype.names or wanted.dtype == object:
        assert found.dtype.names == wanted.dtype.names
        for name in wanted.dtype.names or [...]:
            for one, other in zip(found[name].ravel(), wanted[name].ravel(), strict=True):
                assert_equal_variable(one, other)
    else:
        assert found.dtype.kind == wanted.dtype.kind and np.array_equal(found, wanted)


@pytest.mark.parametrize("compressed", [False, True])
def test_variables_of_matlab_are_read_as_scipy_reads_them(tmp_path, compressed):
    cell = np.empty((2, 3), object)
    for i in range(6):
        cell.ravel()[i] = np.arange(i)
    variables = {
        "numbers": np.arange(24, dtype=np.int16).reshape(2, 3, 4), "floats": np.linspace(0, 1, 6).reshape(2, 3),
        "single": np.float32(2.5), "complex": np.array([1 + 2j, 3]), "truth": np.array([True, False]),
        "none": np.array([]), "text": "Mäuse鼠🐭", "lines": np.array(["ab", "cde"]), "nothing": "", "cell": cell,
        "struct": {"x": 1, "deeper": {"y": "text"}},
    }  # fmt: skip
    scipy_io.savemat(tmp_path / "a.mat", variables, do_compression=compressed)
    found, wanted = mat_variables((tmp_path / "a.mat").read_bytes(), "a.mat"), scipy_io.loadmat(tmp_path / "a.mat")
    assert list(found) == list(variables)
    for name in variables:
        assert_equal_variable(found[name], wanted[name])


def test_T31_a_damaged_mat_file_is_refused_and_never_ends_the_process(tmp_path):
    write_mat(tmp_path / "set.mat", single_images())
    content, path, random_ = (tmp_path / "set.mat").read_bytes(), tmp_path / "bad.mat", random.Random(31)
    refused = 0
    for _ in range(400):
        bad = bytearray(content)
        for _ in range(random_.choice([1, 1, 2, 8])):
            bad[random_.randrange(len(bad))] = random_.randrange(256)
        path.write_bytes(bad[: random_.randrange(len(bad))] if random_.random() < 0.3 else bad)
        try:
            read_mat_images(path)
        except DeepLabCutError as error:
            refused += 1
            assert error.where == str(path)
    assert refused > 100


@pytest.mark.parametrize("n", [3, 2**20, 2**31 - 1])
def test_T31_a_mat_file_that_states_more_images_than_it_has_costs_no_memory(tmp_path, n):
    write_mat(tmp_path / "set.mat", single_images())
    content = bytearray((tmp_path / "set.mat").read_bytes())
    at = content.index(struct.pack("<ii", 1, 2), 136)
    content[at : at + 8] = struct.pack("<ii", 1, n)
    (tmp_path / "set.mat").write_bytes(content)
    with pytest.raises(DamagedFile, match=r"states a size|ends too early"):
        read_mat_images(tmp_path / "set.mat")


def test_T31_a_mat_file_that_grows_without_end_is_refused(tmp_path, monkeypatch):
    scipy_io.savemat(tmp_path / "a.mat", {"dataset": np.zeros(100_000)}, do_compression=True)
    monkeypatch.setattr("deeplabcut.io.mat_files.MAX_BYTES", 50_000)
    with pytest.raises(UnsafeFile, match="larger than any training set"):
        mat_variables((tmp_path / "a.mat").read_bytes(), "a.mat")


def test_what_is_no_training_set_is_named(tmp_path):
    path = tmp_path / "set.mat"
    with pytest.raises(Missing, match=r"set\.mat"):
        read_mat_images(path)
    scipy_io.savemat(path, {"other": 1})
    with pytest.raises(DamagedFile, match="no struct array dataset"):
        read_mat_images(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400))
    with pytest.raises(DamagedFile, match=r"7\.3"):
        read_mat_images(path)
    dataset = np.empty(1, [("image", object), ("size", object), ("joints", object)])
    dataset[0] = "img.png", [3, 4], boxitintoacell([[0, 1, 2]])
    scipy_io.savemat(path, {"dataset": dataset})
    with pytest.raises(DamagedFile, match="Entry 1 of the training set"):
        read_mat_images(path)


# ----- .pickle of several animals


def test_a_multi_animal_training_set_comes_back_as_it_was(tmp_path):
    write_multi_pickle(tmp_path / "set.pickle", multi_images())
    assert_same_images(read_multi_pickle(tmp_path / "set.pickle"), multi_images())


def test_a_multi_animal_training_set_opens_with_the_plain_reader(tmp_path):
    write_multi_pickle(tmp_path / "set.pickle", multi_images())
    found = pickle.loads((tmp_path / "set.pickle").read_bytes())
    assert type(found) is list and type(found[0]) is dict
    assert_same_images(found, multi_images())


def test_T31_a_training_set_that_would_run_code_is_refused(tmp_path):
    marker = tmp_path / "marker"

    class Call:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    images = [{**multi_images()[0], "size": Call()}]
    for protocol in range(6):
        (tmp_path / "set.pickle").write_bytes(pickle.dumps(images, protocol))
        (tmp_path / "doc.pickle").write_bytes(pickle.dumps([images, [0], Call(), 0.95], protocol))
        for read, name in ((read_multi_pickle, "set"), (read_documentation, "doc"), (load_metadata, "doc"),
                           (read_split, "doc")):  # fmt: skip
            with pytest.raises(UnsafeFile, match="mkdir") as caught:
                read(tmp_path / f"{name}.pickle")
            assert f"{name}.pickle" in str(caught.value) and "dlc trust" in str(caught.value)
    assert not marker.exists()


# ----- the split


@pytest.mark.parametrize("images", [single_images, multi_images])
def test_a_split_comes_back_in_its_order_and_without_padding(tmp_path, images):
    path = tmp_path / "doc.pickle"
    write_documentation(path, images(), [4, 0, 2, -1], [3, 1, -1], 0.57)
    found = read_documentation(path)
    assert isinstance(found, Documentation)
    assert (found.train, found.test, found.fraction) == ((4, 0, 2), (3, 1), 0.57)
    assert_same_images(found.data, images())
    assert read_split(path) == ((4, 0, 2), (3, 1), 0.57)


def test_public_readers_give_what_the_file_holds(tmp_path):
    save_metadata(tmp_path / "doc.pickle", single_images(), [2, 0, -1], np.array([1]), 0.95)
    data, train, test, fraction = load_metadata(tmp_path / "doc.pickle")
    assert train.tolist() == [2, 0, -1] and test.tolist() == [1] and fraction == 0.95
    assert_same_images(data, single_images())
    plain = pickle.loads((tmp_path / "doc.pickle").read_bytes())
    assert type(plain) is list and len(plain) == 4 and plain[1].tolist() == [2, 0, -1]


@pytest.mark.parametrize("protocol", range(6))
def test_splits_of_older_versions_are_read(tmp_path, protocol):
    data = [
        {
            "image": "labeled-data\\m4s1\\img0003.png",
            "size": np.array([3, 480, 640]),
            "joints": np.array([[0, 21, 265]]),
        }
    ]
    written = [data, np.array([2, 0, -1]), [1], np.float64(0.95)]
    (tmp_path / "doc.pickle").write_bytes(pickle.dumps(written, protocol))
    found = read_documentation(tmp_path / "doc.pickle")
    assert found.data[0]["image"] == KEYS[0]
    assert (found.train, found.test, found.fraction) == ((2, 0), (1,), 0.95)


@pytest.mark.parametrize(
    "content",
    [{}, [1, 2], [[], [0], [1], "most"], [[], [0.5], [1], 0.9], [[], [[0]], [1], 0.9], [[], [-2], [1], 0.9],
     [None, [0], [1], 0.9], [[], [0], [1], 95]],
)  # fmt: skip
def test_a_pickle_that_is_no_split_is_named(tmp_path, content):
    (tmp_path / "doc.pickle").write_bytes(pickle.dumps(content))
    with pytest.raises(DamagedFile, match="not the split of a training set"):
        read_documentation(tmp_path / "doc.pickle")


def test_a_split_with_a_damaged_image_names_the_entry(tmp_path):
    content = [[{"image": KEYS[0], "size": (3, 4, 5), "joints": [[0, 1, 2]]}, {"image": KEYS[0]}], [0], [1], 0.9]
    (tmp_path / "doc.pickle").write_bytes(pickle.dumps(content))
    with pytest.raises(DamagedFile, match="Entry 2 of the training set"):
        read_documentation(tmp_path / "doc.pickle")
    assert read_split(tmp_path / "doc.pickle") == ((0,), (1,), 0.9)


def write_doc(path, images):
    write_documentation(path, images, [0], [1], 0.5)


@pytest.mark.parametrize(
    ("write", "images"), [(write_mat, single_images), (write_multi_pickle, multi_images), (write_doc, single_images)]
)
@pytest.mark.parametrize("fault", ["write:1", "enospc:100", "fsync:1", "fsync:2", "replace:1"])
def test_T2_a_training_set_is_whole_or_absent(tmp_path, write, images, fault):
    write(tmp_path / "set", images()[:1])
    before = (tmp_path / "set").read_bytes()
    with faults.injected(fault), pytest.raises(OSError):
        write(tmp_path / "set", images())
    assert (tmp_path / "set").read_bytes() == before
    assert os.listdir(tmp_path) == ["set"]


def test_a_writer_refuses_what_it_could_not_read_back(tmp_path):
    for wrong in ({"joints": [[0, 1]]}, {"image": ("img.png",)}):
        with pytest.raises(DeepLabCutError):
            write_mat(tmp_path / "set.mat", [{**single_images()[0], **wrong}])
    with pytest.raises(InvalidInput, match="whole numbers"):
        write_documentation(tmp_path / "doc.pickle", [], [0.5], [1], 0.5)
    assert os.listdir(tmp_path) == []
