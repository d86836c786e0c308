"""Detectors: where animals are, as boxes."""

from deeplabcut._lazy import attach

_HERE = __name__

__getattr__, __dir__, __all__ = attach(
    _HERE,
    {
        f"{_HERE}.base": ["DETECTORS", "BaseDetector"],
        f"{_HERE}.fasterRCNN": ["FasterRCNN"],
        f"{_HERE}.filtered_detector": ["FilteredDetector"],
        f"{_HERE}.ssd": ["SSDLite"],
        f"{_HERE}.torchvision": ["TORCHVISION_DETECTORS", "TorchvisionDetectorAdaptor"],
    },
)
