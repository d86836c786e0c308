"""The names of the engines."""

from __future__ import annotations

import copy
import pickle

import pytest

from deeplabcut.core.engine import Engine


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("pytorch", Engine.PYTORCH),
        ("Torch", Engine.PYTORCH),
        (" TF ", Engine.TF),
        ("TensorFlow", Engine.TF),
        (Engine.TF, Engine.TF),
    ],
)
def test_an_engine_is_found_by_any_of_its_names(name, engine):
    assert Engine(name) is engine


@pytest.mark.parametrize("name", ["caffe", "", None, 3])
def test_other_names_are_refused_with_those_that_exist(name):
    with pytest.raises(ValueError, match="pytorch, torch, tensorflow, tf"):
        Engine(name)


def test_folders_and_files_of_the_engines():
    torch, tf = Engine.PYTORCH, Engine.TF
    assert (torch.model_folder_name, torch.pose_cfg_name) == ("dlc-models-pytorch", "pytorch_config.yaml")
    assert (tf.model_folder_name, tf.pose_cfg_name) == ("dlc-models", "pose_cfg.yaml")
    assert (torch.results_folder_name, tf.results_folder_name) == ("evaluation-results-pytorch", "evaluation-results")
    assert torch.aliases == ("pytorch", "torch") and tf.aliases == ("tensorflow", "tf")


def test_engines_can_be_copied_sent_to_workers_and_used_as_keys():
    assert pickle.loads(pickle.dumps(Engine.TF)) is Engine.TF and copy.deepcopy(Engine.TF) is Engine.TF
    assert {Engine.TF: 1, Engine.PYTORCH: 2}[Engine("torch")] == 2 and [str(e) for e in Engine] == [
        "pytorch",
        "tensorflow",
    ]
