"""Writing what a batch keeps of itself: where the disk takes no more, no other asset could be done either."""

from __future__ import annotations

from pathlib import Path

from ...errors import BadMachine
from ...whole_file import whole_file


def keep(path: Path, data: bytes) -> None:
    """Write a file whole, its folder too. Raises BadMachine when it cannot be."""
    try:
        with whole_file(path) as temporary:
            temporary.write_bytes(data)
    except OSError as reason:
        raise unwritable(path, reason) from reason


def unwritable(path: Path, reason: OSError) -> BadMachine:
    """Why a batch cannot go on, as an error."""
    return BadMachine(f"{path} cannot be written ({reason.strerror}); make room, or choose another folder")
