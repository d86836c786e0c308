"""Markerless pose estimation of animals and people, from raw video to science-ready tracks.

Importing the package loads nothing heavy: public names are resolved on first use.
"""

from deeplabcut import _lazy, _names
from deeplabcut._debug import DEBUG
from deeplabcut.version import VERSION, __version__

_lazy.serve(__name__, _names.ADDRESSES, _names.ABSENT)
__getattr__, __dir__, _public = _lazy.attach(
    __name__, _names.PUBLIC, submodules=_names.SUBPACKAGES, absent=dict.fromkeys(_names.GUI, _names.GUI_SENTENCE)
)
__all__ = ["DEBUG", "VERSION", "__version__", *_public]  # noqa: PLE0604 - the table holds names
