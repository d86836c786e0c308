"""SLEAP labels: files of SLEAP open, ours come back the same, crafted ones do no harm."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from deeplabcut.core.errors import DamagedFile, InvalidInput, UnsafeFile
from deeplabcut.core.faults import injected
from deeplabcut.io.foreign import ForeignLabels, Kind, Picture
from deeplabcut.io.slp import embedded_pictures, read_slp, write_slp

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "slp" / "sleap-io-0.9.5.zip"
nan = np.nan


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slp")
    with zipfile.ZipFile(SAMPLES) as packed:
        packed.extractall(folder)
    return folder


def two_mice(parts=("snout", "tail")):
    """Three pictures in two folders, listed in turns; the last one has no animal."""
    folders = ("cage", "field", "cage")
    pictures = tuple(
        Picture(f, f"img{i}.png", path=f"/data/{f}/img{i}.png", size=(16, 12)) for i, f in enumerate(folders)
    )
    points = np.array([[[1.5, 2.25], [3, 4]], [[1 / 3, -7], [nan, nan]], [[9, 9], [nan, nan]]])
    kinds = (Kind("mouse", parts, (parts,)), Kind("single", ("corner",)))
    return ForeignLabels(kinds, pictures, [0, 1, 0], [0, 0, 1], points, ("m1", "é"), [1, 0, -1], scorer="Bob")


def rows_of(labels):
    """Every animal as the file's order does not matter: picture, kind, track, points."""
    return sorted(
        (
            labels.pictures[p].label,
            labels.kinds[k].name,
            labels.tracks[t] if t >= 0 else "",
            xy[: len(labels.kinds[k].bodyparts)].tobytes(),
        )
        for p, k, t, xy in zip(labels.picture_of, labels.kind_of, labels.track_of, labels.points, strict=True)
    )


def losses(labels):
    return {loss.code: loss.items for loss in labels.losses}


def test_what_is_written_reads_back_the_same(tmp_path):
    labels = two_mice()
    write_slp(tmp_path / "a.slp", labels)
    found = read_slp(tmp_path / "a.slp")
    assert rows_of(found) == rows_of(labels) and found.kinds == labels.kinds
    assert {p.path for p in found.pictures} == {p.path for p in labels.pictures}
    assert found.tracks == labels.tracks and found.scorer == "Bob" and found.losses == ()


def test_pictures_inside_the_file_come_back_byte_for_byte(tmp_path):
    contents = {f"img{i}.png": bytes(range(10 * (i + 1))) for i in range(3)}
    write_slp(tmp_path / "a.pkg.slp", two_mice(), content=lambda picture: contents[picture.name])
    found = read_slp(tmp_path / "a.pkg.slp")
    assert rows_of(found) == rows_of(two_mice())
    inside = embedded_pictures(tmp_path / "a.pkg.slp", [picture.embedded for picture in found.pictures])
    for picture, content in zip(found.pictures, inside, strict=True):
        wanted = contents[picture.name]
        assert content[: len(wanted)] == wanted and not any(content[len(wanted) :])


@pytest.mark.parametrize("name", ["plain.slp", "inside.pkg.slp"])
def test_files_of_sleap_io_are_read(samples, name):
    labels = read_slp(samples / name)
    assert labels.kinds == (Kind("mouse", ("snout", "ear é", "tail"), (("snout", "ear é"), ("ear é", "tail"))),)
    assert [p.label for p in labels.pictures] == ["cage/img00.png", "cage/img02.png"]
    assert labels.tracks == ("m1", "m2") and labels.track_of.tolist() == [-1, 1, 0]
    assert labels.points[1].tolist()[0] == [1.25, 2.5] and np.isnan(labels.points[1, 1]).all()
    found = losses(labels)
    assert set(found) == {"predicted", "suggestions", "symmetries"} and len(found["predicted"]) == 2
    assert found["symmetries"] == ("snout and tail",) and found["suggestions"] == ("video 0 frame 3",)


def test_pictures_that_sleap_io_put_inside_are_red(samples):
    labels = read_slp(samples / "inside.pkg.slp")
    places = [picture.embedded for picture in labels.pictures]
    for place, content in zip(places, embedded_pictures(samples / "inside.pkg.slp", places), strict=True):
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        red = image[5, 5, 0 if place.is_bgr else 2]
        assert red == 200 and image.shape == (12, 16, 3)


def change(path, **datasets):
    """Replace datasets of a file, or change them."""
    with h5py.File(path, "r+") as h5:
        for name, value in datasets.items():
            value = value(h5[name][()]) if callable(value) else value
            del h5[name]
            if value is not None:
                h5.create_dataset(name, data=value)


def legacy(path, version):
    """The file as early versions wrote it: no tracking scores, texts of fixed length."""
    write_slp(path, two_mice())
    with h5py.File(path, "r+") as h5:
        h5["metadata"].attrs["format_id"] = version
        instances = h5["instances"][()]
        kept = [name for name in instances.dtype.names if name != "tracking_score"]
        texts = {name: h5[name][()] for name in ("videos_json", "tracks_json")}
    change(path, instances=instances[kept], **{name: np.array(text, "S") for name, text in texts.items()})


def test_older_layouts_are_read_and_the_oldest_is_moved_by_half_a_pixel(tmp_path):
    legacy(tmp_path / "new.slp", 1.1)
    legacy(tmp_path / "old.slp", 1.0)
    new, old = read_slp(tmp_path / "new.slp"), read_slp(tmp_path / "old.slp")
    assert rows_of(new) == rows_of(two_mice()) and new.losses == ()
    assert np.array_equal(old.points, new.points - 0.5, equal_nan=True) and set(losses(old)) == {"half-pixel"}


def test_videos_with_frame_numbers_are_named_by_their_file(tmp_path):
    write_slp(tmp_path / "a.slp", two_mice())
    video = {
        "filename": "C:\\videos\\day 1.mp4",
        "backend": {"type": "MediaVideo", "filename": "C:\\videos\\day 1.mp4"},
    }
    change(tmp_path / "a.slp", videos_json=lambda old: [json.dumps(video)] * 2)
    pictures = read_slp(tmp_path / "a.slp").pictures
    assert [(p.folder, p.name, p.number) for p in pictures][:2] == [("day 1", "", 0), ("day 1", "", 1)]


def test_points_marked_as_not_visible_are_left_out_and_listed(tmp_path):
    write_slp(tmp_path / "a.slp", two_mice())

    def hide(points):
        points["visible"][0] = False
        return points

    change(tmp_path / "a.slp", points=hide)
    labels = read_slp(tmp_path / "a.slp")
    assert losses(labels) == {"invisible": ("cage/img0.png snout",)} and labels.n_points == two_mice().n_points - 1


def test_T5_a_save_that_fails_leaves_the_old_file(tmp_path):
    write_slp(tmp_path / "a.slp", two_mice())
    before = (tmp_path / "a.slp").read_bytes()
    for fault in ("enospc:300", "fsync:1", "replace:1"):
        with injected(fault), pytest.raises(OSError):
            write_slp(tmp_path / "a.slp", two_mice(("nose", "rump")))
    assert (tmp_path / "a.slp").read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.slp"]


def test_names_too_long_for_the_file_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="too long"):
        write_slp(tmp_path / "a.slp", two_mice(tuple("x" * 60_000 + str(i) for i in range(2))))


def set_field(name, field, value):
    def changed(table):
        table[field] = value
        return table

    return {name: changed}


@pytest.mark.parametrize(
    "wrong",
    [
        set_field("frames", "instance_id_end", 10**9),
        set_field("frames", "instance_id_start", 0),
        set_field("frames", "video", 77),
        set_field("frames", "frame_idx", 2**63),
        set_field("instances", "track", 5),
        set_field("instances", "skeleton", 9),
        set_field("instances", "point_id_end", 0),
        set_field("instances", "point_id_end", 2**64 - 1),
        {"points": np.zeros(9)},
        {"points": None},
        {"frames": np.zeros((3, 3))},
        {"videos_json": ["[]", "{"]},
        {"videos_json": np.zeros(3)},
        {"tracks_json": ["{}", "[0]"]},
        {"metadata": np.zeros(2)},
    ],
)
def test_T32_a_file_whose_tables_lead_nowhere_is_refused(tmp_path, wrong):
    write_slp(tmp_path / "a.slp", two_mice())
    change(tmp_path / "a.slp", **wrong)
    with pytest.raises((DamagedFile, UnsafeFile)) as error:
        read_slp(tmp_path / "a.slp")
    assert "a.slp" in str(error.value)


class Marker:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_T31_a_pickle_in_the_metadata_makes_no_marker(tmp_path):
    write_slp(tmp_path / "a.slp", two_mice())
    for protocol in range(6):
        with h5py.File(tmp_path / "a.slp", "r+") as h5:
            h5["metadata"].attrs["json"] = np.void(pickle.dumps(Marker(tmp_path / "marker"), protocol))
        with pytest.raises((DamagedFile, UnsafeFile)):
            read_slp(tmp_path / "a.slp")
        with h5py.File(tmp_path / "a.slp", "r+") as h5:
            h5["metadata"].attrs["json"] = np.bytes_(pickle.dumps(Marker(tmp_path / "marker"), protocol))
        with pytest.raises((DamagedFile, UnsafeFile)):
            read_slp(tmp_path / "a.slp")
    assert not (tmp_path / "marker").exists()


def links(h5):
    del h5["points"]
    h5["points"] = h5py.ExternalLink("/etc/hostname", "points")


def soft_loop(h5):
    del h5["frames"]
    h5["frames"] = h5py.SoftLink("/frames")


def objects(h5):
    del h5["tracks_json"]
    h5.create_dataset("tracks_json", (1,), h5py.vlen_dtype(np.dtype("f8")))


def a_billion_rows(h5):
    del h5["points"]
    kind = [("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")]
    h5.create_dataset("points", (10**12,), kind, chunks=(1000,))


def a_billion_texts(h5):
    del h5["tracks_json"]
    h5.create_dataset("tracks_json", (10**12,), h5py.string_dtype(), chunks=(1000,))
    h5["tracks_json"][5] = "[0, 'm']"


def compressed_texts(h5):
    del h5["tracks_json"]
    h5.create_dataset("tracks_json", (10**6,), h5py.string_dtype(), compression="gzip", data=[b"[]"] * 10**6)


def deep_json(h5):
    del h5["tracks_json"]
    h5.create_dataset("tracks_json", data=["[" * 100_000])


def elsewhere(h5):
    del h5["points"]
    h5.create_dataset("points", (9,), "f8", external=[("/etc/passwd", 0, 72)])


@pytest.mark.parametrize(
    "harm", [links, soft_loop, objects, a_billion_rows, a_billion_texts, compressed_texts, deep_json, elsewhere]
)
def test_T32_hostile_contents_are_refused(tmp_path, harm):
    write_slp(tmp_path / "a.slp", two_mice())
    with h5py.File(tmp_path / "a.slp", "r+") as h5:
        harm(h5)
    with pytest.raises((DamagedFile, UnsafeFile)):
        read_slp(tmp_path / "a.slp")


def test_T32_a_text_that_states_four_gigabytes_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.slp"
    write_slp(path, two_mice())
    content = bytearray(path.read_bytes())
    length = len(json.dumps([0, "m1"]))
    heaps = [i for i in range(len(content)) if content[i : i + 4] == b"GCOL"]
    places = [
        i
        for i in range(len(content) - 16)
        if struct.unpack_from("<I", content, i)[0] == length and struct.unpack_from("<Q", content, i + 4)[0] in heaps
    ]
    struct.pack_into("<I", content, places[0], 0xFFFFFFF0)
    path.write_bytes(content)
    with pytest.raises(UnsafeFile, match="4,294,967,"):
        read_slp(path)


def test_T32_an_attribute_that_states_four_gigabytes_is_refused_before_it_is_read(samples, tmp_path):
    content = bytearray((samples / "inside.pkg.slp").read_bytes())
    place = content.find(b"channel_order\0")
    reference = content.find(struct.pack("<I", 3), place)
    struct.pack_into("<I", content, reference, 0xFFFFFFF0)
    (tmp_path / "a.slp").write_bytes(content)
    with pytest.raises(UnsafeFile, match="4,294,967,"):
        read_slp(tmp_path / "a.slp")


def test_T20_a_file_cut_short_anywhere_is_named(tmp_path):
    write_slp(tmp_path / "a.slp", two_mice())
    content = (tmp_path / "a.slp").read_bytes()
    for n in np.linspace(0, len(content) - 1, 40).astype(int):
        (tmp_path / "cut.slp").write_bytes(content[:n])
        with pytest.raises((DamagedFile, UnsafeFile)) as error:
            read_slp(tmp_path / "cut.slp")
        assert "cut.slp" in str(error.value)


def test_a_layout_of_the_future_is_refused(tmp_path):
    write_slp(tmp_path / "a.slp", two_mice())
    with h5py.File(tmp_path / "a.slp", "r+") as h5:
        h5["metadata"].attrs["format_id"] = 3.0
    with pytest.raises(DamagedFile, match="newer"):
        read_slp(tmp_path / "a.slp")


def test_the_reader_opens_what_the_reference_library_reads_and_writes(tmp_path):
    """Where sleap-io is installed it reads the same labels from our file."""
    sio = pytest.importorskip("sleap_io")
    write_slp(tmp_path / "a.slp", two_mice())
    theirs = sio.load_slp(str(tmp_path / "a.slp"), open_videos=False)
    assert [track.name for track in theirs.tracks] == ["m1", "é"]
    assert theirs.skeletons[0].edge_inds == [(0, 1)] and len(theirs.labeled_frames) == 3
