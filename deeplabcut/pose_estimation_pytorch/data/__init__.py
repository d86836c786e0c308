"""Images and labels on their way to networks: loaders, data sets, augmentation, batches. Names resolve on first use."""

from deeplabcut._lazy import attach

_HERE = __name__
__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.pose_estimation_pytorch.config.data": ["GenSamplingConfig"],
        "deeplabcut.project.snapshots": ["Snapshot", "list_snapshots"],
        f"{_HERE}.base": ["Loader"],
        f"{_HERE}.cocoloader": ["COCOLoader"],
        f"{_HERE}.collate": ["COLLATE_FUNCTIONS"],
        f"{_HERE}.dataset": ["PoseDataset", "PoseDatasetParameters"],
        f"{_HERE}.dlcloader": ["DLCLoader"],
        f"{_HERE}.generative_sampling": ["GenerativeSampler"],
        f"{_HERE}.image": ["top_down_crop"],
        f"{_HERE}.image_cache": ["ImageCache"],
        f"{_HERE}.loading": ["data_loader"],
        f"{_HERE}.transforms": ["build_transforms"],
    },
)
