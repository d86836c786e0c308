"""Which frames damage reaches: the damaged ones themselves and those that were predicted from them."""

from __future__ import annotations

from deeplabcut.io.video.index import PacketIndex


class Damage:
    """The damaged packets near the current place, and what follows from them."""

    def __init__(self, index: PacketIndex) -> None:
        self.index = index
        self._reasons: dict[int, str] = {}
        self._has_keys = bool((index.key_of >= 0).any())

    def add(self, packet: int, reason: str) -> None:
        """Note that ``packet`` is damaged; the first reason counts."""
        self._reasons.setdefault(packet, reason)

    def is_damaged(self, packet: int) -> bool:
        """Whether nothing whole can come of this packet itself."""
        return packet in self._reasons

    def reason(self, packet: int) -> str | None:
        """What is wrong with the picture of ``packet``; None if nothing is."""
        if packet in self._reasons:
            return self._reasons[packet]
        key = int(self.index.key_of[packet])
        if key < 0:
            return "the key frame that it builds on is not in the file" if self._has_keys else None
        culprit = self._culprit(packet, key) if self._reasons and key != packet else None
        if culprit is None:
            return None
        frame = int(self.index.rank[culprit])
        return f"predicted from damaged frame {frame}" if frame >= 0 else "predicted from damaged data"

    def _culprit(self, packet: int, key: int) -> int | None:
        """The damaged packet that ``packet`` may have been predicted from."""
        leading = self.index.is_leading
        start = int(self.index.key_of[key - 1]) if leading[packet] and key > 0 else key
        self._reasons = {p: reason for p, reason in self._reasons.items() if p >= start or p > packet - 1000}
        for damaged in self._reasons:
            if start <= damaged < packet and (not leading[damaged] or (leading[packet] and damaged > key)):
                return damaged
        return None
