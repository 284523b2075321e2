"""No text of the panels is cut at the sidebar's default width, whatever they show; in English and Polish."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from tests.ui import drawn as drawing
from tests.ui.conftest import SAMPLES
from tests.ui.drawn import Layout
from texture_stylizer.scene.run_options import RunOptions
from texture_stylizer.settings import Settings
from texture_stylizer.ui.panels import sidebar
from texture_stylizer.ui.run_queue import LINE
from texture_stylizer.ui.running.session import Request, Session
from texture_stylizer.ui.translations.polish import TRANSLATIONS
from texture_stylizer.ui.try_styles import trials

POLISH = TRANSLATIONS["pl_PL"]
STYLES = [str(SAMPLES / "styles" / f"{name}.jpg") for name in ("swirling_oil", "stained_glass", "ink_wash")]
SIDEBAR = sidebar.CLASSES


@pytest.fixture(params=["English", "Polish"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the panels say; Blender as a module is built without languages, so the words are put in."""

    def in_polish(text: str, context: str = "*") -> str:
        return POLISH.get((context, text), text)

    if request.param == "Polish":
        for name, module in list(sys.modules.items()):
            if name.startswith("texture_stylizer.ui.") or module is drawing:
                for function in {"iface", "rpt"} & set(vars(module)):
                    monkeypatch.setattr(module, function, in_polish)


@pytest.fixture
def panel(
    language: None, preferences: bpy.types.AddonPreferences, make_painted_plane
) -> Iterator[SimpleNamespace]:
    """The panel over a plane with two textures: its settings, what it shows of a run, the preferences."""
    make_painted_plane("wall", "roof tiles")
    preferences.python_path = "python"
    run = bpy.context.window_manager.texture_stylizer_run
    yield SimpleNamespace(settings=bpy.context.scene.texture_stylizer, run=run, preferences=preferences)
    LINE.clear()
    trials.clear()


def no_environment(panel: Any) -> None:
    panel.preferences.python_path = ""


def being_set_up(panel: Any) -> None:
    panel.preferences.python_path = ""
    panel.run.setup_active, panel.run.setup_text = True, "Installing the other libraries"
    panel.run.setup_detail = "450 MB downloaded"


def set_up_failed(panel: Any) -> None:
    panel.preferences.python_path = ""
    panel.run.setup_text = (
        "Installing torch failed: ERROR: No matching distribution found for torch>=2.9; the log is "
        "/home/somebody/.config/blender/5.2/extensions/.user/user_default/texture_stylizer/environment.log"
    )


def nothing_chosen(panel: Any) -> None:
    bpy.ops.object.select_all(action="DESELECT")


def no_style(panel: Any) -> None:
    assert not panel.settings.has_style()


def textures_listed(panel: Any) -> None:
    panel.settings.gallery = STYLES[0]
    panel.settings.bake = True
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.object.data.materials.append(bpy.data.materials.new("no image"))
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.texture_stylizer.find()
    assert len(panel.run.textures) == 3


def styles_mixed(panel: Any) -> None:
    panel.settings.gallery = STYLES[0]
    for path in STYLES[1:]:
        panel.settings.more_styles.add().path = path


def running(panel: Any) -> None:
    panel.settings.gallery = STYLES[0]
    for _ in range(3):
        LINE.append(Session(Request((), [], Settings(), RunOptions("oil"))))
    panel.run.text, panel.run.left = "12 of 12: roof tiles image", "About 1 h 20 min left"


def through(panel: Any) -> None:
    panel.settings.gallery = STYLES[0]
    panel.run.made, panel.run.was_draft = "stained glass, bold: 12 textures in 3 min 20 s", True
    panel.run.folder = "/home/somebody/projects/a_game_of_mine/scenes/harbour/textures"


def through_in_an_unsaved_file(panel: Any) -> None:
    through(panel)
    panel.run.folder = ""


def styles_tried(panel: Any) -> None:
    trials._shown.update(texture="roof tiles image", icons=dict.fromkeys(STYLES, 0))


def styles_being_tried(panel: Any) -> None:
    styles_tried(panel)
    panel.run.trying = True


STATES = [
    no_environment, being_set_up, set_up_failed, nothing_chosen, no_style, textures_listed, styles_mixed,
    running, through, through_in_an_unsaved_file, styles_tried, styles_being_tried,
]  # fmt: skip


def drawn() -> Layout:
    """All of the sidebar's panels, opened."""
    whole = Layout()
    for class_ in SIDEBAR:
        part = whole.column()
        part.label(text=class_.bl_label, icon="TRIA_DOWN")
        class_.draw(SimpleNamespace(layout=part), bpy.context)
    return whole


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_cut(panel: SimpleNamespace, state: Callable[[Any], None]) -> None:
    state(panel)
    assert drawn().cut() == []


def test_variants_are_not_cut(panel: SimpleNamespace, add_variant) -> None:
    add_variant(bpy.context.object, "swirling oil, bold")
    bpy.context.object.active_material.texture_stylizer_strength = 0.5
    layout = drawn()
    assert "swirling oil, bold" in layout.texts()
    assert layout.cut() == []
    of_a_mix = "mosaic + stained glass + ink wash, bold"
    bpy.ops.texture_stylizer.rename_variant(name="swirling oil, bold", new_name=of_a_mix)
    layout = drawn()
    assert of_a_mix in " ".join(layout.texts())
    assert layout.cut() == []


def test_a_text_that_is_too_wide_is_found(panel: SimpleNamespace) -> None:
    layout = Layout()
    row = layout.box().row()
    row.label(text="A label beside a button, which has no room left", translate=False)
    row.operator("texture_stylizer.purge_variants")
    assert len(layout.cut()) == 1
