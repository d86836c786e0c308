"""The demo makes a project whose files are those of a user, and says each step."""

import io

import numpy as np

from deeplabcut.core import progress
from deeplabcut.create_project.demonstration import demo
from deeplabcut.generate_training_dataset.checks import check_training_set
from deeplabcut.io.annotations import read_annotations
from deeplabcut.io.images import read_image
from deeplabcut.project import Project, check_project
from deeplabcut.project.labels import video_folders
from deeplabcut.project.shuffles import TrainingDatasetMetadata
from deeplabcut.scenes.files import read_scene


def test_the_demo_goes_from_a_video_to_a_network_to_train(tmp_path):
    stream = io.StringIO()
    with progress.in_force(progress.Progress(progress.Terminal(stream))):
        config = demo(tmp_path / "out", n_frames=70, n_random=4, n_labels=6)
    steps = [line.partition(".")[0] for line in stream.getvalue().splitlines() if line[:2].rstrip(".").isdigit()]
    assert steps == [str(number) for number in range(1, 11)]
    project = Project.open(config)
    assert check_project(project).issues == ()
    assert check_training_set(config).exit_code == 0
    (folder,) = video_folders(project)
    labels, truth = read_annotations(folder.path), read_scene(tmp_path / "out").truths[0]
    frames = [int(image[2].removeprefix("img").removesuffix(".png")) for image in labels.images]
    seen = np.isfinite(labels.xy).all(axis=-1)
    assert len(frames) == 6
    np.testing.assert_array_equal(seen, truth.visibility[frames] == 2)
    np.testing.assert_array_equal(labels.xy[seen], truth.xy[frames][seen])
    assert [shuffle.index for shuffle in TrainingDatasetMetadata.load(config).shuffles] == [1]
    (picture,) = project.path.rglob("training-batch.png")
    assert read_image(picture).std() > 20
    again = demo(tmp_path / "out", n_frames=70, n_random=4, n_labels=6)
    assert again == config
