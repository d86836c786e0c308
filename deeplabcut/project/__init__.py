"""Where things are and what they are called: projects, their folders, names and checks. Names resolve on first use."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.project.project": ["Project", "ProjectVideo"],
        "deeplabcut.project.layout": ["Layout", "check_name", "percent", "video_stem"],
        "deeplabcut.project.check": ["Issue", "ProjectReport", "check_project", "project_check", "remap_videos"],
    },
)
