"""Augmentation of training images with their points and boxes: steps, the chain that applies them, pictures of both."""

from deeplabcut import _lazy

__getattr__, __dir__, _public = _lazy.attach(
    __name__,
    {
        "deeplabcut.pose_estimation_pytorch.data.augmentation.chain": ["Step", "Transform"],
        "deeplabcut.pose_estimation_pytorch.data.augmentation.sample": ["Sample"],
        "deeplabcut.pose_estimation_pytorch.data.augmentation.user": ["UserTransform", "as_transform"],
        "deeplabcut.pose_estimation_pytorch.data.augmentation.sheet": ["draw_sample", "sheet"],
    },
)
__all__ = [*_public]  # noqa: PLE0604 - the table holds names
