"""The address under which scripts know helpers of boxes, points and annotations; they resolve on first use."""

from deeplabcut._lazy import attach

_DATA = "deeplabcut.pose_estimation_pytorch.data"
__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.io.images": ["read_image_shape_fast"],
        f"{_DATA}.bboxes": [
            "bbox_from_keypoints",
            "calc_area_from_keypoints",
            "calc_bbox_overlap",
            "out_of_bounds_keypoints",
            "pad_to_length",
            "safe_stack",
        ],
        f"{_DATA}.dataset": ["apply_transform"],
        f"{_DATA}.records": ["map_id_to_annotations", "map_image_path_to_id", "merge_list_of_dicts"],
    },
)
