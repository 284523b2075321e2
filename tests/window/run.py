"""Install the built extension into a fresh user folder of a Blender, and drive its window: `nox -s ui`.

python tests/window/run.py BLENDER FOLDER_OF_THE_ZIP PYTHON_WITH_TORCH
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(blender: str, dist: Path, python: str) -> int:
    work = HERE.parent.parent / "build" / "window"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    zip_path = max(dist.glob("texture_stylizer-*.zip"), key=lambda path: path.stat().st_mtime)
    shutil.copy(HERE.parent.parent / "sample_assets" / "crate.blend", work)
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(work / "user"),
        "STYLIZER_PYTHON": python,
        "STYLIZER_OUT": str(work),
        "STYLIZER_ZIP": str(zip_path.resolve()),
    }
    for arguments in (
        ["--command", "extension", "validate", str(zip_path.resolve())],
        ["--command", "extension", "install-file", "-r", "user_default", "--enable", str(zip_path.resolve())],
    ):
        subprocess.run([blender, *arguments], check=True, env=environment, timeout=120)
    # The exit of a Blender under a virtual screen says little, so the driver's own file is the judge.
    subprocess.run(
        [blender, str(work / "crate.blend"), "--python", str(HERE / "drive.py")], env=environment, timeout=600
    )
    verdict = work / "verdict.txt"
    text = verdict.read_text() if verdict.is_file() else "the driver did not come to its end"
    print(text)
    return 0 if text.endswith("passed") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
