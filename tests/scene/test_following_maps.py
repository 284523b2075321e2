"""Normal and roughness maps beside a restyled colour: found, made, linked into the variant alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from tests.scene.trees import node, picture, shader_of
from texture_stylizer.descriptions import Compute
from texture_stylizer.jobs.client import WorkerClient
from texture_stylizer.scene import stylize_objects
from texture_stylizer.scene.materials.records import RELIEF
from texture_stylizer.scene.node_trees.data_maps import DataMap, OpenNormal, UnknownWay, data_maps
from texture_stylizer.scene.relief import set_relief
from texture_stylizer.scene.variants.edit import remove_variant, set_strength
from texture_stylizer.settings import Settings

RELIEF_SETTINGS = Settings(iterations=2, scales=1, relief=1.0)
BOTH = ("normal", "roughness")


@pytest.fixture(scope="module")
def client():
    with WorkerClient() as started:
        yield started


@pytest.fixture
def style(tmp_path: Path) -> str:
    random = np.random.default_rng(5)
    path = tmp_path / "stripes.png"
    Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    return str(path)


@pytest.fixture
def restyle(client: WorkerClient, style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))

    def run(objects: list[Any], settings: Settings = RELIEF_SETTINGS, variant: str = "stripes") -> Any:
        compute = Compute(features="embedded", device="cpu")
        return stylize_objects(
            objects, [(style, 1.0)], settings, variant=variant, client=client, compute=compute
        )

    return run


@pytest.fixture
def make_normals():
    """A Non-Color image whose normals lean to the right."""

    def make(name: str = "bumps", size: int = 32) -> Any:
        image = bpy.data.images.new(name, size, size, alpha=True)
        image.colorspace_settings.name = "Non-Color"
        values = np.tile(np.array([0.6, 0.5, 0.98, 1.0], np.float32), size * size)
        image.pixels.foreach_set(values)
        image.pack()
        return image

    return make


def link_normals(material: Any, color: Any) -> Any:
    normal_map = node(material.node_tree, "NormalMap", Color=color)
    material.node_tree.links.new(normal_map.outputs["Normal"], shader_of(material).inputs["Normal"])
    return normal_map


def values(image: Any) -> np.ndarray:
    found = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(found)
    return found.reshape(image.size[1], image.size[0], 4)


def copy_of(variant: Any) -> Any:
    return bpy.data.materials[variant.materials[0][1]]


def normal_image(material: Any) -> Any:
    normal_map = shader_of(material).inputs["Normal"].links[0].from_node
    return normal_map.inputs["Color"].links[0].from_node.image


class TestFound:
    def test_a_normal_map_and_a_channel_of_a_packed_map(self, make_image, make_material) -> None:
        material = make_material("wall", make_image())
        tree = material.node_tree
        link_normals(material, picture(tree, make_image("bumps")))
        channels = node(tree, "SeparateColor", Color=picture(tree, make_image("orm")))
        tree.links.new(channels.outputs["Green"], shader_of(material).inputs["Roughness"])
        normal, roughness = data_maps(material, "CYCLES", BOTH)
        assert isinstance(normal, DataMap) and not normal.green_down
        assert isinstance(roughness, DataMap) and roughness.channel == 1

    @pytest.mark.parametrize("kind", ["Invert", "Math", "RGBCurve"])
    def test_green_that_is_turned_over_is_directx(self, kind, make_image, make_material) -> None:
        material = make_material("wall", make_image())
        tree = material.node_tree
        color = picture(tree, make_image("bumps"))
        if kind == "RGBCurve":
            curves = node(tree, "RGBCurve", Color=color)
            points = curves.mapping.curves[1].points
            points[0].location, points[1].location = (0, 1), (1, 0)
            color = curves.outputs["Color"]
        else:
            apart, together = node(tree, "SeparateColor", Color=color), node(tree, "CombineColor")
            for name in ("Red", "Blue"):
                tree.links.new(apart.outputs[name], together.inputs[name])
            if kind == "Invert":
                turned = node(tree, "Invert", Color=apart.outputs["Green"])
            else:
                turned = node(tree, "Math", operation="SUBTRACT", _0=1.0, _1=apart.outputs["Green"])
            tree.links.new(turned.outputs[0], together.inputs["Green"])
            color = together.outputs["Color"]
        link_normals(material, color)
        (found,) = data_maps(material, "CYCLES", ("normal",))
        assert isinstance(found, DataMap)
        assert found.green_down

    def test_a_bump_node_is_passed_to_what_lies_behind_it(self, make_image, make_material) -> None:
        material = make_material("wall", make_image())
        tree = material.node_tree
        bump = node(tree, "Bump", Height=picture(tree, make_image("height")))
        tree.links.new(bump.outputs["Normal"], shader_of(material).inputs["Normal"])
        assert data_maps(material, "CYCLES", ("normal",)) == [OpenNormal((bump.name,))]

    def test_what_is_not_understood_is_said(self, make_image, make_material) -> None:
        material = make_material("wall", make_image())
        tree = material.node_tree
        gamma = node(tree, "Gamma", Color=picture(tree, make_image("bumps")))
        normal_map = link_normals(material, gamma.outputs[0])
        (found,) = data_maps(material, "CYCLES", ("normal",))
        assert isinstance(found, UnknownWay)
        assert normal_map.name in found.sentence


class TestRestyled:
    def test_a_normal_map_follows_in_the_variant_alone(
        self, restyle, make_image, make_material, make_plane, make_normals
    ) -> None:
        bumps = make_normals()
        material = make_material("wall", make_image(size=32))
        link_normals(material, picture(material.node_tree, bumps))
        before = values(bumps)
        made = restyle([make_plane("plane", material)])
        new = normal_image(copy_of(made))
        assert made.failed == ()
        assert normal_image(material) == bumps
        assert np.array_equal(values(bumps), before)
        assert new != bumps
        assert new.colorspace_settings.name == "Non-Color"
        assert tuple(new.size) == (32, 32)
        normals = values(new)[..., :3] * 2 - 1
        assert np.abs(np.linalg.norm(normals, axis=2) - 1).max() < 0.02
        assert np.abs(values(new) - before).max() > 0.02

    def test_a_material_without_one_gets_a_normal_map(
        self, restyle, make_image, make_material, make_plane
    ) -> None:
        material = make_material("wall", make_image(size=32))
        made = restyle([make_plane("plane", material)])
        copy = copy_of(made)
        assert not shader_of(material).inputs["Normal"].links
        normal_map = shader_of(copy).inputs["Normal"].links[0].from_node
        assert RELIEF in normal_map
        assert normal_image(copy).colorspace_settings.name == "Non-Color"
        assert copy.node_tree.nodes.active is None or RELIEF not in copy.node_tree.nodes.active

    def test_only_the_roughness_of_a_packed_map_changes(
        self, restyle, make_image, make_material, make_plane
    ) -> None:
        packed = make_image("orm", 32)
        packed.colorspace_settings.name = "Non-Color"
        material = make_material("wall", make_image(size=32))
        tree = material.node_tree
        channels = node(tree, "SeparateColor", Color=picture(tree, packed))
        tree.links.new(channels.outputs["Green"], shader_of(material).inputs["Roughness"])
        tree.links.new(channels.outputs["Blue"], shader_of(material).inputs["Metallic"])
        before = values(packed)
        made = restyle(
            [make_plane("plane", material)], Settings(iterations=2, scales=1, roughness_follow=1.0)
        )
        shader = shader_of(copy_of(made))
        images = {
            shader.inputs[name].links[0].from_node.inputs[0].links[0].from_node.image
            for name in ("Roughness", "Metallic")
        }
        (new,) = images
        assert new != packed
        after = values(new)
        assert np.array_equal(after[..., [0, 2, 3]], before[..., [0, 2, 3]])
        assert not np.array_equal(after[..., 1], before[..., 1])

    def test_what_lies_by_another_uv_map_stays_and_is_said(
        self, restyle, make_image, make_material, make_plane, make_normals
    ) -> None:
        material = make_material("wall", make_image(size=32))
        tree = material.node_tree
        other = node(tree, "UVMap", uv_map="second")
        bumps = make_normals()
        link_normals(material, picture(tree, bumps, other.outputs["UV"]))
        plane = make_plane("plane", material)
        plane.data.uv_layers.new(name="second")
        made = restyle([plane])
        assert normal_image(copy_of(made)) == bumps
        assert any("lies otherwise" in sentence for sentence in made.failed)

    def test_strength_fades_an_added_relief(self, restyle, make_image, make_material, make_plane) -> None:
        material = make_material("wall", make_image(size=32))
        made = restyle([make_plane("plane", material)])
        set_strength(made.name, 0.25)
        normal_map = shader_of(copy_of(made)).inputs["Normal"].links[0].from_node
        assert normal_map.inputs["Strength"].default_value == pytest.approx(0.25)

    def test_removing_the_variant_removes_its_maps(
        self, restyle, make_image, make_material, make_plane, make_normals
    ) -> None:
        material = make_material("wall", make_image(size=32))
        link_normals(material, picture(material.node_tree, make_normals()))
        images = set(bpy.data.images)
        made = restyle([make_plane("plane", material)])
        assert len(bpy.data.images) == len(images) + 2
        remove_variant(made.name)
        assert set(bpy.data.images) == images


class TestReliefOfAVariant:
    """`set_relief`: a variant that is there already."""

    def test_it_is_made_without_a_run_and_again_from_the_original(
        self, restyle, client, make_image, make_material, make_plane, make_normals
    ) -> None:
        bumps = make_normals()
        material = make_material("wall", make_image(size=32))
        link_normals(material, picture(material.node_tree, bumps))
        made = restyle([make_plane("plane", material)], Settings(iterations=2, scales=1))
        copy = copy_of(made)
        assert normal_image(copy) == bumps
        assert set_relief(made.name, 1.0, client) == []
        high = values(normal_image(copy))
        images = len(bpy.data.images)
        set_relief(made.name, 0.5, client)
        low = values(normal_image(copy))
        flat = values(bumps)
        assert 0 < np.abs(low - flat).mean() < np.abs(high - flat).mean()
        assert len(bpy.data.images) == images
        assert set_relief(made.name, 0.0, client) == []
        assert normal_image(copy) == bumps
        assert normal_image(material) == bumps

    def test_a_material_without_normals_gets_and_loses_them(
        self, restyle, client, make_image, make_material, make_plane
    ) -> None:
        material = make_material("wall", make_image(size=32))
        made = restyle([make_plane("plane", material)], Settings(iterations=2, scales=1))
        nodes = len(copy_of(made).node_tree.nodes)
        set_relief(made.name, 1.0, client)
        assert normal_image(copy_of(made)) is not None
        set_relief(made.name, 0.0, client)
        assert len(copy_of(made).node_tree.nodes) == nodes
        assert not shader_of(copy_of(made)).inputs["Normal"].links
