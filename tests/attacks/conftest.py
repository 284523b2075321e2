"""A folder as a user has it, and the command line as a process in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

ALL = os.environ.get("STYLIZER_ATTACKS", "")
"""A number: so many damaged files of each kind are tried, such as 5000, and every kill at every moment."""

COMMAND = [sys.executable, "-m", "texture_stylizer.cli"]
QUICK = ("--style", "style.png", "--features", "embedded", "--device", "cpu", "--iterations", "1")
MAKE_CUBE = """
import os, sys
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_cube_add()
material = bpy.data.materials.new("Skin")
if material.node_tree is None:
    material.use_nodes = True
node = material.node_tree.nodes.new("ShaderNodeTexImage")
node.image = bpy.data.images.load(os.path.abspath("paint.png"))
material.node_tree.links.new(node.outputs["Color"], material.node_tree.nodes["Principled BSDF"].inputs[0])
bpy.context.object.data.materials.append(material)
bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath("cube.blend"), compress=False)
bpy.ops.wm.obj_export(filepath=os.path.abspath("cube.obj"), path_mode="RELATIVE")
bpy.ops.export_scene.gltf(filepath=os.path.abspath("cube.gltf"), export_format="GLTF_SEPARATE")
os._exit(0)
"""


class Place:
    """A folder with inputs and styles, whose temporary files and cache are its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder.parent / "temporary"
        self.temporary.mkdir()
        self.environment = os.environ | {
            "TMPDIR": str(self.temporary),
            "TEXTURE_STYLIZER_CACHE": str(folder.parent / "cache"),
            "OMP_NUM_THREADS": "1",
        }

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment | options.pop("env", {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
            **options,
        )

    def run(self, *arguments: str, **options: Any) -> tuple[int, str]:
        """The exit status, and what was said on stderr."""
        with self.start(*arguments, **options) as process:
            error = process.communicate(timeout=120)[1]
        return process.returncode, error

    def stylize(self, *arguments: str, **options: Any) -> tuple[int, str]:
        return self.run("stylize", *arguments, *QUICK, **options)

    def files(self) -> dict[str, bytes]:
        """Every file of the folder and its bytes."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    def processes(self) -> list[psutil.Process]:
        """What still runs for this folder."""
        found = []
        for process in psutil.process_iter(["environ", "status"]):
            of_here = (process.info["environ"] or {}).get("TEXTURE_STYLIZER_CACHE")
            if of_here == self.environment["TEXTURE_STYLIZER_CACHE"]:
                found.append(process)
        return found


def save_noise(path: Path, seed: int, size: tuple[int, int] = (40, 48)) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cube.blend, cube.obj with its .mtl, and cube.gltf with its .bin and texture, made by Blender."""
    folder = tmp_path_factory.mktemp("models")
    save_noise(folder / "paint.png", 1)
    subprocess.run([sys.executable, "-c", MAKE_CUBE], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "here").mkdir()
    place = Place(tmp_path / "here")
    for number, name in enumerate(("a.png", "b.png", "style.png")):
        save_noise(place.folder / name, number)
    return place


@pytest.fixture
def model_place(place: Place, models: Path) -> Place:
    for path in models.iterdir():
        shutil.copy(path, place.folder)
    return place
