"""The tables of names: what `deeplabcut` offers, and where the modules of earlier releases went. Data only."""

from __future__ import annotations

PUBLIC: dict[str, list[str] | dict[str, str]] = {
    "deeplabcut.core.engine": ["Engine"],
    "deeplabcut.io.video.tools": {
        "CropVideo": "crop_video",
        "DownSampleVideo": "downsample_video",
        "ShortenVideo": "shorten_video",
        "check_video_integrity": "check_video_integrity",
    },
    "deeplabcut.io.video.collect": ["collect_video_paths"],
    "deeplabcut.utils.auxfun_videos": {"auxfun_videos": ""},
    "deeplabcut.utils.auxiliaryfunctions": {"auxiliaryfunctions": ""},
}
"""Home -> the names of ``deeplabcut.*`` that live there (a list, or public name -> name in the home)."""

SUBPACKAGES = (
    "cli",
    "core",
    "doctor",
    "io",
    "jobs",
    "project",
    "scenes",
    "utils",
    "visualization",
)
"""Subpackages that resolve as attributes after a plain ``import deeplabcut``."""

GUI = ("SkeletonBuilder", "label_frames", "launch_dlc", "refine_labels", "refine_tracklets")
GUI_SENTENCE = (
    "The labelling and refinement tools come with the browser GUI, which this version does not contain yet; "
    "everything else works without it."
)

_CONFIG_FILES = [
    "create_config_template",
    "create_config_template_3d",
    "edit_config",
    "read_config",
    "write_config",
    "write_config_3d",
    "write_config_3d_template",
    "write_project_config",
]

ADDRESSES: dict[str, dict[str, list[str] | dict[str, str]]] = {
    "deeplabcut.utils": {
        "deeplabcut.io.video.collect": ["collect_video_paths"],
    },
    "deeplabcut.utils.auxfun_videos": {
        "deeplabcut.io.video.classic": ["VideoReader", "VideoWriter"],
        "deeplabcut.io.video.collect": ["SUPPORTED_VIDEOS", "collect_video_paths"],
        "deeplabcut.io.video.tools": {
            "CropVideo": "crop_video",
            "DownSampleVideo": "downsample_video",
            "ShortenVideo": "shorten_video",
            "check_video_integrity": "check_video_integrity",
            "draw_bbox": "draw_bbox",
            "imread": "imread",
            "imresize": "imresize",
            "rotate_video": "rotate_video",
        },
    },
    "deeplabcut.utils.auxiliaryfunctions": {
        "deeplabcut.core.config": [*_CONFIG_FILES, "read_plainconfig", "write_plainconfig"],
    },
    "deeplabcut.utils.video_processor": {
        "deeplabcut.io.video.processor": ["VideoProcessor", "VideoProcessorCV"],
    },
}
"""Historical module -> {home: names}; served by `deeplabcut._lazy`, resolved whole by a test."""
