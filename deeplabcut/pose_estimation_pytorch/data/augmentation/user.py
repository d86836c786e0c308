"""Augmentation of somebody else in the place of ours: any callable with the same arguments and keys."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Transform

_KINDS = {
    "keypoints": ("points", "class_labels", (np.nan,) * 2),
    "bboxes": ("boxes", "bbox_labels", (0.0,) * 4),
}  # what they are called, what tells them apart, and what stands for one that is gone

AnyTransform = Callable[..., Mapping[str, Any]]


def as_transform(transform: AnyTransform | None) -> Transform | UserTransform:
    """A transform that returns arrays, all points and all boxes: ours as it is, a callable wrapped, None as no step."""
    if transform is None:
        return Transform()
    if isinstance(transform, (Transform, UserTransform)):
        return transform
    if not callable(transform):
        raise InvalidInput(
            f"transform is {type(transform).__name__}, which cannot be called.",
            where="transform",
            fix="give what build_transforms returns, or a callable of image=, keypoints=, bboxes= that returns a dict",
        )
    return UserTransform(transform)


class UserTransform:
    """A callable ``(image=, keypoints=, bboxes=, class_labels=, bbox_labels=) -> dict`` that returns what ours does.

    Points and boxes that the callable drops are put back by their labels: points as NaN, boxes as zeros. What it has
    no parameter for is not passed, and comes back as it is. ``matrix`` is None unless the callable returns one.

    Parameters
    ----------
    call : the callable.
    as_tuples : whether it takes points and boxes as lists of tuples; found out at the first call if None.
    """

    def __init__(self, call: AnyTransform, *, as_tuples: bool | None = None) -> None:
        self.call, self.as_tuples = call, as_tuples

    def __repr__(self) -> str:
        return f"UserTransform({self.call!r})"

    def __call__(
        self,
        *,
        image: Array,
        keypoints: Any = None,
        bboxes: Any = None,
        class_labels: Sequence[Any] | None = None,
        bbox_labels: Sequence[Any] | None = None,
    ) -> dict[str, Any]:
        given: dict[str, Any] = {"image": image}
        points, boxes = _rows(keypoints, 2), _rows(bboxes, 4)
        if keypoints is not None:
            given |= {"keypoints": points, "class_labels": _labels(class_labels, np.shape(keypoints), len(points))}
        if bboxes is not None:
            given |= {"bboxes": boxes, "bbox_labels": list(range(len(boxes)))}
        known = _parameters(self.call)
        result = self._called({name: value for name, value in given.items() if known is None or name in known})
        if not isinstance(result, Mapping) or "image" not in result:
            raise InvalidInput(
                f"The transform {self.call!r} returned {type(result).__name__} without an image.",
                where="transform",
                fix="let it return a dict with the keys that it was called with",
            )
        found: dict[str, Any] = {"image": np.asarray(result["image"])}
        if keypoints is not None:
            rows = _in_order(result, "keypoints", points, given["class_labels"])
            found["keypoints"] = rows.reshape(np.shape(keypoints)[:-1] + rows.shape[1:]) if len(rows) else rows
        if bboxes is not None:
            found["bboxes"] = _in_order(result, "bboxes", boxes, given["bbox_labels"])
        labels = {"class_labels": class_labels, "bbox_labels": bbox_labels}
        found |= {name: value for name, value in labels.items() if value is not None}
        return found | {"matrix": result.get("matrix")}

    def _called(self, given: dict[str, Any]) -> Mapping[str, Any]:
        if self.as_tuples is not None:
            return self.call(**(_with_tuples(given) if self.as_tuples else given))
        try:
            result = self.call(**{name: _copied(value) for name, value in given.items()})
        except (TypeError, ValueError, AttributeError, IndexError):
            try:
                result = self.call(**_with_tuples(given))
            except Exception as error:
                raise error from None
            self.as_tuples = True
            return result
        self.as_tuples = False
        return result


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, (np.ndarray, list)) else value


def _with_tuples(given: dict[str, Any]) -> dict[str, Any]:
    """The same with points and boxes as lists of tuples."""
    return {
        name: [tuple(row) for row in value.tolist()] if name in ("keypoints", "bboxes") else value
        for name, value in given.items()
    }


def _parameters(call: AnyTransform) -> set[str] | None:
    """The names that a callable takes; None if it takes any, or does not tell."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return None
    return None if any(one.kind is one.VAR_KEYWORD for one in parameters) else {one.name for one in parameters}


def _rows(values: Any, n_least: int) -> Array:
    rows = np.asarray([] if values is None else values, float)
    return rows.reshape(-1, rows.shape[-1]) if rows.size else np.zeros((0, n_least))


def _labels(labels: Sequence[Any] | None, shape: tuple[int, ...], n: int) -> list[Any]:
    """Labels that tell all points apart."""
    if labels is not None and len(set(labels)) == len(labels):
        return list(labels)
    per_individual = shape[-2] if len(shape) > 2 else max(n, 1)
    return [f"individual{i // per_individual}_{i % per_individual}" for i in range(n)]


def _in_order(result: Mapping[str, Any], key: str, rows: Array, wanted: list[Any]) -> Array:
    """The rows that came back under ``key``, one for each of the ``wanted`` labels."""
    what, label_key, absent = _KINDS[key]
    returned = [tuple(row) for row in result.get(key, rows)]
    labels = list(result.get(label_key, []))
    if len(returned) != len(rows) or (len(labels) == len(returned) and labels != wanted):
        if len(labels) != len(returned) or not set(labels) <= set(wanted):
            raise InvalidInput(
                f"The transform returned {len(returned)} {what} of {len(rows)}, and not which ones they are.",
                where="transform",
                fix=f"let it keep all {what}, or return {label_key} with them",
            )
        by_label = dict(zip(labels, returned, strict=True))
        missing = absent + (0.0,) * (rows.shape[1] - len(absent))
        returned = [by_label.get(label, missing) for label in wanted]
    return np.array(returned, float).reshape(len(rows), -1) if len(rows) else rows
