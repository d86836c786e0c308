"""inference_cfg.yaml: its default values, made where it is missing, checked where it is not."""

import os
from importlib.resources import files as package_files

import pytest

from deeplabcut.core.config import ConfigWarning, ProjectConfig, read_plainconfig, write_plainconfig
from deeplabcut.core.config.inference import check_inferencecfg_sanity, form_default_inferencecfg, read_inferencecfg

CFG = {"multianimalbodyparts": ["snout", "back", "tail"], "individuals": ["m1", "m2"]}
DEFAULT = {
    "variant": 0, "pafthreshold": 0.1, "method": "m1", "minimalnumberofconnections": 1.5, "pcutoff": 0.1,
    "topktoretain": 2, "withid": False, "boundingboxslack": 0, "iou_threshold": 0.6, "max_age": 1, "min_hits": 1,
}  # fmt: skip


def test_the_defaults_follow_the_project_and_keep_their_order():
    assert form_default_inferencecfg(CFG) == DEFAULT
    assert list(form_default_inferencecfg(CFG)) == list(DEFAULT)
    assert form_default_inferencecfg(ProjectConfig.from_dict({**CFG, "multianimalproject": True})) == DEFAULT


def test_the_template_is_a_file_of_the_package():
    template = read_plainconfig(str(package_files("deeplabcut") / "inference_cfg.yaml"))
    assert list(template) == list(DEFAULT)
    assert all(isinstance(template[key], str) for key in ("minimalnumberofconnections", "topktoretain"))


def test_a_missing_file_is_written_with_the_defaults_and_then_read(tmp_path):
    path = tmp_path / "inference_cfg.yaml"
    assert read_inferencecfg(path, CFG) == DEFAULT
    assert read_plainconfig(path) == DEFAULT
    write_plainconfig(path, {**DEFAULT, "pcutoff": 0.4})
    assert read_inferencecfg(str(path), CFG)["pcutoff"] == 0.4


def test_T9_a_project_that_may_only_be_read_has_the_defaults_all_the_same(read_only_folder):
    os.chmod(read_only_folder, 0o500)
    with pytest.warns(ConfigWarning, match="without being saved"):
        assert read_inferencecfg(read_only_folder / "inference_cfg.yaml", CFG) == DEFAULT


def test_missing_keys_are_named():
    check_inferencecfg_sanity(CFG, DEFAULT)
    with pytest.raises(KeyError) as caught:
        check_inferencecfg_sanity(CFG, {key: DEFAULT[key] for key in DEFAULT if key not in ("max_age", "method")})
    assert "has no method, max_age" in str(caught.value)
