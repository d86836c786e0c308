"""Configuration files of every kind, small enough to read."""

from __future__ import annotations

from pathlib import Path

import pytest

SINGLE = """\
# Project definitions (do not edit)
Task: reach
scorer: Ada
date: Nov20
multianimalproject: false
identity:

# Project path (change when moving around)
project_path: /data/reach-Ada-2026-11-20

engine: pytorch

video_sets:
  /data/reach-Ada-2026-11-20/videos/m1.avi:
    crop: 0, 640, 0, 480   # the whole frame
  /data/reach-Ada-2026-11-20/videos/m2.avi:
    crop: 0, 640, 0, 480
bodyparts:
- paw   # the left one
- nose
# a thought about the tail
- tail
start: 0
stop: 1
numframes2pick: 20   # per video

skeleton: [[paw, nose], [nose, tail]]
skeleton_color: 'black'
pcutoff: 0.4
dotsize: 8
alphavalue: 0.70
colormap: jet

TrainingFraction: [0.95, 0.8]
iteration: 0
default_net_type: resnet_50
default_augmenter: default
snapshotindex: -1
detector_snapshotindex: -1
batch_size: 4
detector_batch_size: 1

cropping: false
#if cropping is true for analysis, then set the values here:
x1: 0
x2: 640
y1: 277
y2: 624

corner2move2:
- 50
- 50
move2corner: true

# my own notes
lab_notes: {box: 3, diet: "low fat"}
"""

MULTI = """\
config_version: 0
Task: mat
scorer: Bob
date: Nov20
multianimalproject: true
identity: false
project_path: /data/mat-Bob-2026-11-20
pose_config_path:
engine: pytorch
video_sets:
  /data/mat-Bob-2026-11-20/videos/vidA.avi:
    crop: 0, 160, 0, 120
bodyparts: MULTI!
individuals:
- m1
- m2
uniquebodyparts:
- corner1
multianimalbodyparts:
- snout
- tail
start: 0.0
stop: 1.0
numframes2pick: 20
skeleton:
- - snout
  - tail
skeleton_color: black
pcutoff: 0.6
dotsize: 12
alphavalue: 0.7
colormap: rainbow
TrainingFraction:
- 0.95
iteration: 0
default_net_type: resnet_50
default_augmenter: albumentations
default_track_method: ellipse
snapshotindex: all
detector_snapshotindex: -1
batch_size: 8
detector_batch_size: 1
cropping: true
x1: 0
x2: 100
y1: 0
y2: 100
"""

THREE_D = """\
Task: cage
scorer: Cy
date: Jan5
project_path: /data/cage-Cy-2026-01-05-3d
skeleton:
- - snout
  - tail
skeleton_color: black
pcutoff: 0.4
colormap: jet
dotsize: 15
alphaValue: 0.8
markerType: '*'
markerColor: r
num_cameras: 2
camera_names:
- camera-1
- camera-2
scorername_3d: DLC_3D
config_file_camera-1: /data/one/config.yaml
config_file_camera-2: /data/two/config.yaml
shuffle_camera-1: 1
trainingsetindex_camera-1: 0
shuffle_camera-2: 1
trainingsetindex_camera-2: 0
"""

TEXTS = {"single": SINGLE, "multi": MULTI, "3d": THREE_D}


class Files:
    """A folder for configuration files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = TEXTS

    def write(self, text: str | bytes, name: str = "config.yaml") -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def single(files: Files) -> Path:
    return files.write(SINGLE)


@pytest.fixture
def multi(files: Files) -> Path:
    return files.write(MULTI)


@pytest.fixture
def three_d(files: Files) -> Path:
    return files.write(THREE_D)
