"""How far colours jump at UV seams, flat and mesh-aware: `python -m tests.benchmarks.seams [--quick]`.

Meshes unwrapped by Smart UV Project (`uneven`: islands of three densities), coloured by noise in space at
512 px, and three styles. A ratio
is the mean colour step between two points, each 0.6 (or 1.5) texel from a seam edge on its own side, over the
same at edges within islands: 1 is a seam that cannot be seen. The losses are taken on the surface. Needs bpy.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.gradient.objective import Objective
from texture_stylizer.engine.parameterization.image import MeshImage
from texture_stylizer.engine.pyramid import resize, style_size
from texture_stylizer.engine.surface.coverage import Surface, rasterise
from texture_stylizer.engine.surface.seams import find_seams
from texture_stylizer.jobs.mesh_file import ups_in_map
from texture_stylizer.jobs.worker.precision import choose_precision
from texture_stylizer.settings import STYLE_DIRECTIONS

SIZE = 512
STYLES = Path(__file__).parents[2] / "sample_assets" / "styles"


def make_mesh(kind: str) -> Any:
    """A mesh object with a material and Smart UVs."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if kind in ("suzanne", "uneven"):
        bpy.ops.mesh.primitive_monkey_add()
        bpy.ops.object.modifier_add(type="SUBSURF")
        bpy.ops.object.modifier_apply(modifier=bpy.context.object.modifiers[0].name)
    elif kind == "torus":
        bpy.ops.mesh.primitive_torus_add(major_segments=48, minor_segments=24)
    elif kind == "sphere":
        bpy.ops.mesh.primitive_uv_sphere_add(segments=48, ring_count=24)
    else:
        _make_figure()
    object_ = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(island_margin=0.01)
    bpy.ops.object.mode_set(mode="OBJECT")
    if kind == "uneven":
        _shrink_islands(object_.data)
    object_.data.materials.append(bpy.data.materials.new("paint"))
    return object_


def _shrink_islands(mesh: Any) -> None:
    """Every second island at half or a quarter of its size, so that texels are of three densities."""
    layer = mesh.uv_layers.active.uv
    uvs = np.array([corner.vector[:] for corner in layer])
    keys = np.column_stack([[loop.vertex_index for loop in mesh.loops], np.rint(uvs * 1e5)])
    _, place = np.unique(keys, axis=0, return_inverse=True)
    place = place.reshape(-1)
    starts = np.array([place[face.loop_start] for face in mesh.polygons for _ in face.loop_indices])
    links = coo_array((np.ones(len(place)), (starts, place)), shape=(place.max() + 1,) * 2)
    _, islands = connected_components(links, directed=False)
    for island in range(islands.max() + 1):
        chosen = islands[place] == island
        middle = uvs[chosen].mean(axis=0)
        uvs[chosen] = middle + (uvs[chosen] - middle) * (1.0, 0.5, 1.0, 0.25)[island % 4]
    layer.foreach_set("vector", uvs.astype(np.float32).ravel())


def corners_of(mesh: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """UVs (n, 3, 2), positions (n, 3, 3) and vertex numbers (n, 3) of the triangles."""
    mesh.calc_loop_triangles()
    rows, layer = mesh.loop_triangles, mesh.uv_layers.active.uv
    vertices = np.array([row.vertices[:] for row in rows])
    uvs = np.array([[layer[loop].vector[:] for loop in row.loops] for row in rows], dtype=np.float64)
    return uvs, np.array([vertex.co[:] for vertex in mesh.vertices])[vertices], vertices


def _make_figure() -> None:
    """A body with a head and four limbs, joined by remeshing."""
    parts = [((0, 0, 0), (0.6, 0.4, 1)), ((0, 0, 1.5), (0.4, 0.4, 0.5))]
    parts += [((x, 0, -1.5), (0.25, 0.25, 0.9)) for x in (-0.35, 0.35)]
    parts += [((x, 0, 0.3), (0.6, 0.2, 0.2)) for x in (-0.9, 0.9)]
    for location, scale in parts:
        bpy.ops.mesh.primitive_uv_sphere_add(location=location, scale=scale, segments=24, ring_count=12)
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.join()
    bpy.context.object.data.remesh_voxel_size = 0.12
    bpy.ops.object.voxel_remesh()


def colored(uvs: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """(SIZE, SIZE, 3): smooth noise in space at every texel, continued past the islands."""
    corners = np.stack([uvs[..., 0] * SIZE - 0.5, (1 - uvs[..., 1]) * SIZE - 0.5], axis=-1)
    owners = rasterise(corners, SIZE, SIZE)
    rows, columns = np.nonzero(owners >= 0)
    at = np.stack([columns, rows], axis=1).astype(float)
    a, b, c = (corners[owners[rows, columns], index] for index in range(3))
    whole = _cross(b - a, c - a)
    second, third = _cross(at - a, c - a) / whole, _cross(b - a, at - a) / whole
    place = positions[owners[rows, columns]]
    where = place[:, 0] + second[:, None] * (place[:, 1] - place[:, 0])
    where = where + third[:, None] * (place[:, 2] - place[:, 0])
    random = np.random.default_rng(3)
    values = np.zeros((len(where), 3))
    for octave in range(4):
        waves = random.normal(0, 3 * 1.8**octave, (12, 3))
        phases, tints = random.uniform(0, 6.28, 12), random.normal(0, 1, (12, 3))
        values += 0.6**octave * np.sin(where @ waves.T + phases) @ tints
    image = np.zeros((SIZE, SIZE, 3))
    image[rows, columns] = 0.5 + 0.18 * values / values.std()
    distance, nearest = ndimage.distance_transform_edt(owners < 0, return_indices=True)
    filled = image[nearest[0], nearest[1]]
    return np.where((distance <= 16)[..., None], filled, 0.0).clip(0, 1).astype(np.float32)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def steps(image: np.ndarray, edges: dict[str, np.ndarray], texels: float) -> float:
    """Mean absolute colour step between points `texels` inside both sides of edges, five on each."""
    found = []
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        sides = []
        for ends, inside in (
            (edges["edges"], edges["inside"]),
            (edges["across"], edges["across_inside"]),
        ):
            ends, inside = (np.stack([p[..., 0], 1 - p[..., 1]], -1) * SIZE - 0.5 for p in (ends, inside))
            along = ends[:, 1] - ends[:, 0]
            normal = np.stack([-along[:, 1], along[:, 0]], 1)
            normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
            normal *= np.sign(((inside - ends[:, 0]) * normal).sum(1, keepdims=True))
            point = ends[:, 0] + share * along + texels * normal
            at = [point[:, 1], point[:, 0]]
            sides.append(
                [ndimage.map_coordinates(image[..., c], at, order=1, mode="nearest") for c in range(3)]
            )
        found.append(np.abs(np.array(sides[0]) - np.array(sides[1])))
    return float(np.mean(found))


def edges_of(uvs: np.ndarray, vertices: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The seams with two sides, and the edges within islands."""
    seams = find_seams(uvs, vertices)
    two_sided = (np.abs(seams["inside"] - seams["across_inside"]) > 1e-9).any(axis=1)
    # Moved apart by a constant, every shared edge is a seam to `find_seams`.
    everything = find_seams(uvs + np.arange(len(uvs))[:, None, None], vertices)
    shift = {
        name: np.floor(value) for name, value in everything.items() if name in ("inside", "across_inside")
    }
    inner = {
        "edges": everything["edges"] - shift["inside"][:, None],
        "across": everything["across"] - shift["across_inside"][:, None],
        "inside": everything["inside"] - shift["inside"],
        "across_inside": everything["across_inside"] - shift["across_inside"],
    }
    within = (np.abs(inner["edges"] - inner["across"]) < 1e-6).all(axis=(1, 2))
    within &= (np.abs(inner["inside"] - inner["across_inside"]) > 1e-9).any(axis=1)
    return (
        {name: value[two_sided] for name, value in seams.items()},
        {name: value[within] for name, value in inner.items()},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Suzanne and one style alone")
    parser.add_argument("--meshes", nargs="+", default=["suzanne", "torus", "sphere", "figure"])
    parser.add_argument("--styles", nargs="+", default=["swirling_oil", "watercolour", "woodcut"])
    parser.add_argument("--direction", choices=STYLE_DIRECTIONS, default="image")
    parser.add_argument("--features", default="vgg19")
    parser.add_argument("--pictures", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    features = load_features(options.features, dtype=choose_precision("auto", torch.device("cpu")))
    settings = Settings.preset("standard", style_direction=options.direction)
    styles = ["swirling_oil"] if options.quick else options.styles
    print("mesh      style          points  seams  ratio 0.6  ratio 1.5  content    style  seconds")
    for kind in ["suzanne"] if options.quick else options.meshes:
        measure_mesh(kind, styles, settings, features, options.pictures)


def measure_mesh(
    kind: str, styles: list[str], settings: Settings, features: Features, pictures: Path
) -> None:
    """Print the ratios of one mesh: of the original, and of every style flat and mesh-aware."""
    object_ = make_mesh(kind)
    uvs, positions, vertices = corners_of(object_.data)
    image = colored(uvs, positions)
    seams, inner = edges_of(uvs, vertices)
    ups = ups_in_map(positions[:, 1:] - positions[:, :1], uvs)
    surface = Surface.of(uvs, areas_of(positions), vertices, ups)

    def report(name: str, how: str, made: np.ndarray, losses: tuple[float, float], seconds: float) -> None:
        near, far = (steps(made, seams, t) / steps(made, inner, t) for t in (0.6, 1.5))
        points = 5 * len(seams["edges"]) // 2
        row = f"{kind:9} {name:14} {points:6d}  {how:5}  {near:9.2f}  {far:9.2f}"
        print(f"{row}  {losses[0]:7.4f}  {losses[1]:7.4f}  {seconds:7.1f}", flush=True)
        picture = np.rint(made.clip(0, 1) * 255).astype(np.uint8)
        Image.fromarray(picture).save(pictures / f"seams_{kind}_{name}_{how}.png")

    report("original", "-", image, (0.0, 0.0), 0.0)
    for name in styles:
        style = np.asarray(Image.open(STYLES / f"{name}.jpg").convert("RGB"), np.float32) / 255
        for how, given in (("off", None), ("on", surface)):
            began = time.perf_counter()
            result = stylize(image, [(style, 1.0)], settings, features=features, seams=given)
            seconds = time.perf_counter() - began
            losses = losses_on_surface(result.image, image, style, settings, features, surface)
            report(name, how, result.image, losses, seconds)


def losses_on_surface(
    made: np.ndarray,
    content: np.ndarray,
    style: np.ndarray,
    settings: Settings,
    features: Features,
    surface: Surface,
) -> tuple[float, float]:
    """The content error (relative) and the style loss of a picture as the mesh shows it."""
    parameterization = MeshImage(surface, SIZE, SIZE, torch.device("cpu"))
    shown, original, drawn = (
        torch.from_numpy(np.ascontiguousarray(array)).permute(2, 0, 1)[None]
        for array in (made, content, style)
    )
    drawn = resize(drawn, *style_size(*drawn.shape[2:], SIZE, SIZE, settings.style_scale))
    losses = []
    for weight in (0.0, 1.0):
        objective = Objective(
            features,
            parameterization.padded(parameterization.continued(original)),
            [(drawn, 1.0)],
            dataclasses.replace(settings, total_variation=0.0, content_weight=weight),
            parameterization.mask(None),
        )
        losses.append(objective.loss_and_gradient(parameterization.seen(shown))[0])
    return losses[1] - losses[0], losses[0]


def areas_of(positions: np.ndarray) -> np.ndarray:
    edges = positions[:, 1:] - positions[:, :1]
    return 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)


if __name__ == "__main__":
    main()
