"""Lists of images and annotations as dicts, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def merge_list_of_dicts(
    list_of_dicts: Sequence[Mapping[str, Any]], keys_to_include: Sequence[str]
) -> dict[str, list[Any]]:
    """For each key the values of all dicts, in order; a dict that lacks it adds none."""
    return {key: [one[key] for one in list_of_dicts if key in one] for key in keys_to_include}


def map_image_path_to_id(images: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """File name of an image -> its id."""
    return {str(image["file_name"]): image["id"] for image in images}


def map_id_to_annotations(annotations: Sequence[Mapping[str, Any]]) -> dict[int, list[int]]:
    """Id of an image -> positions of its annotations."""
    found: dict[int, list[int]] = {}
    for position, annotation in enumerate(annotations):
        found.setdefault(annotation["image_id"], []).append(position)
    return found
