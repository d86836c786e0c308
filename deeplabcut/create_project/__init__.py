"""New projects, and new videos in them. Names resolve on first use."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.create_project.add": ["add_new_videos"],
        "deeplabcut.create_project.demo_data": ["load_demo_data"],
        "deeplabcut.create_project.modelzoo": ["create_pretrained_human_project", "create_pretrained_project"],
        "deeplabcut.create_project.new": ["create_new_project"],
        "deeplabcut.create_project.new_3d": ["create_new_project_3d"],
    },
)
