"""Try Styles: one texture in several styles side by side, small and with the small network, in seconds."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

from ...descriptions import Compute, Destination, Job, Source, StyleImage
from ...settings import Settings
from ..window.thumbnails import Thumbnails

SIZE = 192
"""Longest side that is worked on, in pixels."""

MOST = 8
"""So many styles are tried at a time."""

STEPS = 40
_shown: dict[str, Any] = {"icons": {}, "texture": ""}
_thumbnails = Thumbnails()


class Trials:
    """Jobs of one small texture in several styles, and the worker that they run on."""

    def __init__(
        self, image: Any, styles: list[str], settings: Settings, python: str | None, cache_folder: Path
    ) -> None:
        """image: of the file; styles: paths. Raises BadInput for an image without pixels, and BadMachine
        without a worker or a temporary folder."""
        from ...jobs.client import WorkerClient, private_folder
        from ...scene.images.pixels import write_source

        self._client = WorkerClient(python, cache_folder=cache_folder)
        self._folder = private_folder()
        self.texture = image.name
        self.made: list[str] = []
        self.failed: list[str] = []
        source = write_source(image, self._folder / "texture")
        small = dataclasses.replace(settings, iterations=STEPS, settle=True, max_size=None, scales=None)
        self.waiting = {str(number): style for number, style in enumerate(styles)}
        for number, style in self.waiting.items():
            self._client.submit(_job(number, image.name, style, source, small, self._folder))
        _shown.update(texture=image.name, icons=dict.fromkeys(styles, 0))

    def poll(self) -> bool:
        """Take what the worker has made. Returns whether all styles are through."""
        for message in self._client.poll():
            if message["type"] == "done":
                self.made.append(self.waiting.pop(message["id"]))
                path = message["outcome"]["output"]
                _shown["icons"][self.made[-1]] = _thumbnails.icon_of_passing(path)
            elif message["type"] == "failed":
                self.waiting.pop(message["id"], None)
                self.failed.append(message["message"])
        return not self.waiting

    def end(self) -> None:
        """End the worker and delete the files, in a thread: the window goes on."""
        threading.Thread(target=_clear_away, args=(self._client, self._folder)).start()


def styles_to_try(keys: list[str], chosen: str) -> list[str]:
    """The paths of the styles to try: the chosen one first, then the gallery's in their order."""
    paths = [key for key in dict.fromkeys([chosen, *keys]) if Path(key).is_file()]
    return paths[:MOST]


def icons() -> dict[str, int]:
    """By style: the icon of its trial, or 0 for one that is not made yet."""
    return _shown["icons"]


def texture() -> str:
    """The name of the texture that was tried last."""
    return _shown["texture"]


def clear() -> None:
    """Forget the trials, for when the add-on is switched off."""
    _thumbnails.free()
    _shown.update(icons={}, texture="")


def _job(number: str, name: str, style: str, source: Source, settings: Settings, folder: Path) -> Job:
    return Job(
        id=number,
        name=name,
        source=source,
        destination=Destination(str(folder / f"{number}.png"), "uint8"),
        styles=(StyleImage(style),),
        settings=settings,
        compute=Compute(features="embedded"),
        folder=str(folder),
        sketch_size=SIZE,
    )


def _clear_away(client: Any, folder: Path) -> None:
    from ...jobs.client import remove_folder

    client.close()
    remove_folder(folder)
