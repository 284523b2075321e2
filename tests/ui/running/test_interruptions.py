"""What a user does while a run is under way: the run ends well, and the scene is never half changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from texture_stylizer.descriptions import Compute, StyleImage
from texture_stylizer.errors import BadInput, BadMachine, Cancelled
from texture_stylizer.jobs.client import WorkerClient
from texture_stylizer.scene.plan import plan
from texture_stylizer.scene.restyle import apply, discard, withdraw, work
from texture_stylizer.scene.run_options import Results, RunOptions
from texture_stylizer.scene.run_state import Restyle
from texture_stylizer.scene.variants.find import list_variants
from texture_stylizer.settings import Settings


@pytest.fixture
def planned(make_painted_plane, tmp_path: Path) -> Callable[..., Restyle]:
    """A run over the object `a` with two materials, `m` and `n`."""

    def make(settings: Settings | None = None) -> Restyle:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        make_painted_plane("m", "n").name = "a"
        style = tmp_path / "style.png"
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)).save(style)
        compute = Compute(features="embedded", device="cpu", cache=False)
        return plan(
            [bpy.data.objects["a"]],
            [StyleImage(str(style))],
            settings or Settings(iterations=1),
            RunOptions("oil", results=Results(tmp_path / "textures"), compute=compute),
        )

    return make


def shown() -> list[str]:
    return [slot.material.name for slot in bpy.data.objects[0].material_slots if slot.material]


def cancel_in_the_middle(run: Restyle, worker: WorkerClient) -> None:
    def cancel(event: dict) -> None:
        if event["type"] == "progress":
            for job in run.jobs.values():
                worker.cancel(job.id)

    with pytest.raises(Cancelled):
        work(run, worker, cancel)
    withdraw(run)


def test_everything_renamed_meanwhile(planned, worker) -> None:
    run = planned()
    work(run, worker)
    bpy.data.objects["a"].name = "b"
    bpy.data.materials["m"].name = "renamed"
    bpy.data.images["n image"].name = "renamed"
    apply(run)
    discard(run)
    assert shown() == ["renamed [oil]", "n [oil]"]


def test_one_material_deleted_meanwhile(planned, worker, tmp_path: Path) -> None:
    run = planned()
    work(run, worker)
    bpy.data.materials.remove(bpy.data.materials["m"])
    apply(run)
    discard(run)
    assert shown() == ["n [oil]"]
    assert [path.name for path in (tmp_path / "textures").iterdir()] == ["n image_oil.png"]
    assert not [image for image in bpy.data.images if image.name.startswith("m image_oil")]


def test_one_image_deleted_meanwhile(planned, worker) -> None:
    run = planned()
    work(run, worker)
    bpy.data.images.remove(bpy.data.images["m image"])
    variant = apply(run)
    discard(run)
    assert [original for original, _ in variant.materials] == ["n"]
    assert "deleted during the run" in variant.failed[0]


@pytest.mark.parametrize("what", ["object", "materials", "file"])
def test_nothing_is_left_to_change(planned, worker, tmp_path: Path, what) -> None:
    run = planned()
    work(run, worker)
    if what == "object":
        bpy.data.objects.remove(bpy.data.objects["a"])
    elif what == "materials":
        bpy.data.batch_remove(list(bpy.data.materials))
    else:
        bpy.ops.wm.read_factory_settings(use_empty=True)
    with pytest.raises(BadInput):
        apply(run)
    withdraw(run)
    assert not list_variants()
    assert not (tmp_path / "textures").exists()
    assert not [image for image in bpy.data.images if "oil" in image.name]


def test_undo_pressed_meanwhile(planned, worker) -> None:
    run = planned()
    bpy.ops.ed.undo_push(message="base")
    bpy.ops.object.empty_add("EXEC_DEFAULT", True)
    work(run, worker)
    bpy.ops.ed.undo()
    apply(run)
    discard(run)
    assert shown() == ["m [oil]", "n [oil]"]


def test_the_worker_is_killed(planned, tmp_path: Path) -> None:
    run = planned(Settings(iterations=100000))

    with WorkerClient() as client:

        def kill(event: dict) -> None:
            if event["type"] == "progress" and client.pid is not None:
                client._process.kill()  # type: ignore[union-attr]

        work(run, client, kill)
    assert all(isinstance(error, BadMachine) for error in run.failed.values())
    with pytest.raises(BadInput, match="worker died"):
        apply(run)
    withdraw(run)
    assert shown() == ["m", "n"]
    assert not (tmp_path / "textures").exists()


def test_cancelled_in_the_middle(planned, worker, tmp_path: Path) -> None:
    run = planned(Settings(iterations=100000))
    cancel_in_the_middle(run, worker)
    assert shown() == ["m", "n"]
    assert not (tmp_path / "textures").exists()
    assert not run.folder.exists()


def test_an_empty_folder_of_the_users_outlives_a_cancelled_run(planned, worker, tmp_path: Path) -> None:
    (tmp_path / "textures").mkdir()
    run = planned(Settings(iterations=100000))
    cancel_in_the_middle(run, worker)
    assert not list((tmp_path / "textures").iterdir())


def test_two_blenders_work_on_the_same_texture(planned, worker, tmp_path: Path) -> None:
    run = planned()
    for job in run.jobs.values():
        path = Path(job.destination.path)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"the other Blender's result")
    work(run, worker)
    apply(run)
    discard(run)
    for job in run.jobs.values():
        assert Path(job.destination.path).read_bytes() == b"the other Blender's result"
    made = sorted(bpy.path.basename(image.filepath) for image in bpy.data.images if "_oil" in image.name)
    assert made == ["m image_oil_001.png", "n image_oil_001.png"]


def test_a_folder_that_cannot_be_written_to(planned, worker, tmp_path: Path) -> None:
    (tmp_path / "textures").write_text("a file where the folder should be")
    run = planned()
    work(run, worker)
    with pytest.raises(BadInput, match="cannot be written"):
        apply(run)
    withdraw(run)
    assert shown() == ["m", "n"]
