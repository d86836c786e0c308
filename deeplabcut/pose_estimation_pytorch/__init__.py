"""The PyTorch engine: networks, their data, training and use. Names resolve on first use."""

from deeplabcut._lazy import attach

_HERE = "deeplabcut.pose_estimation_pytorch"
__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        f"{_HERE}.config": [
            "GenSamplingConfig",
            "available_detectors",
            "available_models",
            "is_model_cond_top_down",
            "is_model_top_down",
        ],
        f"{_HERE}.data": [
            "COCOLoader",
            "COLLATE_FUNCTIONS",
            "DLCLoader",
            "GenerativeSampler",
            "Loader",
            "PoseDataset",
            "PoseDatasetParameters",
            "Snapshot",
            "build_transforms",
            "list_snapshots",
        ],
        f"{_HERE}.task": ["Task"],
        f"{_HERE}.utils": ["fix_seeds"],
    },
)
