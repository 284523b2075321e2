"""Plain descriptions that go between the rooms and the processes; all of them are JSON in and out."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .errors import BadInput
from .settings import Precision, Settings

Encoding = Literal["display", "linear"]
Sharing = Literal["object", "atlas"]
MapKind = Literal["normal", "roughness"]
Depth = Literal["uint8", "uint16", "half", "float"]


@dataclass(frozen=True)
class StyleImage:
    """A style image file or, as in `Source`, a .npy array with its encoding; and its share among several.

    where: the part of the textures that it is for, a material's or a mask's name; "" for what has no other.
    """

    path: str
    weight: float = 1.0
    encoding: Encoding = "display"
    where: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf"):
            raise BadInput(f"the style {self.path} has the weight {self.weight}, but it must be above 0")

    @classmethod
    def parse(cls, text: str) -> StyleImage:
        """Read `IMAGE`, `IMAGE:WEIGHT`, `IMAGE@WHERE` or `IMAGE:WEIGHT@WHERE`; a colon within a path, as in
        `C:\\a.png`, stays in the path, and so does an @ where the file is there."""
        path, weight = _path_and_weight(text)
        before, at, where = text.rpartition("@")
        if not at or not before or Path(path).exists():
            return cls(path, weight)
        path, weight = _path_and_weight(before)
        return cls(path, weight, where=where)


def _path_and_weight(text: str) -> tuple[str, float]:
    path, colon, number = text.rpartition(":")
    if colon and not Path(text).exists():
        try:
            return path, float(number)
        except ValueError:
            pass
    return text, 1.0


IMAGE_OF_FILE = "image:"
"""Before the name of an image of the .blend, where a record or a gallery names a style."""


@dataclass(frozen=True)
class SceneStyle:
    """An image of the file as a style, by its session id, its share among several, and where it is meant."""

    session_uid: int
    weight: float = 1.0
    where: str = ""


@dataclass(frozen=True)
class Compute:
    """On what, and with what network, a texture is worked on.

    features  auto, vgg19, vgg19-torchvision, embedded or the path of a .safetensors file
    device    auto, cpu, cuda, cuda:N or mps
    precision auto, float32 or bfloat16
    cache     whether an earlier result of the same pixels, styles and settings may be used again
    download  whether torchvision's weights may be fetched when they are missing
    """

    features: str = "auto"
    device: str = "auto"
    precision: Precision = "auto"
    cache: bool = True
    download: bool = False


def features_for(wanted: str, quality: str) -> str:
    """The network that is meant: where the choice is left to `auto`, a draft is drawn by the small one."""
    return "embedded" if wanted == "auto" and quality == "draft" else wanted


@dataclass(frozen=True)
class BakeOptions:
    """How missing colours are baked.

    size: side of the image in pixels, when density is None; density: pixels per metre of surface; margin:
    pixels bled past the islands; unwrap: whether an object without a UV map gets one by Smart UV Project;
    sharing: a material of several objects is baked once for each, or all into one image ("atlas").
    """

    size: int = 1024
    density: float | None = None
    margin: int = 16
    unwrap: bool = False
    sharing: Sharing = "object"

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 16384:
            raise BadInput(f"the bake size is {self.size}, but must be from 1 to 16384 pixels")
        if self.density is not None and not 0 < self.density < float("inf"):
            raise BadInput(f"the bake density is {self.density}, but must be a number above 0")


@dataclass(frozen=True)
class Source:
    """Pixels to be stylised: an image file, or a .npy array with its encoding.

    An array is (H, W, 4), top row first, straight alpha: uint8, uint16, or float32.
    """

    path: str
    encoding: Encoding = "display"


@dataclass(frozen=True)
class Destination:
    """The file to be written; its format is told by its suffix. `depth` None keeps the source's.

    replace: whether a file that is there already may be replaced; otherwise the name gets a number.
    """

    path: str
    depth: Depth | None = None
    replace: bool = True


@dataclass(frozen=True)
class UdimTile:
    """One tile of a UDIM set: its number, 1001 + column + 10 * row, and its pixels in and out."""

    number: int
    source: Source
    destination: Destination


@dataclass(frozen=True)
class Frame:
    """One frame of an image sequence: its number and its pixels in and out."""

    number: int
    source: Source
    destination: Destination


@dataclass(frozen=True)
class FollowingMap:
    """A map beside a colour, changed as the colour's strokes want.

    kind: "normal" or "roughness"; source: None for a new normal map of the colour's size. green_down: green
    counts downward, as DirectX has it. channel: which of red, green and blue, by number, holds a roughness;
    None for all of a grey one. tiles: those of a UDIM set, as of the colour; `source` and `destination` are
    then the first one's. A new map takes nothing of its tiles' sources.
    """

    kind: MapKind
    source: Source | None
    destination: Destination
    green_down: bool = False
    channel: int | None = None
    tiles: tuple[UdimTile, ...] = ()

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> FollowingMap:
        """The map that `dataclasses.asdict` gave."""
        changes: dict[str, Any] = {
            "source": Source(**fields["source"]) if fields["source"] else None,
            "destination": Destination(**fields["destination"]),
            "tiles": tuple(UdimTile(**_in_and_out(tile)) for tile in fields["tiles"]),
        }
        return cls(**(fields | changes))


@dataclass(frozen=True)
class Mask:
    """A part of a texture: 1 is in it, 0 is not.

    name: what a user calls it. image: a picture over the texture whose brightness is meant; None for the
    marks of faces in `Job.marks`, in their `column`.
    """

    name: str
    image: Source | None = None
    column: int = 0

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Mask:
        """The mask that `dataclasses.asdict` gave."""
        changes: dict[str, Any] = {"image": Source(**fields["image"]) if fields["image"] else None}
        return cls(**(fields | changes))


@dataclass(frozen=True)
class Job:
    """One texture's work, complete in itself.

    `name` is what messages call the texture. `preview_size` is the longest side of preview images, or 0 for
    none. `sketch_size` is the longest side to which the picture is made smaller at first, without its alpha,
    for a look at a style; 0 keeps it as it is. `tiles` are those of a UDIM set, worked on as one picture;
    `frames` those of an image sequence, each started from the one before. `surface` is the .npz of the meshes
    that the texture lies on (`jobs.mesh_file`), or empty. `source` and `destination` are then the first
    one's. `following` are the maps beside it that are made to follow. `restyled` are the pictures of an
    earlier run, one, or one for each tile: then nothing is drawn, and only those maps are made.
    mask: what of the texture is drawn; None for all. regions: the parts that styles are for, by the names
    that these have as `where`. marks: the .npz of the meshes with the marks that masks are made of, or empty.
    beneath: the pictures that are seen where the mask is black, as `restyled`; none for the sources.
    """

    id: str
    name: str
    source: Source
    destination: Destination
    styles: tuple[StyleImage, ...]
    settings: Settings
    compute: Compute
    folder: str
    preview_size: int = 0
    sketch_size: int = 0
    surface: str = ""
    tiles: tuple[UdimTile, ...] = ()
    frames: tuple[Frame, ...] = ()
    following: tuple[FollowingMap, ...] = ()
    restyled: tuple[Source, ...] = ()
    mask: Mask | None = None
    regions: tuple[Mask, ...] = ()
    marks: str = ""
    beneath: tuple[Source, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Nested plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Job:
        """The job that `to_json` gave."""
        return cls(
            id=fields["id"],
            name=fields["name"],
            source=Source(**fields["source"]),
            destination=Destination(**fields["destination"]),
            styles=tuple(StyleImage(**style) for style in fields["styles"]),
            settings=Settings.from_json(fields["settings"]),
            compute=Compute(**fields["compute"]),
            folder=fields["folder"],
            preview_size=fields["preview_size"],
            sketch_size=fields.get("sketch_size", 0),
            surface=fields.get("surface", ""),
            tiles=tuple(UdimTile(**_in_and_out(tile)) for tile in fields["tiles"]),
            frames=tuple(Frame(**_in_and_out(frame)) for frame in fields["frames"]),
            following=tuple(FollowingMap.from_json(found) for found in fields.get("following", ())),
            restyled=tuple(Source(**source) for source in fields.get("restyled", ())),
            mask=Mask.from_json(fields["mask"]) if fields.get("mask") else None,
            regions=tuple(Mask.from_json(region) for region in fields.get("regions", ())),
            marks=fields.get("marks", ""),
            beneath=tuple(Source(**source) for source in fields.get("beneath", ())),
        )


def with_absolute_paths(job: Job) -> Job:
    """A job that means the same in another working folder."""

    def at(source: Source) -> Source:
        return dataclasses.replace(source, path=os.path.abspath(source.path))

    def moved(part: Any) -> Any:
        source = None if part.source is None else at(part.source)
        destination = dataclasses.replace(part.destination, path=os.path.abspath(part.destination.path))
        return dataclasses.replace(part, source=source, destination=destination)

    def masked(mask: Mask) -> Mask:
        return mask if mask.image is None else dataclasses.replace(mask, image=at(mask.image))

    features = job.compute.features
    if os.path.isfile(features):
        features = os.path.abspath(features)
    return dataclasses.replace(
        moved(job),
        styles=tuple(dataclasses.replace(s, path=os.path.abspath(s.path)) for s in job.styles),
        compute=dataclasses.replace(job.compute, features=features),
        folder=os.path.abspath(job.folder),
        surface=os.path.abspath(job.surface) if job.surface else "",
        tiles=tuple(moved(tile) for tile in job.tiles),
        frames=tuple(moved(frame) for frame in job.frames),
        following=tuple(
            dataclasses.replace(moved(found), tiles=tuple(moved(tile) for tile in found.tiles))
            for found in job.following
        ),
        restyled=tuple(at(source) for source in job.restyled),
        mask=None if job.mask is None else masked(job.mask),
        regions=tuple(masked(region) for region in job.regions),
        marks=os.path.abspath(job.marks) if job.marks else "",
        beneath=tuple(at(source) for source in job.beneath),
    )


def _in_and_out(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": fields["number"],
        "source": Source(**fields["source"]),
        "destination": Destination(**fields["destination"]),
    }


@dataclass(frozen=True)
class Progress:
    """Where a run stands after one iteration; everything that shows progress consumes this record.

    scale, iteration: counted from 1; `fraction` of the whole run's work, in [0, 1]; times in seconds.
    """

    scale: int
    scales: int
    width: int
    height: int
    iteration: int
    iterations: int
    loss: float
    fraction: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class Outcome:
    """What became of one texture; with the users' names it is a row of the report.

    losses: the loss at the end of each scale. peak_memory: the most bytes in use while it was made, by
    others that were made beside it too. cached: an earlier result was used. following: the files of the
    maps that follow, in the job's order; of a UDIM set the first tile's.
    """

    input: str
    output: str
    input_sha256: str
    output_sha256: str
    size: tuple[int, int]
    features: str
    device: str
    precision: str
    tile: int | None
    losses: tuple[float, ...]
    seconds: float
    peak_memory: int
    cached: bool
    warnings: tuple[str, ...] = field(default=())
    following: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Outcome:
        """The outcome that `to_json` gave."""
        sequences: dict[str, Any] = {
            name: tuple(fields.get(name, ())) for name in ("size", "losses", "warnings", "following")
        }
        return cls(**(fields | sequences))
