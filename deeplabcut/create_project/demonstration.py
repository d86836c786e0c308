"""The demo: a synthetic video, and a whole project around it, up to the network to train."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.errors import DamagedFile
from deeplabcut.core.poses import Annotations
from deeplabcut.create_project.new import create_new_project
from deeplabcut.generate_training_dataset.dataset import create_training_dataset
from deeplabcut.generate_training_dataset.frame_extraction import extract_frames
from deeplabcut.generate_training_dataset.label_pictures import check_labels
from deeplabcut.io.annotations import write_annotations
from deeplabcut.project.labels import LabelFolder, body_plan, video_folders
from deeplabcut.project.layout import LABELS
from deeplabcut.project.project import Project, config_of
from deeplabcut.scenes import demo as pictures
from deeplabcut.scenes.files import read_scene
from deeplabcut.scenes.truth import SceneTruth


def demo(
    folder: Path = Path("demo-output"),
    *,
    n_animals: int = 2,
    n_frames: int = 300,
    n_random: int = 20,
    n_labels: int = 20,
    seed: int = 11,
) -> Path:
    """Show what works: a synthetic arena as a video, a project around it, its training set and network.

    Parameters
    ----------
    folder : path
        Where everything is written.
    n_animals : int
        How many mice walk in the arena.
    n_frames : int
        How long the video is.
    n_random : int
        How many frames are read at random and compared with the scene.
    n_labels : int
        How many frames are extracted and labelled with the truth.
    seed : int
        The same seed gives the same arena, frames and split.
    """
    pictures.demo(folder, n_animals=n_animals, n_frames=n_frames, n_random=n_random, seed=seed)
    stored = read_scene(folder)
    say = progress.current().message

    made = create_new_project("arena", "demo", [stored.videos[0]], folder, multianimal=True, in_place=True)
    project = Project.open(made)
    project.config.update(
        {
            "individuals": [f"mouse{number + 1}" for number in range(n_animals)],
            "multianimalbodyparts": list(stored.plan.bodyparts),
            "uniquebodyparts": list(stored.plan.unique),
            "skeleton": [list(bone) for bone in stored.plan.skeleton],
            "numframes2pick": n_labels,
        }
    )
    project.save()
    say("6. Made a project around the video, with the bodyparts of the mice:")
    say(f"   {project.config_file}")

    extract_frames(project.config_file, userfeedback=False, seed=seed)
    (labels,) = video_folders(Project.open(project.config_file))
    say(f"7. Extracted {len(labels.images())} frames that differ from each other, and labelled them with the truth:")
    write_annotations(labels.path, true_labels(project, labels, stored.truths[0]))
    say(f"   {labels.files.csv}")

    check_labels(project.config_file)
    say("8. Drew the labels, for a look at them:")
    say(f"   {project.path / LABELS / (labels.name + '_labeled')}")

    create_training_dataset(project.config_file, Shuffles=[1], userfeedback=False, seed=seed)
    say("9. Created the training set, and the configuration of the default network:")
    say(f"   {project.path / project.layout.training_set_folder}")

    from deeplabcut.pose_estimation_pytorch.apis.batch_picture import show_training_batch  # loads torch

    picture = show_training_batch(project.config_file, shuffle=1, seed=seed)
    say("10. Built the network and drew what it is shown: augmented images and their targets")
    say(f"   {picture}")
    say(f"Next, once the training engine is there: dlc train-network {project.config_file}")
    return project.config_file


def true_labels(project: Project, folder: LabelFolder, truth: SceneTruth) -> Annotations:
    """The points in sight of every extracted frame, as somebody without errors labels them."""
    plan = body_plan(config_of(project))
    if plan.bodyparts != truth.plan.bodyparts or plan.unique != truth.plan.unique:
        raise DamagedFile("The project of an earlier demo has other bodyparts.", where=project.config_file)
    names = folder.images()
    frames = np.array([int(Path(name).stem.removeprefix("img")) for name in names])
    xy = np.where(truth.visibility[frames][..., None] == pictures.SEEN, truth.xy[frames], np.nan)
    unique = np.where(truth.unique_visibility[frames][..., None] == pictures.SEEN, truth.unique_xy[frames], np.nan)
    keys = tuple((LABELS, folder.name, name) for name in names)
    return Annotations(plan, folder.scorer, keys, xy, unique)
