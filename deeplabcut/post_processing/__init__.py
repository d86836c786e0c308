"""After the analysis of videos: results in other formats. Names resolve on first use."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.post_processing.conversion": ["analyze_videos_converth5_to_csv"],
    },
)
