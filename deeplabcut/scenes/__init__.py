"""Synthetic arenas with animals whose truth is known: for demonstrations, tests and benchmarks."""

from deeplabcut import _lazy

__getattr__, __dir__, _public = _lazy.attach(
    __name__,
    {
        "deeplabcut.scenes.scene": ["Scene", "make_scene"],
        "deeplabcut.scenes.options": ["SceneOptions"],
        "deeplabcut.scenes.truth": ["SceneTruth"],
        "deeplabcut.scenes.files": ["SceneFiles", "StoredScene", "read_scene"],
        "deeplabcut.scenes.cameras": ["Camera", "look_at", "overhead", "ring"],
    },
)
__all__ = [*_public]  # noqa: PLE0604 - the table holds names
