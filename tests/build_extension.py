"""Zip the package as a Blender extension: `texture_stylizer-VERSION.zip`, the manifest at its root."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "texture_stylizer"
STYLES = PACKAGE.parent / "sample_assets" / "styles"
LEFT_OUT = {"__pycache__", "training"}


def build_extension(folder: Path) -> Path:
    """Write the zip into `folder` and return its path."""
    manifest = tomllib.loads((PACKAGE / "blender_manifest.toml").read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{manifest['id']}-{manifest['version']}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(PACKAGE.rglob("*")):
            if file.is_file() and not LEFT_OUT & set(file.relative_to(PACKAGE).parts):
                archive.write(file, file.relative_to(PACKAGE))
        for style in sorted(STYLES.glob("*.jpg")):
            archive.write(style, Path("styles") / style.name)
    return path


if __name__ == "__main__":
    print(build_extension(Path(sys.argv[1])))
