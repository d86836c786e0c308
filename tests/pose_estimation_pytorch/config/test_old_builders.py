"""Builders that guides still use work without a word."""

import warnings

from deeplabcut.pose_estimation_pytorch.config import (
    make_basic_project_config,
    make_pytorch_pose_config,
    make_pytorch_test_config,
)


def test_the_builders_of_the_guides_are_quiet(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        project = make_basic_project_config(tmp_path, ["snout", "tail"], max_individuals=2)
        config = make_pytorch_pose_config(project, tmp_path, net_type="resnet_50", top_down=True, save=True)
        make_pytorch_test_config(config, tmp_path / "pose_cfg.yaml", save=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pose_cfg.yaml", "pytorch_config.yaml"]
