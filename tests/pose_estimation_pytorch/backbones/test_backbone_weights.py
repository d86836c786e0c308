"""Trained weights come from the hub once, are kept for the user, and work without a network afterwards."""

import http.server
import io
import os
import threading

import pytest
import torch
from safetensors.torch import save

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.io.web import Offline, Refused
from deeplabcut.pose_estimation_pytorch.models.backbones import BACKBONES, base

TINY = {"type": "CSPNeXt", "model_name": "tiny", "widen_factor": 0.0625, "deepen_factor": 0.1}
RESNET = {"type": "ResNet", "model_name": "test_resnet"}
RESNET_FILE = "timm/test_resnet.r160_in1k/resolve/main/model.safetensors"
CSPNEXT_FILE = "DeepLabCut/DeepLabCut-Backbones/resolve/main/tiny.pt"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without any downloads."""
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    return tmp_path


@pytest.fixture
def hub(monkeypatch):
    """A server with files by path; ``asked`` are the paths that were asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        files, asked = {}, []

        def do_GET(self):
            self.asked.append(self.path[1:])
            content = self.files.get(self.path[1:])
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield Handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there


def as_pt(state):
    file = io.BytesIO()
    torch.save({"state_dict": state}, file)
    return file.getvalue()


def marked(config):
    """The state of a network whose first number is recognisable."""
    state = BACKBONES.build(config).state_dict()
    first = next(iter(state))
    state[first] = torch.full_like(state[first], 0.125)
    return {key.removeprefix("model."): value for key, value in state.items()}


def is_marked(backbone):
    return bool((next(iter(backbone.state_dict().values())) == 0.125).all())


def test_weights_of_cspnext_are_fetched_once(hub, home):
    hub.files[CSPNEXT_FILE] = as_pt(marked(TINY))
    assert is_marked(BACKBONES.build({**TINY, "pretrained": True}))
    assert is_marked(BACKBONES.build({**TINY, "pretrained": True}))
    assert hub.asked == [CSPNEXT_FILE]
    assert [path.name for path in home.rglob("deeplabcut/backbones/*")] == ["tiny.pt"]


def test_weights_of_timm_are_fetched_once(hub, home):
    state = marked(RESNET)
    hub.files[RESNET_FILE] = save(state | {"fc.weight": torch.zeros(1000, 160), "fc.bias": torch.zeros(1000)})
    for config in (RESNET, {**RESNET, "type": "TimmBackbone", "stride": 8}):
        assert is_marked_timm(BACKBONES.build({**config, "pretrained": True}))
    assert hub.asked == [RESNET_FILE]
    kept = home.rglob("deeplabcut/backbones/timm--test_resnet.r160_in1k/*")
    assert [path.name for path in kept] == ["model.safetensors"]


def is_marked_timm(backbone):
    return bool((next(iter(backbone.model.state_dict().values())) == 0.125).all())


def test_a_transformer_starts_from_weights_for_patches_of_another_size(hub):
    config = {"type": "TimmBackbone", "model_name": "vit_tiny_patch16_224", "model_args": {"depth": 3}}
    source = BACKBONES.build(config)
    weights = {key.removeprefix("model."): value for key, value in source.model.state_dict().items()}
    hub.files["timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k/resolve/main/model.safetensors"] = save(weights)
    same = BACKBONES.build({**config, "pretrained": True})
    assert all(torch.equal(a, b) for a, b in zip(same.state_dict().values(), source.state_dict().values(), strict=True))
    coarse = BACKBONES.build({**config, "pretrained": True, "model_args": {"depth": 3, "patch_size": 32}})
    assert coarse.stride == 32 and coarse(torch.rand(1, 3, 64, 64)).shape == (1, 192, 2, 2)
    assert torch.equal(coarse.model.model.norm.weight, source.model.model.norm.weight)
    patches = [net.model.model.patch_embed.proj.weight for net in (source, coarse)]
    torch.testing.assert_close(patches[1].mean(), patches[0].mean(), atol=1e-3, rtol=0)


def test_weights_outside_of_the_hub_are_fetched_once(hub, home, monkeypatch):
    import timm

    cfg = timm.get_pretrained_cfg("test_resnet")
    cfg.hf_hub_id, cfg.url = None, f"{os.environ['HF_ENDPOINT']}/releases/test.pth?raw=true"
    monkeypatch.setattr(timm, "get_pretrained_cfg", lambda name: cfg)
    file = io.BytesIO()
    torch.save(marked(RESNET), file)
    hub.files["releases/test.pth?raw=true"] = file.getvalue()
    for _ in range(2):
        assert is_marked_timm(BACKBONES.build({**RESNET, "pretrained": True}))
    assert hub.asked == ["releases/test.pth?raw=true"]
    assert [path.name for path in home.rglob("deeplabcut/backbones/*")] == ["test.pth"]


def test_T38_weights_that_are_there_need_no_network(hub, no_network, home, monkeypatch):
    folder = home / "hub" / "models--timm--test_resnet.r160_in1k"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    (folder / "snapshots" / "abc").mkdir(parents=True)
    (folder / "snapshots" / "abc" / "model.safetensors").write_bytes(save(marked(RESNET)))
    assert is_marked_timm(BACKBONES.build({**RESNET, "pretrained": True}))

    own = home / "mine"
    own.mkdir()
    (own / "tiny.pt").write_bytes(as_pt(marked(TINY)))
    assert is_marked(BACKBONES.build({**TINY, "pretrained": True, "backbone_weight_folder": str(own)}))


def test_weights_in_the_folder_of_an_earlier_version_are_used(no_network, tmp_path, monkeypatch):
    monkeypatch.setattr(base, "__file__", str(tmp_path / "package" / "models" / "backbones" / "base.py"))
    folder = tmp_path / "package" / "models" / "backbones" / "pretrained_weights"
    folder /= "models--DeepLabCut--DeepLabCut-Backbones/snapshots/abc"
    folder.mkdir(parents=True)
    (folder / "tiny.pt").write_bytes(as_pt(marked(TINY)))
    assert is_marked(BACKBONES.build({**TINY, "pretrained": True}))


@pytest.mark.parametrize(("config", "file"), [(TINY, "tiny.pt"), (RESNET, "model.safetensors")])
def test_T38_without_a_network_the_message_names_file_and_place_and_what_to_do(no_network, home, config, file):
    with pytest.raises(Offline) as caught:
        BACKBONES.build({**config, "pretrained": True})
    text = str(caught.value)
    assert "cannot be reached" in text and file in text.split("where:")[1]
    place = next(home.rglob("deeplabcut/backbones"))
    assert "put it here" in text and str(place) in text
    assert not list(place.rglob(file))


def test_T38_a_hub_that_is_forbidden_is_not_asked(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(Offline, match=r"HF_HUB_OFFLINE forbids[\s\S]*put model.safetensors"):
        BACKBONES.build({**RESNET, "pretrained": True})
    assert not hub.asked


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00exit\x85R."])
def test_T38_a_damaged_or_unsafe_file_is_named_and_not_run(home, no_network, content):
    folder = home / "home" / "deeplabcut" / "backbones" / "timm--test_resnet.r160_in1k"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(DamagedFile, match=r"model.safetensors[\s\S]*delete it"):
        BACKBONES.build({**RESNET, "pretrained": True})
    (home / "tiny.pt").write_bytes(content)
    with pytest.raises(DamagedFile, match=r"tiny.pt[\s\S]*delete it"):
        BACKBONES.build({**TINY, "pretrained": True, "backbone_weight_folder": home})


def test_weights_of_another_size_are_refused_with_the_sizes_that_exist(home):
    (home / "tiny.pt").write_bytes(as_pt(marked({**TINY, "widen_factor": 0.125})))
    with pytest.raises(InvalidInput, match=r"of another network[\s\S]*cspnext_m 0.67 and 0.75"):
        BACKBONES.build({**TINY, "pretrained": True, "backbone_weight_folder": home})


def test_a_file_can_be_fetched_again_and_is_kept_if_that_fails(hub, home):
    backbone = BACKBONES.build(TINY)
    hub.files[CSPNEXT_FILE] = b"first"
    path = backbone.download_weights("tiny.pt")
    hub.files[CSPNEXT_FILE] = b"second"
    assert backbone.download_weights("tiny.pt").read_bytes() == b"first"
    assert backbone.download_weights("tiny.pt", force=True) == path and path.read_bytes() == b"second"
    del hub.files[CSPNEXT_FILE]
    with pytest.raises(Refused):
        backbone.download_weights("tiny.pt", force=True)
    assert path.read_bytes() == b"second"
    assert [one.name for one in path.parent.iterdir()] == ["tiny.pt"]


@pytest.mark.parametrize("name", ["../tiny.pt", "/etc/passwd", "", ".pt"])
def test_a_name_cannot_lead_out_of_the_folder(name):
    with pytest.raises(InvalidInput, match="no name of a file"):
        BACKBONES.build(TINY).download_weights(name)
    with pytest.raises(InvalidInput, match="names no repository"):
        BACKBONES.build({**TINY, "repo_id": "../elsewhere/else"})


def test_weights_that_do_not_exist_are_named(no_network):
    with pytest.raises(InvalidInput, match=r"no trained weights 'nope' of resnet50[\s\S]*a1_in1k"):
        BACKBONES.build({"type": "ResNet", "model_name": "resnet50.nope", "pretrained": True})
    with pytest.raises(InvalidInput, match="no trained weights of test_coatnet"):
        BACKBONES.build({"type": "TimmBackbone", "model_name": "test_coatnet", "pretrained": True})


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("resnet50_gn", "a1h_in1k"), ("resnet101", "a1h_in1k"), ("resnet50", "a1_in1k"),
        ("hrnet_w18", "ms_aug_in1k"), ("hrnet_w32", "ms_in1k"), ("hrnet_w48", "ms_in1k"),
    ],
)  # fmt: skip
def test_networks_start_from_the_weights_that_users_know(hub, name, tag):
    kind = "HRNet" if name.startswith("hrnet") else "ResNet"
    with pytest.raises(Refused):
        BACKBONES.build({"type": kind, "model_name": name, "pretrained": True})
    assert hub.asked[0] == f"timm/{name}.{tag}/resolve/main/model.safetensors"
