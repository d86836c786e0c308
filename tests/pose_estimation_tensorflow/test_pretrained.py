"""Weights for TensorFlow networks: found where they are, fetched where they are not. TensorFlow is a stand-in."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from deeplabcut.core import progress
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing, StorageError
from deeplabcut.pose_estimation_tensorflow import pretrained

PARTS = (".index", ".meta", ".data-00000-of-00001")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The user's cache of this test."""
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def network(monkeypatch):
    """A stand-in for the network: gives the archives that a test puts there, and keeps what was asked for."""
    archives, asked = {}, []

    def download(url, target, *, sha256=None, size=None):
        asked.append(url)
        with tarfile.open(target, "w:gz") as file:
            for name in archives[url]:
                info = tarfile.TarInfo(name)
                info.size = 4
                file.addfile(info, io.BytesIO(b"data"))
        return Path(target)

    monkeypatch.setattr(pretrained, "download", download)
    return SimpleNamespace(archives=archives, asked=asked)


def url_of(modeltype):
    return pretrained._TABLE["imagenet"][modeltype]["url"]


def test_every_network_has_an_https_address_and_a_file_of_its_own():
    table = {**pretrained._TABLE["imagenet"], **pretrained._TABLE["model_zoo"]}
    assert all(urlsplit(entry["url"]).scheme == "https" for entry in table.values())
    assert len(set(pretrained.MODELTYPE_FILEPATH_MAP.values())) == len(pretrained.MODELTYPE_FILEPATH_MAP) == 14
    base = pretrained.MODEL_BASE_PATH
    assert pretrained.MODELTYPE_FILEPATH_MAP["resnet_50"] == base / "resnet_v1_50.ckpt"
    assert pretrained.MODELTYPE_FILEPATH_MAP["mobilenet_v2_0.35"] == base / "mobilenet_v2_0.35_224.ckpt"
    assert pretrained.MODELTYPE_FILEPATH_MAP["efficientnet-b6"] == base / "efficientnet-b6" / "model.ckpt"


@pytest.mark.parametrize(
    ("modeltype", "files", "checkpoint"),
    [
        ("resnet_50", ["resnet_v1_50.ckpt"], "resnet_v1_50.ckpt"),
        (
            "mobilenet_v2_1.0",
            [*(f"./mobilenet_v2_1.0_224.ckpt{part}" for part in PARTS), "./mobilenet_v2_1.0_224_frozen.pb"],
            "mobilenet_v2_1.0_224.ckpt",
        ),
        (
            "efficientnet-b0",
            [*(f"efficientnet-b0/model.ckpt{part}" for part in PARTS), "efficientnet-b0/checkpoint"],
            "efficientnet-b0/model.ckpt",
        ),
    ],
)
def test_weights_are_fetched_once_into_the_users_cache(tmp_path, cache, network, modeltype, files, checkpoint):
    network.archives[url_of(modeltype)] = files
    path = pretrained.check_for_weights(modeltype, tmp_path / "package")
    assert isinstance(path, str) and Path(path).is_relative_to(cache) and path.endswith(checkpoint)
    assert sorted(one.name for one in Path(path).parent.iterdir()) == sorted(
        Path(name).name for name in files if Path(name).name.startswith(Path(checkpoint).name)
    )
    assert pretrained.check_for_weights(modeltype, tmp_path / "package") == path
    assert len(network.asked) == 1


def test_weights_inside_an_older_installation_are_used(tmp_path, cache, network):
    old = tmp_path / "package" / pretrained.MODELTYPE_FILEPATH_MAP["resnet_101"]
    old.parent.mkdir(parents=True)
    old.touch()
    assert pretrained.check_for_weights("resnet_101", tmp_path / "package") == str(old)
    assert network.asked == [] and not cache.exists()


def test_half_a_checkpoint_is_none(tmp_path, cache, network):
    old = tmp_path / pretrained.MODELTYPE_FILEPATH_MAP["mobilenet_v2_1.0"]
    old.parent.mkdir(parents=True)
    old.with_name(f"{old.name}.index").touch()
    network.archives[url_of("mobilenet_v2_1.0")] = [f"mobilenet_v2_1.0_224.ckpt{part}" for part in PARTS]
    assert Path(pretrained.check_for_weights("mobilenet_v2_1.0", tmp_path)).is_relative_to(cache)


def test_an_unknown_network_gives_back_the_folder_with_a_message(tmp_path):
    said = []

    class Listener(progress.Silent):
        def message(self, text):
            said.append(text)

    with progress.in_force(progress.Progress(Listener())):
        assert pretrained.check_for_weights("alexnet", tmp_path) == str(tmp_path)
    assert "alexnet" in said[0] and "resnet_50" in said[0]
    with pytest.raises(Missing, match="alexnet"):
        pretrained.download_weights("alexnet", tmp_path / "alexnet.ckpt")


def test_weights_are_made_where_they_are_wanted(tmp_path, network):
    network.archives[url_of("resnet_50")] = ["resnet_v1_50.ckpt"]
    pretrained.download_weights("resnet_50", tmp_path / "new" / "resnet_v1_50.ckpt")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["resnet_v1_50.ckpt"]
    with pytest.raises(InvalidInput, match=r"resnet_v1_50\.ckpt"):
        pretrained.download_weights("resnet_50", tmp_path / "mine.ckpt")


def test_an_archive_without_the_checkpoint_is_reported_and_leaves_nothing(tmp_path, network):
    network.archives[url_of("resnet_50")] = ["something_else"]
    with pytest.raises(DamagedFile):
        pretrained.download_weights("resnet_50", tmp_path / "resnet_v1_50.ckpt")
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_not_there_is_named(tmp_path, monkeypatch, network):
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(StorageError, match="no home folder"):
        pretrained.check_for_weights("resnet_50", tmp_path)


def test_a_model_of_the_zoo_lies_flat_in_its_folder(tmp_path, network):
    url = pretrained._TABLE["model_zoo"]["full_cat"]["url"]
    network.archives[url] = ["DLC_Cat/train/pose_cfg.yaml", "DLC_Cat/train/snapshot-1.index"]
    pretrained.download_model("full_cat", tmp_path / "cat")
    assert sorted(path.name for path in (tmp_path / "cat").iterdir()) == ["pose_cfg.yaml", "snapshot-1.index"]
    with pytest.raises(Missing, match="full_cat"):
        pretrained.download_model("full_bat", tmp_path)


@pytest.fixture
def tensorflow(monkeypatch):
    chosen = []
    config = SimpleNamespace(
        list_physical_devices=lambda kind: ["gpu 0", "gpu 1"] if kind == "GPU" else [],
        set_visible_devices=lambda device, kind: chosen.append((device, kind)),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    return chosen


def test_one_gpu_is_chosen_by_its_number(tensorflow):
    pretrained.set_visible_devices(1)
    assert tensorflow == [("gpu 1", "GPU")]
    for number in (2, -1):
        with pytest.raises(ValueError, match="sees 2"):
            pretrained.set_visible_devices(number)


def test_without_tensorflow_the_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModuleNotFoundError, match=r"deeplabcut\[tf\]"):
        pretrained.set_visible_devices(0)


class Restorer:
    def __init__(self):
        self.restored = []

    def restore(self, session, path):
        self.restored.append((session, path))


def test_a_checkpoint_is_restored_from_where_it_is(tmp_path):
    restorer = Restorer()
    for part in PARTS:
        (tmp_path / f"snapshot-100{part}").touch()
    pretrained.smart_restore(restorer, "session", str(tmp_path / "snapshot-100"), "resnet_50")
    assert restorer.restored == [("session", str(tmp_path / "snapshot-100"))]


def test_packaged_weights_that_are_gone_are_fetched_before_they_are_restored(tmp_path, cache, network):
    restorer = Restorer()
    network.archives[url_of("resnet_50")] = ["resnet_v1_50.ckpt"]
    pretrained.smart_restore(restorer, "session", tmp_path / "old_env" / "resnet_v1_50.ckpt", "resnet_50")
    assert Path(restorer.restored[0][1]).is_relative_to(cache)


def test_a_checkpoint_of_the_users_that_is_gone_is_an_error(tmp_path, network):
    for net_type in ("resnet_50", "unknown"):
        with pytest.raises(ValueError, match="no such checkpoint") as caught:
            pretrained.smart_restore(Restorer(), "session", tmp_path / "snapshot-100", net_type)
        assert "init_weights" in caught.value.fix
    assert network.asked == []


def test_the_import_needs_neither_tensorflow_nor_anything_heavy():
    program = (
        "import deeplabcut.pose_estimation_tensorflow.pretrained, sys\n"
        "print(*{'tensorflow', 'numpy', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
