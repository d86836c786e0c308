"""What users ask of the PyTorch engine. Names resolve on first use."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__, {"deeplabcut.pose_estimation_pytorch.apis.batch_picture": ["show_training_batch"]}
)
