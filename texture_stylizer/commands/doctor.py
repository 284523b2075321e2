"""`texture-stylizer doctor`: what works on this computer, and what to do about the rest."""

from __future__ import annotations

import importlib.util
import platform

from ..errors import StylizerError
from ..jobs.client import WorkerClient


def run(*, download_vgg19: bool) -> int:
    """Print what works. Returns 0 when textures can be stylised, 1 otherwise."""
    print(f"Python     {platform.python_version()}")
    status = _show_worker()
    if importlib.util.find_spec("bpy") is None:
        print(
            "Blender    no bpy module: images work, .blend files need "
            "pip install 'texture-stylizer[blender]' (Python 3.11 or 3.13)"
        )
    else:
        from .blend import quiet

        with quiet():
            import bpy

        print(f"Blender    bpy {bpy.app.version_string}")
    if download_vgg19:
        with WorkerClient() as client:
            print(f"vgg19-torchvision  {client.download_vgg19()}")
    return status


def _show_worker() -> int:
    try:
        with WorkerClient() as client:
            machine = client.describe()
    except StylizerError as error:
        print(f"worker     does not work: {error}")
        return 1
    for name, version in machine["libraries"].items():
        print(f"{name:<10} {version}")
    for device in machine["devices"]:
        gigabytes = device["free_memory"] / 2**30
        print(f"device     {device['name']}: {device['label']}, {gigabytes:.1f} GiB free")
    print(f"default    {machine['device']} with {machine['precision']}")
    print(f"features   {machine['features']}")
    if machine["vgg19_missing"]:
        print(f"vgg19      {machine['vgg19_missing']}")
    if not machine["vgg19_torchvision_on_disk"]:
        print("vgg19-torchvision  not on disk; texture-stylizer doctor --download-vgg19 fetches it (548 MB)")
    print(f"cache      {machine['cache_folder']}")
    return 0
