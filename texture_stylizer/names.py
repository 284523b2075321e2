"""Names cut to what a disk or a .blend takes: limits count bytes, not letters."""

from __future__ import annotations


def shortened(text: str, limit: int) -> str:
    """`text` in at most `limit` bytes of UTF-8, cut between two letters; without what is no text."""
    return text.encode("utf-8", "ignore")[:limit].decode("utf-8", "ignore")
