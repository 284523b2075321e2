"""`texture-stylizer doctor`: what works on this computer, and what to do about the rest."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path

from ..errors import StylizerError
from ..jobs.client import WorkerClient
from .blender_process.ask import ask_blender
from .terminal.display import tell


def run(*, download_vgg19: bool) -> int:
    """Print what works. Returns 0 when textures can be stylised, 1 otherwise."""
    tell(f"Python     {platform.python_version()}")
    status = _show_worker()
    _show_blender()
    if download_vgg19:
        with WorkerClient() as client:
            tell(f"vgg19-torchvision  {client.download_vgg19()}")
    return status


def _show_blender() -> None:
    if importlib.util.find_spec("bpy") is None:
        tell(
            "Blender    no bpy module: images work, .blend files need "
            "pip install 'texture-stylizer[blender]' (Python 3.11 or 3.13)"
        )
        return
    try:
        version = ask_blender("version", Path("scene.blend"), lambda _: None)["version"]
    except StylizerError as error:
        tell(f"Blender    does not work: {error}")
    else:
        tell(f"Blender    bpy {version}")


def _show_worker() -> int:
    try:
        with WorkerClient() as client:
            machine = client.describe()
    except StylizerError as error:
        tell(f"worker     does not work: {error}")
        return 1
    for name, version in machine["libraries"].items():
        tell(f"{name:<10} {version}")
    for device in machine["devices"]:
        gigabytes = device["free_memory"] / 2**30
        tell(f"device     {device['name']}: {device['label']}, {gigabytes:.1f} GiB free")
    tell(f"default    {machine['device']} with {machine['precision']}")
    tell(f"features   {machine['features']}")
    if machine["vgg19_missing"]:
        tell(f"vgg19      {machine['vgg19_missing']}")
    if not machine["vgg19_torchvision_on_disk"]:
        tell("vgg19-torchvision  not on disk; texture-stylizer doctor --download-vgg19 fetches it (548 MB)")
    tell(f"cache      {machine['cache_folder']}")
    return 0
