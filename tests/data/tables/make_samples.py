"""Write one file of every kind with the pandas of the running interpreter, packed into one zip.

Run it with an old interpreter to renew the stored samples: ``python make_samples.py pandas-2.2.3.zip``. The tests
import `samples` and `pickled` from here to know what the files must contain; nothing of deeplabcut is used.
"""

import dbm.dumb
import pickle
import shelve
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np

MULTI = ("scorer", "individuals", "bodyparts", "coords")
SINGLE = ("scorer", "bodyparts", "coords")


def numbers(n_rows, n_columns, kind="f8", scale=317.31):
    """Awkward but reproducible numbers: long fractions, negative, tiny, huge, missing."""
    place = np.arange(n_rows * n_columns, dtype="f8").reshape(n_rows, n_columns)
    values = np.sqrt(place + 0.37) * scale % 997.0
    values[place % 7 == 3] = np.nan
    values[place % 11 == 5] *= -1
    values[place % 13 == 6] = 1e-5 * values[place % 13 == 6]
    if values.size > 20:
        values.flat[8], values.flat[9], values.flat[10], values.flat[15] = 0.0, -1.0, 1234567.25, 5.0
    return values.astype(kind)


def columns(scorer, coords, parts, individuals=(), unique=(), unique_first=False):
    if not individuals:
        return [(scorer, part, coord) for part in parts for coord in coords]
    own = [(scorer, who, part, coord) for who in individuals for part in parts for coord in coords]
    only = [(scorer, "single", part, coord) for part in unique for coord in coords]
    return only + own if unique_first else own + only


def samples():
    """Name -> (values, rows, columns, names of levels, key, layout)."""
    parts, xy, xyl, xyz = ("snout", "tail base", "öhr"), ("x", "y"), ("x", "y", "likelihood"), ("x", "y", "z")
    images = [("labeled-data", "m4s1", f"img{i:03d}.png") for i in (12, 3, 7, 100)]
    one, two = columns("Bob", xy, parts), columns("Bob", xy, parts, ("m1", "m2"), ("corner",))
    made = {}

    def add(name, rows, cols, names, layout, kind="f8", key="df_with_missing"):
        made[name] = (numbers(len(rows), len(cols), kind), rows, cols, names, key, layout)

    add("labels_single", images, one, SINGLE, "fixed")
    add("labels_multi", images, two, MULTI, "fixed")
    add("labels_without_rows", [], two, MULTI, "fixed")
    add("labels_text_rows", ["/".join(row) for row in images], one, SINGLE, "fixed")
    add("labels_text_rows_table", ["/".join(row) for row in images], one, SINGLE, "table")
    add("labels_windows_rows", ["\\".join(row) for row in images], one, SINGLE, "fixed")
    add("labels_single_first", images, columns("Bob", xy, parts, ("m1",), ("corner",), True), MULTI, "fixed")
    add("machinelabels", images, columns("DLC_net", xyl, parts), SINGLE, "fixed")
    add("predictions", list(range(9)), columns("DLC_net", xyl, parts), SINGLE, "table", "f4")
    add("predictions_fixed", list(range(9)), columns("DLC_net", xyl, parts), SINGLE, "fixed", "f4")
    add(
        "tracks",
        list(range(9)),
        columns("DLC_net", xyl, parts, ("m1", "m2"), ("corner",)),
        MULTI,
        "table",
        key="tracks",
    )
    add("filtered", list(range(9)), columns("DLC_net", xyl, parts, ("m1", "m2")), MULTI, "table")
    add("ctd", list(range(9)), columns("DLC_net", xyl, parts, ("m1", "m2")), MULTI, "table", "f4")
    bones = [("snout_tail", value) for value in ("length", "orientation", "likelihood")]
    add("skeleton", list(range(9)), bones, (None, None), "table")
    add("three_d", list(range(9)), columns("DLC_3D", xyz, parts), SINGLE, "table")
    add("evaluation", images, columns("DLC_net", xyl, parts, ("individual_1",)), MULTI, "fixed", "f4")
    paths = [f"/data/some where/{i}.png" for i in range(3)]
    add("image_predictions", paths, columns("DLC_net", xyl, parts, ("m1",)), MULTI, "fixed", "f4", "predictions")
    add("zoo", [f"frame{i:02d}" for i in range(4)], columns("DLC_zoo", xyl, parts), SINGLE, "fixed")
    add("statistics", list(range(9)), [("mean",), ("sigma",)], (None,), "table")
    return made


def pickled(index):
    """Name -> object, like the pickles of an analysis; ``index`` makes the header of tracklets from tuples."""
    header = index([("DLC_net", part, c) for part in ("snout", "tail") for c in ("x", "y", "likelihood")], list(SINGLE))
    coordinates = [np.arange(4, dtype="f4").reshape(2, 2), np.zeros((0, 2), "f4"), np.ones((3, 5), "f4")[:, :2]]
    frame = {
        "coordinates": (coordinates,),
        "confidence": [np.full((2, 1), 0.5, "f4")] * 3,
        "costs": {0: {"m1": np.eye(2), "distance": np.asfortranarray(np.arange(6.0).reshape(2, 3))}},
        "identity": None,
    }
    return {
        "full": {"metadata": {"nms radius": None, "PAFgraph": [[0, 1]], "nframes": 2}, "frame0": frame, "frame1": None},
        "meta": {"data": {"start": 1.5, "Scorer": "DLC_net", "fps": 30.0, "frame_dimensions": (640, 480),
                          "cropping": False, "individuals": ["m1"], "n": np.int64(7), "ok": np.bool_(True)}},
        "assemblies": {"single": {0: np.ones((1, 3), "f4")}, 0: np.full((2, 3, 4), -1.0), 1: [np.zeros((3, 4))]},
        "tracklets": {"header": header, "single": {0: np.ones((1, 3))}, np.int64(3): {"frame00": np.zeros((2, 4))}},
        "documentation": [[{"image": ("labeled-data", "v", "i.png"), "size": np.array([3, 480, 640]),
                            "joints": {0: np.ones((2, 3), "f4")}}], np.array([1, 0]), np.array([2, -1]), 0.95],
        "stereo": {"cam1-cam2": {"R": np.eye(3), "roi1": (0, 0, 1, 1), "objpoints": [np.zeros((4, 3), "f4")]}},
        "objects": {"text": np.array(["a", "bc"]), "bytes": b"ab", "set": {1, 2},
                    "ragged": np.array([[1], [2, 3]], dtype=object)},
    }  # fmt: skip


def main(target):
    import pandas as pd

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        folder = Path(folder)
        for name, (values, rows, cols, names, key, layout) in samples().items():
            if len(names) > 1:
                labels = pd.MultiIndex.from_tuples(cols, names=names)
            else:
                labels = pd.Index([c[0] for c in cols], name=names[0])
            if not rows:
                index = pd.MultiIndex.from_arrays([[], [], []])
            else:
                index = pd.MultiIndex.from_tuples(rows) if isinstance(rows[0], tuple) else pd.Index(rows)
            frame = pd.DataFrame(values, index=index, columns=labels)
            frame.to_hdf(str(folder / (name + ".h5")), key=key, format=layout, mode="w")
            frame.to_csv(str(folder / (name + ".csv")))
        things = pickled(lambda tuples, names: pd.MultiIndex.from_tuples(tuples, names=names))
        for name, thing in things.items():
            for protocol in range(6):
                (folder / (f"{name}_p{protocol}.pickle")).write_bytes(pickle.dumps(thing, protocol))
        with shelve.Shelf(dbm.dumb.open(str(folder / "shelf"), "n")) as shelf:
            shelf.update(things["full"])
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)


if __name__ == "__main__":
    main(sys.argv[1])
