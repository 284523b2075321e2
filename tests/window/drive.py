"""Runs inside a Blender window, one step a timer tick: presses, waits, looks at the state, takes pictures."""

import faulthandler
import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

import bpy

OUT = Path(os.environ["STYLIZER_OUT"])


def picture(name: str) -> None:
    """Of the whole screen, where ImageMagick is there: Blender's own operator gives black under Xvfb."""
    if shutil.which("import"):
        subprocess.run(["import", "-window", "root", str(OUT / f"{name}.png")], check=False)


def view() -> tuple:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    return window, area, next(region for region in area.regions if region.type == "UI")


def press(operator, *arguments, **properties):
    """Call an operator as its button in the 3D View does."""
    window, area, region = view()
    with bpy.context.temp_override(window=window, area=area, region=region):
        return operator(*arguments, **properties)


def key(kind: str, **modifiers) -> None:
    """Press a key over the 3D View, where Blender was started with events simulated, or through xdotool."""
    names = {"ESC": "Escape", "Z": "z"}
    held = "".join(f"{name}+" for name in modifiers)
    subprocess.run(["xdotool", "mousemove", "700", "450", "key", f"{held}{names[kind]}"], check=True)


def materials() -> list[str]:
    return sorted(material.name for material in bpy.data.materials)


def steps():
    preferences = bpy.context.preferences
    preferences.view.show_splash = False
    name = next(name for name in preferences.addons.keys() if name.endswith("texture_stylizer"))  # noqa: SIM118
    preferences.addons[name].preferences.python_path = os.environ["STYLIZER_PYTHON"]
    _, area, _ = view()
    area.spaces.active.show_region_ui = True
    area.spaces.active.shading.type = "MATERIAL"
    yield 1.0
    view()[2].active_panel_category = "Stylize"
    settings = bpy.context.scene.texture_stylizer
    run = bpy.context.window_manager.texture_stylizer_run
    yield 3.0
    shipped = Path(sys.modules[f"{name}.ui.styles.gallery"].__file__).parents[2] / "styles"
    styles = [str(path) for path in sorted(shipped.iterdir())]
    settings.gallery = styles[0]
    assert settings.style_path == settings.gallery, "the gallery sets the style"
    settings.quality = "draft"
    press(bpy.ops.texture_stylizer.find)
    assert [row.name for row in run.textures if not row.skipped] == ["crate_color"]
    picture("panel")

    live = sys.modules[f"{name}.ui.running.live_preview"]
    taken = timed(sys.modules[f"{name}.ui.running.session"].Session, "begin", "step", "apply", "end")
    drawn = timed(live, "_draw", "show_icon", "show_on_model")
    assert press(bpy.ops.texture_stylizer.stylize, "INVOKE_DEFAULT") == {"RUNNING_MODAL"}
    while run.fraction < 0.2:
        yield 0.1
    key("ESC")
    yield 0.5
    assert run.active, "one Esc in the view is Blender's"
    key("ESC")
    yield 1.5
    assert not run.active, "two cancel"
    assert materials() == ["Crate"], "a cancelled run leaves nothing"
    assert not (OUT / "textures").exists()

    press(bpy.ops.texture_stylizer.stylize, "INVOKE_DEFAULT")
    while run.active:
        yield 0.01
        if run.fraction > 0.6 and not (OUT / "running.png").exists():
            yield 1.0
            assert live._shown["pictures"], "a live picture is drawn on the model"
            picture("running")
            bpy.ops.mesh.primitive_cube_add(location=(3, 0, 0))
            bpy.ops.wm.save_as_mainfile(filepath=str(OUT / "saved_meanwhile.blend"), copy=True)
            bpy.data.objects.remove(bpy.context.object)
            bpy.data.objects["Crate"].select_set(True)
    assert len(materials()) == 2
    assert run.made, "a message says what was made"
    assert Path(run.folder) == OUT / "textures"
    assert "torch" not in sys.modules
    yield 3.0
    picture("done")
    key("Z", ctrl=True)
    yield 2.0
    assert materials() == ["Crate"], "one undo takes everything back"
    key("Z", ctrl=True, shift=True)
    yield 2.0
    assert len(materials()) == 2, "and redo brings it again"
    picture("redone")

    bpy.ops.mesh.primitive_grid_add(x_subdivisions=316, y_subdivisions=316, size=3, location=(0, 0, 2))
    bpy.context.object.data.materials.append(bpy.data.objects["Crate"].material_slots[0].material)
    bpy.data.objects["Crate"].select_set(True)
    press(bpy.ops.texture_stylizer.stylize, "INVOKE_DEFAULT")
    press(bpy.ops.texture_stylizer.stylize, "INVOKE_DEFAULT")
    yield 1.0
    while run.active:
        if run.fraction > 0.6 and not (OUT / "queue.png").exists():
            batches = sorted(len(faces.batches) for faces in live._faces.values())
            assert batches == [1, 10], "the crate and the grid of 100,000 faces are drawn"
            picture("queue")
        yield 0.1
    assert len(materials()) == 4, "a second run waits for the first, and both arrive"

    # Another style: the first one's result would come out of the cache at once.
    bpy.context.scene.texture_stylizer.gallery = styles[1]
    press(bpy.ops.texture_stylizer.stylize, "INVOKE_DEFAULT")
    while run.fraction < 0.2:
        yield 0.1
    pid = sys.modules[f"{name}.ui.run_queue"].LINE[0]._client.pid
    files = sorted((OUT / "textures").iterdir())
    bpy.ops.preferences.addon_disable(module=name)
    yield 2.0
    assert not Path(f"/proc/{pid}").exists(), "the worker ends with the add-on"
    assert sorted((OUT / "textures").iterdir()) == files
    assert len(materials()) == 4, "and nothing half done is left"
    bpy.ops.preferences.addon_enable(module=name)
    yield 1.0
    assert not bpy.context.window_manager.texture_stylizer_run.active
    preferences.addons[name].preferences.python_path = os.environ["STYLIZER_PYTHON"]

    bpy.context.scene.texture_stylizer.gallery = styles[2]
    press(bpy.ops.texture_stylizer.stylize, "INVOKE_DEFAULT")
    while bpy.context.window_manager.texture_stylizer_run.fraction < 0.2:
        yield 0.1
    pid = sys.modules[f"{name}.ui.run_queue"].LINE[0]._client.pid
    with bpy.context.temp_override(window=view()[0]):
        bpy.ops.extensions.package_install_files(
            filepath=os.environ["STYLIZER_ZIP"], repo="user_default", enable_on_install=True
        )
    yield 3.0
    assert not Path(f"/proc/{pid}").exists(), "the worker ends when the add-on is updated"
    assert sorted((OUT / "textures").iterdir()) == files
    assert not bpy.context.window_manager.texture_stylizer_run.active
    assert len(materials()) == 4
    preferences.addons[name].preferences.python_path = os.environ["STYLIZER_PYTHON"]
    press(bpy.ops.texture_stylizer.stylize, "INVOKE_DEFAULT")
    while bpy.context.window_manager.texture_stylizer_run.active:
        yield 0.1
    assert len(materials()) == 5, "the updated add-on works"
    preferences.view.language = "pl_PL"
    yield 2.0
    picture("polish")
    preferences.view.language = "en_US"
    longest = ", ".join(f"{key} {1000 * value:.0f} ms" for key, value in (taken | drawn).items())
    return f"longest call in the main thread: {longest}\n"


def timed(owner, *names: str) -> dict[str, float]:
    """Note the longest time that functions of a class or module hold up the window."""
    longest: dict[str, float] = {}

    def wrap(name: str) -> None:
        original = getattr(owner, name)

        def timing(*arguments, **options):
            started = time.perf_counter()
            try:
                return original(*arguments, **options)
            finally:
                longest[name] = max(longest.get(name, 0.0), time.perf_counter() - started)

        setattr(owner, name, timing)

    for name in names:
        wrap(name)
    return longest


def tick():
    try:
        return next(tick.running)
    except StopIteration as end:
        verdict = f"{end.value}passed"
    except Exception:
        verdict = traceback.format_exc() + "failed"
    (OUT / "verdict.txt").write_text(verdict)
    sys.stdout.flush()
    os._exit(0)


# A window that hangs says where.
faulthandler.dump_traceback_later(400, file=(OUT / "hung.txt").open("w"))
tick.running = steps()
bpy.app.timers.register(tick, first_interval=2.0)
