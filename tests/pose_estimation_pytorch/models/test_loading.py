"""Weights from files: only weights and numbers are read, and what does not fit is told."""

import io
import logging
import pickle
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from deeplabcut.core import trust
from deeplabcut.core.errors import DamagedFile, Missing, UnsafeFile
from deeplabcut.pose_estimation_pytorch.models.loading import (
    SnapshotMismatch,
    described,
    filter_state_dict,
    load_weights,
    read_snapshot,
)


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch, tmp_path):
    monkeypatch.setattr(trust, "settings_folder", lambda: tmp_path / "settings")


class Marker:
    """Makes a file where a pickle of it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def snapshot_of(module, path, **more):
    torch.save({"model": module.state_dict(), "metadata": {"epoch": 3}, **more}, path)
    return path


def network(n_heatmaps=4, n_features=8):
    head = nn.Module()
    head.heatmap_head = nn.Module()
    head.heatmap_head.deconv_layers = nn.Sequential(nn.ConvTranspose2d(n_features, n_heatmaps, 3, 2))
    whole = nn.Module()
    whole.backbone = nn.Conv2d(3, n_features, 1)
    whole.heads = nn.ModuleDict({"bodypart": head})
    return whole


def with_numbers(path, module_name, number):
    """A snapshot with a number of NumPy, under the module name of one release or another."""
    here = "numpy._core.multiarray" if int(np.__version__.split(".")[0]) > 1 else "numpy.core.multiarray"
    torch.save({"model": {"w": torch.ones(2)}, "metadata": {"metrics": {"mAP": number}}}, path)
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(
                entry, data.replace(here.encode(), module_name.encode()) if "data.pkl" in entry.filename else data
            )
    path.write_bytes(content.getvalue())
    return path


def test_weights_are_saved_and_loaded_again(tmp_path):
    first, second = network(), network()
    load_weights(second, read_snapshot(snapshot_of(first, tmp_path / "snapshot-010.pt")))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize("module_name", ["numpy.core.multiarray", "numpy._core.multiarray"])
@pytest.mark.parametrize("number", [np.float64(71.25), np.float32(0.5), np.int64(-3), np.bool_(True)])
def test_numbers_of_numpy_in_old_snapshots_become_plain_ones(tmp_path, module_name, number):
    content = read_snapshot(with_numbers(tmp_path / "snapshot.pt", module_name, number))
    found = content["metadata"]["metrics"]["mAP"]
    assert found == number.item() and type(found) is type(number.item())


def test_numbers_of_numpy_in_the_other_byte_order_keep_their_value(tmp_path):
    number = np.array([2.5], ">f8")[0:1].view(np.dtype(">f8"))
    path = tmp_path / "snapshot.pt"
    buffer = pickle.dumps(number.dtype, protocol=2)
    torch.save({"model": {"w": torch.ones(1)}, "kind": number.dtype}, path)
    assert buffer and read_snapshot(path)["kind"].dtype == number.dtype
    assert np.dtype("f8").isnative  # the dtype of the process is left alone


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("in_zip", [True, False])
def test_T33_a_snapshot_that_would_run_code_is_refused(tmp_path, protocol, in_zip):
    marker, path = tmp_path / "marker", tmp_path / "snapshot.pt"
    torch.save(
        {"model": {"w": torch.ones(1)}, "metadata": Marker(marker)},
        path,
        pickle_protocol=protocol,
        _use_new_zipfile_serialization=in_zip,
    )
    with pytest.raises((UnsafeFile, DamagedFile)) as refusal:
        read_snapshot(path)
    assert not marker.exists() and "snapshot.pt" in str(refusal.value)
    if protocol == 2:
        assert isinstance(refusal.value, UnsafeFile) and "dlc trust" in str(refusal.value)
    torch.load(path, weights_only=False)
    assert marker.exists()  # so the marker works


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_T33_a_plain_pickle_under_the_name_of_a_snapshot_is_refused(tmp_path):
    marker, path = tmp_path / "marker", tmp_path / "snapshot.pt"
    path.write_bytes(pickle.dumps(Marker(marker)))
    with pytest.raises((UnsafeFile, DamagedFile)):
        read_snapshot(path)
    assert not marker.exists()


def test_T33_load_weights_only_false_is_ignored_with_a_warning(tmp_path, caplog):
    marker, path = tmp_path / "marker", tmp_path / "snapshot.pt"
    torch.save({"model": {}, "metadata": Marker(marker)}, path)
    with caplog.at_level(logging.WARNING), pytest.raises(UnsafeFile):
        read_snapshot(path, weights_only=False)
    assert not marker.exists() and "load_weights_only: false is ignored" in caplog.text


@pytest.mark.parametrize("name", ["TORCH_LOAD_WEIGHTS_ONLY", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"])
def test_T33_no_environment_variable_opens_a_snapshot_unsafely(tmp_path, monkeypatch, name):
    marker, path = tmp_path / "marker", tmp_path / "snapshot.pt"
    torch.save({"model": {}, "metadata": Marker(marker)}, path)
    monkeypatch.setenv(name, "0" if name == "TORCH_LOAD_WEIGHTS_ONLY" else "1")
    with pytest.raises(UnsafeFile):
        read_snapshot(path)
    assert not marker.exists()


def test_T33_what_the_process_admits_elsewhere_is_not_admitted_in_snapshots(tmp_path):
    marker, path = tmp_path / "marker", tmp_path / "snapshot.pt"
    torch.save({"model": {}, "metadata": Marker(marker)}, path)
    with torch.serialization.safe_globals([(open, "io.open"), (open, "_io.open")]):
        before = set(torch.serialization.get_safe_globals())
        with pytest.raises(UnsafeFile):
            read_snapshot(path)
        assert set(torch.serialization.get_safe_globals()) == before
    assert not marker.exists()


class _ObjectNumber:
    def __reduce__(self):
        return np.dtype, ("O", False, True)


def test_T33_an_array_of_objects_is_no_number(tmp_path):
    path = tmp_path / "snapshot.pt"
    torch.save({"model": {}, "kind": _ObjectNumber()}, path)
    with pytest.raises(UnsafeFile, match="plain numbers"):
        read_snapshot(path)


def test_a_file_that_its_owner_trusts_is_opened_as_it_is(tmp_path):
    path = tmp_path / "snapshot.pt"
    torch.save({"model": {"w": torch.ones(1)}, "path": Marker(tmp_path / "marker").path}, path)
    with pytest.raises(UnsafeFile):
        read_snapshot(path)
    trust.trust(path)
    assert read_snapshot(path)["path"] == tmp_path / "marker"


def test_a_snapshot_that_would_grow_in_memory_is_refused(tmp_path):
    path = tmp_path / "snapshot.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("snapshot/data.pkl", b"\0" * 5_000_000)
    with pytest.raises(UnsafeFile, match="would grow"):
        read_snapshot(path)


@pytest.mark.parametrize("n_kept", [0, 1, 100, 1000])
def test_a_snapshot_that_was_cut_is_called_damaged(tmp_path, n_kept):
    path = snapshot_of(network(), tmp_path / "snapshot.pt")
    path.write_bytes(path.read_bytes()[:n_kept])
    with pytest.raises(DamagedFile, match=r"snapshot\.pt"):
        read_snapshot(path)


def test_a_snapshot_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(Missing):
        read_snapshot(tmp_path / "snapshot.pt")


@pytest.mark.parametrize("content", [{"metadata": {}}, {"model": {}}, {"model": {"w": 1}}, [torch.ones(1)]])
def test_a_file_without_weights_is_no_snapshot(tmp_path, content):
    torch.save(content, tmp_path / "snapshot.pt")
    with pytest.raises(DamagedFile):
        load_weights(network(), read_snapshot(tmp_path / "snapshot.pt"), path=tmp_path / "snapshot.pt")


def test_T33_a_snapshot_of_another_network_says_what_differs_and_what_it_was_trained_for(tmp_path):
    path = snapshot_of(network(n_heatmaps=4), tmp_path / "snapshot.pt")
    smaller = network(n_heatmaps=2)
    before = [value.clone() for value in smaller.parameters()]
    with pytest.raises(SnapshotMismatch) as mismatch:
        load_weights(smaller, read_snapshot(path), path=path)
    told = str(mismatch.value)
    assert "heads.bodypart.heatmap_head.deconv_layers.0.weight (8, 4, 3, 3) instead of (8, 2, 3, 3)" in told
    assert "trained for backbone of 32 parameters, the head bodypart of 4 heatmaps" in told
    assert "this network is backbone of 32 parameters, the head bodypart of 2 heatmaps" in told
    assert str(path) in told
    assert all(torch.equal(a, b) for a, b in zip(before, smaller.parameters(), strict=True))


def test_missing_and_unknown_parameters_are_named(tmp_path):
    other = network()
    other.neck = nn.Linear(2, 2)
    del other.backbone
    path = snapshot_of(other, tmp_path / "snapshot.pt")
    with pytest.raises(SnapshotMismatch, match=r"2 parameters missing.*backbone\.weight.*2 .*unknown here: neck"):
        load_weights(network(), read_snapshot(path))


def test_the_backbone_alone_can_be_loaded(tmp_path):
    path = snapshot_of(network(n_heatmaps=4), tmp_path / "snapshot.pt")
    other = network(n_heatmaps=7)
    load_weights(other, read_snapshot(path), parts=["backbone"])
    assert torch.equal(other.backbone.weight, torch.load(path)["model"]["backbone.weight"])


def test_either_all_parts_are_loaded_or_none(tmp_path):
    path = snapshot_of(network(n_heatmaps=4), tmp_path / "snapshot.pt")
    other = network(n_heatmaps=7)
    before = other.backbone.weight.clone()
    with pytest.raises(SnapshotMismatch):
        load_weights(other, read_snapshot(path), parts=["backbone", "heads.bodypart"])
    assert torch.equal(other.backbone.weight, before)


def test_weights_that_are_no_numbers_are_named(tmp_path, caplog):
    broken = network()
    broken.backbone.bias.data[0] = torch.nan
    path = snapshot_of(broken, tmp_path / "snapshot.pt")
    load_weights(network(), read_snapshot(path), path=path)
    assert "snapshot.pt holds weights that are no numbers" in caplog.text and "backbone.bias" in caplog.text


def test_the_weights_of_a_part_are_those_after_its_name_and_a_dot():
    state = {"backbone.a": torch.ones(1), "backbone_two.b": torch.ones(1), "heads.bodypart.c": torch.ones(1)}
    assert list(filter_state_dict(state, "backbone")) == ["a"]
    assert list(filter_state_dict(state, "heads.bodypart")) == ["c"]
    assert described({}) == "nothing"
