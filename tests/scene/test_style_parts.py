"""Several styles on one texture, by material and by mask, and which textures stay."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from texture_stylizer.descriptions import Compute, StyleImage
from texture_stylizer.errors import BadInput
from texture_stylizer.scene import stylize_objects
from texture_stylizer.settings import Settings

from .test_masks import halved, left_faces, mark, pixels, restyled  # noqa: F401

FEW = Settings(iterations=8, scales=1)


@pytest.fixture
def colored(tmp_path: Path):
    """A style of one colour with a little grain, as a path."""

    def make(name: str, color: tuple[int, int, int]) -> str:
        grain = np.random.default_rng(0).integers(-20, 20, (48, 48, 1))
        path = tmp_path / f"{name}.png"
        Image.fromarray((np.array(color) + grain).clip(0, 255).astype(np.uint8)).save(path)
        return str(path)

    return make


@pytest.fixture
def draw(worker, colored):
    def run(objects, *styles: StyleImage, variant: str = "two", **options):
        compute = Compute(features="embedded", device="cpu", cache=False)
        return stylize_objects(
            objects, styles, FEW, variant=variant, compute=compute, client=worker, **options
        )

    return run


def mean_of(picture: np.ndarray, left: bool) -> np.ndarray:
    """The mean colour of the left or the right third."""
    return (picture[:, :16] if left else picture[:, 32:])[..., :3].mean(axis=(0, 1))


def test_each_material_of_a_texture_has_its_own_style(halved, make_material, draw, colored) -> None:  # noqa: F811
    object_ = halved()
    image = bpy.data.images["paint"]
    object_.data.materials.append(make_material("other", image))
    for face in object_.data.polygons:
        face.material_index = int(face.index not in left_faces(object_))
    red, blue = colored("red", (220, 30, 30)), colored("blue", (30, 30, 220))
    draw([object_], StyleImage(red, where="wall"), StyleImage(blue, where="other"))
    after = restyled("two")["paint"]
    assert mean_of(after, left=True)[0] > mean_of(after, left=True)[2] + 0.2
    assert mean_of(after, left=False)[2] > mean_of(after, left=False)[0] + 0.2


def test_a_style_for_marked_faces_leaves_the_rest_to_the_others(halved, draw, colored) -> None:  # noqa: F811
    object_ = halved()
    mark(object_, "faces")
    red, blue = colored("red", (220, 30, 30)), colored("blue", (30, 30, 220))
    draw([object_], StyleImage(red, where="part"), StyleImage(blue))
    after = restyled("two")["paint"]
    assert mean_of(after, left=True)[0] > mean_of(after, left=True)[2] + 0.2
    assert mean_of(after, left=False)[2] > mean_of(after, left=False)[0] + 0.2


def test_what_no_style_is_for_stays_bit_for_bit(halved, draw, colored, make_image) -> None:  # noqa: F811
    one, other = halved("one"), halved("other", make_image("floor", 48, seed=3))
    mark(one, "faces")
    before = pixels(bpy.data.images["paint"])
    made = draw([one, other], StyleImage(colored("red", (220, 30, 30)), where="part"))
    after = restyled("two")
    assert list(after) == ["paint"]
    assert np.array_equal(after["paint"][:, 24:], before[:, 24:])
    assert "floor: no style is for a part of it, so it stays as it is" in made.failed


def test_a_part_that_is_not_there_is_said_with_what_there_is(halved, draw, colored) -> None:  # noqa: F811
    with pytest.raises(BadInput, match=r"no style's part 'wal'.*there are: wall"):
        draw([halved()], StyleImage(colored("red", (220, 30, 30)), where="wal"))
