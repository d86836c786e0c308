"""New projects. Names resolve on first use."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.create_project.new": ["create_new_project"],
        "deeplabcut.create_project.new_3d": ["create_new_project_3d"],
    },
)
