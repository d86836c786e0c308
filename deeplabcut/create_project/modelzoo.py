"""Projects that start with a trained network: the data side of ``create_pretrained_project``.

The project, its bodyparts and the entry of its first shuffle are made here. The network itself is fetched by the
model zoo; as long as that is not part of the product, `create_pretrained_project` refuses before making anything.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from deeplabcut.core.deprecation import renamed_parameter
from deeplabcut.core.engine import Engine
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.create_project.new import create_new_project
from deeplabcut.project import superanimals
from deeplabcut.project.project import Project
from deeplabcut.project.shuffles import update_metadata

PathLike = str | os.PathLike[str]

Modeloptions = [
    "full_human",
    "full_cat",
    "full_dog",
    "primate_face",
    "mouse_pupil_vclose",
    "horse_sideview",
    "full_macaque",
    "superanimal_quadruped",
    "superanimal_topviewmouse",
]
_SUPERANIMAL, _NET, _DETECTOR = "superanimal_quadruped", "hrnet_w32", "fasterrcnn_resnet50_fpn_v2"


@renamed_parameter(old="videotype", new="video_extensions", since="3.0.0")
def create_pretrained_project(
    project: str,
    experimenter: str,
    videos: PathLike | Sequence[PathLike],
    model: str | None = None,
    working_directory: PathLike | None = None,
    copy_videos: bool = False,
    video_extensions: str | Sequence[str] | None = None,
    analyzevideo: bool = True,
    filtered: bool = True,
    createlabeledvideo: bool = True,
    trainFraction: float | None = None,  # noqa: N803  a public name
    engine: Engine = Engine.PYTORCH,
    multi_animal: bool = False,
    individuals: list[str] | None = None,
    net_name: str | None = None,
    detector_name: str | None = None,
) -> tuple[Path, Path]:
    """Make a project around a network that is trained already; the paths of both configurations.

    Parameters
    ----------
    project : str
        Name of the task.
    experimenter : str
        Who labels; part of the names of label files.
    videos : path or list of paths
        Videos, or folders of videos (one level deep).
    model : str, optional
        The SuperAnimal; superanimal_quadruped by default. With the TensorFlow engine one of its own models.
    working_directory : path, optional
        Where the project folder goes; by default where you are.
    copy_videos : bool
        Copy the videos instead of linking them.
    video_extensions : str or list of str, optional
        Take only these kinds of videos.
    analyzevideo : bool
        Analyse the videos at once.
    filtered : bool
        Filter the predictions.
    createlabeledvideo : bool
        Make labelled videos and plots.
    trainFraction : float, optional
        The fraction in the names of the shuffle; that of new projects by default.
    engine : Engine
        PyTorch or TensorFlow.
    multi_animal : bool
        Whether several animals are to be told apart.
    individuals : list of str, optional
        Names of the animals.
    net_name : str, optional
        The pose network; hrnet_w32 by default.
    detector_name : str, optional
        The detector; fasterrcnn_resnet50_fpn_v2 by default.
    """
    if Engine(engine) is Engine.PYTORCH:  # type: ignore[arg-type]
        animal = superanimals.super_animal(model or _SUPERANIMAL)
        detector = detector_name or (_DETECTOR if animal.detectors else None)
        superanimals.checked_models(animal, net_name or _NET, detector)
    elif (model or Modeloptions[0]) not in Modeloptions:
        raise InvalidInput(f"There is no model {model!r}.", fix=f"use one of {', '.join(Modeloptions)}")
    raise Missing(
        "The trained networks come with the model zoo, which this version does not contain yet; nothing was made.",
        fix="create a project with deeplabcut.create_new_project, or use a later version",
    )


@renamed_parameter(old="videotype", new="video_extensions", since="3.0.0")
def create_pretrained_human_project(
    project: str,
    experimenter: str,
    videos: PathLike | Sequence[PathLike],
    working_directory: PathLike | None = None,
    copy_videos: bool = False,
    video_extensions: str | Sequence[str] | None = None,
    createlabeledvideo: bool = True,
    analyzevideo: bool = True,
) -> tuple[Path, Path]:
    """`create_pretrained_project` with the network of the human body, full_human."""
    return create_pretrained_project(
        project, experimenter, videos, model="full_human", working_directory=working_directory, copy_videos=copy_videos,
        video_extensions=video_extensions, createlabeledvideo=createlabeledvideo, analyzevideo=analyzevideo,
        engine=Engine.TF,
    )  # fmt: skip


def pretrained_data(
    project: str,
    experimenter: str,
    videos: PathLike | Sequence[PathLike],
    animal: superanimals.SuperAnimal,
    *,
    working_directory: PathLike | None = None,
    copy_videos: bool = False,
    video_extensions: str | Sequence[str] | None = None,
    train_fraction: float | None = None,
    multi_animal: bool = False,
    individuals: list[str] | None = None,
) -> Project:
    """A new project with the bodyparts of a SuperAnimal, and shuffle 1 in its metadata with an empty split."""
    config_file = create_new_project(
        project, experimenter, videos, working_directory, copy_videos, video_extensions, multi_animal, individuals
    )
    if not isinstance(config_file, Path):
        raise InvalidInput("No video can be opened, so no project was made.", fix="see dlc video check")
    made = Project.open(config_file)
    made.config["multianimalbodyparts" if multi_animal else "bodyparts"] = list(animal.bodyparts)
    made.config["skeleton"] = [list(bone) for bone in animal.skeleton]
    if train_fraction is not None:
        made.config["TrainingFraction"] = [train_fraction]
    made.save()
    fraction = made.config["TrainingFraction"][0]
    (made.path / made.layout.training_set_folder).mkdir(parents=True, exist_ok=True)
    update_metadata(made.config_file, fraction, 1, Engine.PYTORCH, [], [])
    return made
