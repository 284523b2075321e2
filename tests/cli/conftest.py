"""Files that several tests of the command line begin with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def made_by(script: str, folder: Path, pictures: tuple[str, ...], side: int) -> Path:
    """A folder with pictures of noise, (side, side, 3), and what a script with bpy makes of them there."""
    random = np.random.default_rng(0)
    for name in pictures:
        Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(folder / name)
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, capture_output=True)
    return folder
