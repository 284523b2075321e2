"""A run between its parts: what was found, the jobs for it, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..descriptions import Compute, Job, Outcome, StyleImage
from ..errors import StylizerError
from ..settings import Settings
from .baking.bake import BakedColor
from .following_maps import Followed
from .images.new_files import ResultFiles
from .masks import NamedMask
from .texture_uses import TextureUse


@dataclass(frozen=True)
class ImageKey:
    """A texture of a run that is an image, by its session id."""

    session_uid: int


@dataclass(frozen=True)
class BakeKey:
    """A texture of a run that is a baked colour, by its place among these."""

    number: int


Key = ImageKey | BakeKey


@dataclass(frozen=True)
class Parts:
    """What of the textures is drawn: within a mask, regions that styles are for, and the variant that is seen
    elsewhere ("" for the originals), with its pictures' session ids by those of the originals."""

    mask: NamedMask | None = None
    regions: tuple[NamedMask, ...] = ()
    base: str = ""
    pictures: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """What all jobs of a run have in common.

    files: the results; results_existed: whether their folder was there before the run; folder: the run's
    temporary one; named: the styles as the record names them, with their weights and parts.
    """

    styles: tuple[StyleImage, ...]
    settings: Settings
    compute: Compute
    files: ResultFiles
    results_existed: bool
    folder: Path
    preview_size: int
    seams: bool
    named: tuple[tuple[str, float, str], ...] = ()
    parts: Parts = field(default_factory=Parts)


@dataclass
class Restyle:
    """A planned run. It holds names and session ids, no references into Blender: they would not survive an
    undo.

    not_baked: why some colours have no image; waiting: the textures without a job yet; writing: the files
    that threads still write, by the id of the job that needs them; warnings: what is done otherwise than
    asked, one sentence each; followed: the maps that follow each texture.
    """

    order: Order
    object_uids: tuple[int, ...]
    uses: list[TextureUse]
    pack: bool
    waiting: list[Key]
    baked: dict[BakeKey, BakedColor]
    not_baked: tuple[StylizerError, ...] = ()
    jobs: dict[Key, Job] = field(default_factory=dict)
    outcomes: dict[Key, Outcome] = field(default_factory=dict)
    failed: dict[Key, StylizerError] = field(default_factory=dict)
    writing: dict[str, Future[None]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    followed: dict[Key, list[Followed]] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        return self.order.files.variant

    @property
    def folder(self) -> Path:
        return self.order.folder

    @property
    def failures(self) -> tuple[StylizerError, ...]:
        """Why what was asked for is not there, or not wholly."""
        return (*self.not_baked, *self.failed.values())

    @property
    def details(self) -> dict[str, Any]:
        """What the variant's record says about the run."""
        return {
            "styles": [list(style if style[2] else style[:2]) for style in self.order.named],
            "settings": self.order.settings.to_json(),
            "seams": self.order.seams,
            "engine_version": __version__,
            "mask": "" if self.order.parts.mask is None else self.order.parts.mask.name,
            "from": self.order.parts.base,
        }

    def uses_of(self, key: Key) -> list[TextureUse]:
        """How the materials use a texture; none for a baked colour."""
        return [use for use in self.uses if ImageKey(use.session_uid) == key]

    def outcome_of(self, use: TextureUse) -> Outcome | None:
        """What was made of an image in a role; None where it was skipped or failed."""
        return self.outcomes.get(ImageKey(use.session_uid)) if use.skipped is None else None
