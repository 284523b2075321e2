"""The add-on's words in other languages; Polish is complete (a test reads the sources and compares)."""

from .polish_panel import POLISH_PANEL
from .polish_parts import POLISH_PARTS

_POLISH = {
    "Stylize Textures": "Stylizuj tekstury",
    "Redraw the color textures of the chosen objects in the style of an image, as a new variant": (
        "Przerysuj tekstury koloru wybranych obiektów w stylu obrazu, jako nowy wariant"
    ),
    "Cancel": "Anuluj",
    "Stop the run that is worked on; the scene stays as it was": (
        "Zatrzymaj bieżącą pracę; scena pozostanie taka, jaka była"
    ),
    "Find Textures": "Znajdź tekstury",
    "List the textures of the chosen objects, with what a run would do to each": (
        "Wypisz tekstury wybranych obiektów i to, co stanie się z każdą z nich"
    ),
    "Add Style": "Dodaj styl",
    "Mix in another style": "Domieszaj kolejny styl",
    "Remove Style": "Usuń styl",
    "Take this style out of the mix": "Usuń ten styl z mieszanki",
    "Use as Style": "Użyj jako stylu",
    "Take the image of this editor as the style": "Weź obraz z tego edytora jako styl",
    "Use Dropped Image as Style": "Użyj upuszczonego obrazu jako stylu",
    "Take a dropped image file as the style": "Weź upuszczony plik obrazu jako styl",
    "Style Image": "Obraz stylu",
    "Only the Active Material": "Tylko aktywny materiał",
    "Change the active material of the active object alone": (
        "Zmień tylko aktywny materiał aktywnego obiektu"
    ),
    "Everything": "Wszystko",
    "Also the runs that wait": "Także prace, które czekają",
    "Select one or more objects first": "Najpierw zaznacz co najmniej jeden obiekt",
    "Choose a style image first": "Najpierw wybierz obraz stylu",
    "Open an image in this editor first": "Najpierw otwórz obraz w tym edytorze",
    "Stylizing was cancelled": "Stylizacja została anulowana",
    "Textures": "Tekstury",
    "Options": "Opcje",
    "Variants": "Warianty",
    "Original": "Oryginał",
    "Stylize After This Run": "Stylizuj po bieżącej pracy",
    "First Style's Weight": "Waga pierwszego stylu",
    "None yet": "Jeszcze żadnych",
    "Stylize This Material": "Stylizuj ten materiał",
    "Cancel All": "Anuluj wszystkie",
    "a material that is gone": "materiał, którego już nie ma",
    "Variant {} of {}": "Wariant {} materiału {}",
    "{} more waiting": "Czeka jeszcze: {}",
    "Add Stylize Preset": "Dodaj ustawienie stylizacji",
    "Keep these settings under a name, or remove the preset of that name": (
        "Zachowaj te ustawienia pod nazwą albo usuń ustawienia o tej nazwie"
    ),
    "Stylize Presets": "Ustawienia stylizacji",
    "Stylize": "Stylizuj",
    "Whether this texture is restyled": "Czy ta tekstura jest stylizowana",
    "Image": "Obraz",
    "An image of this file to take the style from": "Obraz z tego pliku, z którego pochodzi styl",
    "Style": "Styl",
    "Weight": "Waga",
    "Share of this style among all": "Udział tego stylu wśród wszystkich",
    "The image whose strokes and colors the textures take on": (
        "Obraz, którego pociągnięcia i kolory przejmą tekstury"
    ),
    "An image of this file to take the style from, in place of a file": (
        "Obraz z tej sceny jako styl, zamiast pliku z dysku"
    ),
    "Gallery": "Galeria",
    "The styles of the style folder and those that come with the add-on": (
        "Style z folderu stylów i te dołączone do dodatku"
    ),
    "Share of the first style among all": "Udział pierwszego stylu wśród wszystkich",
    "Objects": "Obiekty",
    "Whose textures are restyled": "Czyje tekstury są stylizowane",
    "Selected": "Zaznaczone",
    "The selected objects": "Zaznaczone obiekty",
    "Scene": "Scena",
    "Every visible object of the scene": "Każdy widoczny obiekt sceny",
    "List": "Lista",
    "Which variants are listed": "Które warianty są na liście",
    "Those of the selected objects": "Warianty zaznaczonych obiektów",
    "File": "Plik",
    "All of this file": "Wszystkie w tym pliku",
    "Variant": "Wariant",
    "Quality": "Jakość",
    "How long to work on each texture": "Jak długo pracować nad każdą teksturą",
    "Draft": "Szkic",
    "Standard": "Standardowa",
    "High": "Wysoka",
    "Keep Content": "Zachowanie treści",
    "Higher keeps more of the original picture, lower gives the style more room": (
        "Więcej zachowuje z pierwotnego obrazu, mniej daje stylowi więcej miejsca"
    ),
    "Stroke Size": "Rozmiar pociągnięć",
    "Size of the style image relative to the texture; higher gives larger strokes": (
        "Rozmiar obrazu stylu względem tekstury; większy daje większe pociągnięcia"
    ),
    "Style Width": "Szerokość stylu",
    "Width of the style image on the surface of the mesh; 0 goes by the stroke size": (
        "Szerokość obrazu stylu na powierzchni siatki; 0: według rozmiaru pociągnięć"
    ),
    "Style Direction": "Kierunek stylu",
    "Which way up the strokes are": "Która strona pociągnięć jest górą",
    "Surface": "Powierzchnia",
    "Up in the style is up in the texture": "Góra stylu jest górą tekstury",
    "Up in the style is up on the model, however its islands are turned": (
        "Góra stylu jest górą modelu, jakkolwiek obrócone są jego wyspy"
    ),
    "Keep Colors": "Zachowanie kolorów",
    "Whether the texture keeps its own colors": "Czy tekstura zachowuje własne kolory",
    "Off": "Wyłączone",
    "Luminance": "Luminancja",
    "Histogram": "Histogram",
    "Follow the Mesh": "Podążaj za siatką",
    "Strokes go on across UV seams, and textures that the UVs repeat stay tileable": (
        "Pociągnięcia przechodzą przez szwy UV, a tekstury powtarzane przez UV dalej się łączą"
    ),
    "Bake Missing Colors": "Wypal brakujące kolory",
    "Bake colors that are no image, or an image under other nodes, to an image first": (
        "Najpierw wypal do obrazu kolory, które nie są obrazem lub są obrazem za innymi węzłami"
    ),
    "Bake Size": "Rozmiar wypalania",
    "Side of the baked images": "Bok wypalanych obrazów",
    "Python with Torch": "Python z biblioteką torch",
    "An interpreter in which texture-stylizer's libraries are installed; Set Up makes one": (
        "Interpreter z bibliotekami texture-stylizer; tworzy go przycisk Przygotuj"
    ),
    "Style Folder": "Folder stylów",
    "A folder of images that the gallery shows beside the add-on's own": (
        "Folder obrazów, które galeria pokazuje obok dołączonych do dodatku"
    ),
    "Results": "Wyniki",
    "Where stylized textures are saved; // is the folder of the .blend. A file that has no folder yet takes "
    "them into itself": (
        "Gdzie zapisywane są stylizowane tekstury; // to folder pliku .blend. Plik, który nie ma jeszcze "
        "folderu, przyjmuje je do siebie"
    ),
    "Cache": "Pamięć podręczna",
    "Where earlier results are kept, so that the same work is not done twice; empty for the add-on's own "
    "folder": ("Gdzie trzymane są wcześniejsze wyniki, by nie powtarzać pracy; puste oznacza folder dodatku"),
    "Allow Online Access first": ("Najpierw zezwól na dostęp do sieci w Preferencje > System"),
    "Device not looked for yet": "Urządzenia jeszcze nie szukano",
    "The cache takes {:.0f} MB": "Pamięć podręczna zajmuje {:.0f} MB",
    "Set Up": "Przygotuj",
    "Download torch and the other libraries into a Python environment outside Blender": (
        "Pobierz torch i pozostałe biblioteki do środowiska Pythona poza Blenderem"
    ),
    "Cancel Set Up": "Anuluj przygotowanie",
    "Stop setting up, and delete what was downloaded into the environment so far": (
        "Przerwij przygotowanie i usuń to, co dotąd pobrano do środowiska"
    ),
    "Starting": "Start",
    "Ready": "Gotowe",
    "Making the environment": "Tworzenie środowiska",
    "Installing torch": "Instalowanie torch",
    "{} downloaded": "Pobrano {}",
    "Torch for {}": "Torch dla {}",
    "Download: {}, about {} min": "Pobranie: {}, około {} min",
    "On disk: {}": "Na dysku: {}",
    "Up to {} where only PyPI answers": "Do {}, gdy dostępne jest tylko PyPI",
    "Torch is needed, in a Python of its own": "Potrzebna jest torch, we własnym Pythonie",
    "Blender may not go online yet": "Blender nie ma jeszcze dostępu do sieci",
    "Allow Online Access": "Zezwól na dostęp do sieci",
    "Turn on Allow Online Access in Blender's preferences, for all add-ons": (
        "Włącz Allow Online Access w ustawieniach Blendera, dla wszystkich dodatków"
    ),
    "Blender was started offline; start it without --offline-mode": (
        "Blender działa bez sieci; uruchom go bez --offline-mode"
    ),
    "Remove": "Usuń",
    "Delete the Python with torch that Set Up made; Set Up makes it anew": (
        "Usuń Pythona z torch, którego utworzyło „Przygotuj”; „Przygotuj” utworzy go na nowo"
    ),
    "It is in use; wait for the end of the run": "Jest w użyciu; poczekaj na koniec pracy",
    "Set Up's Python takes {}": "Python utworzony przez „Przygotuj” zajmuje {}",
    "Installing the other libraries": "Instalowanie pozostałych bibliotek",
    "Trying it": "Próba",
    "Texture Stylizer is ready": "Texture Stylizer jest gotowy",
    "Download torchvision's VGG19 (548 MB)": "Pobierz VGG19 z torchvision (548 MB)",
    "Download torchvision's retrained VGG19; the original comes with Set Up": (
        "Pobierz VGG19 wytrenowaną ponownie przez torchvision; oryginał instaluje „Przygotuj”"
    ),
    "Downloading VGG19": "Pobieranie VGG19",
    "The download was cancelled": "Pobieranie anulowano",
    "VGG19 is at {}": "VGG19 jest w {}",
    "The worker ended before it answered; press Set Up": (
        "Proces roboczy zakończył się bez odpowiedzi; naciśnij Przygotuj"
    ),
    "Find Device": "Znajdź urządzenie",
    "Start the worker once, and say what it computes on and how much memory that has": (
        "Uruchom raz proces roboczy i pokaż, na czym liczy i ile to ma pamięci"
    ),
    "Clear": "Wyczyść",
    "Delete the earlier results that are kept; nothing in any .blend needs them": (
        "Usuń zachowane wcześniejsze wyniki; żaden plik .blend ich nie potrzebuje"
    ),
    "{}: {}, {:.0f} GiB free, torch {}": "{}: {}, wolne {:.0f} GiB, torch {}",
    "Looking ...": "Szukam ...",
    "It is being set up already": "Przygotowanie już trwa",
    "Set up torch first": "Najpierw przygotuj torch",
    "{} results were deleted": "Usunięto wyniki: {}",
    "Show Texture Variant": "Pokaż wariant tekstur",
    "Show this variant on the chosen objects, or the original materials": (
        "Pokaż ten wariant na wybranych obiektach albo pierwotne materiały"
    ),
    "Remove Texture Variant": "Usuń wariant tekstur",
    "Delete this variant's materials and images; objects that show it get their originals back": (
        "Usuń materiały i obrazy tego wariantu; obiekty, które go pokazują, odzyskają oryginały"
    ),
    "Make Texture Variant Permanent": "Utrwal wariant tekstur",
    "Make this variant permanent: its materials take the originals' names and are no variant any more": (
        "Utrwal ten wariant: jego materiały przejmą nazwy oryginałów i przestaną być wariantem"
    ),
    "Rename Texture Variant": "Zmień nazwę wariantu tekstur",
    "Give this variant another name": "Nadaj temu wariantowi inną nazwę",
    "Compare with Original": "Porównaj z oryginałem",
    "Switch the chosen objects between what they show and their originals, to compare": (
        "Przełączaj wybrane obiekty między tym, co pokazują, a oryginałami, dla porównania"
    ),
    "Purge Unused Variants": "Usuń nieużywane warianty",
    "Remove every variant that no object of this file shows, with its materials and images": (
        "Usuń każdy wariant, którego nie pokazuje żaden obiekt w tym pliku, wraz z materiałami i obrazami"
    ),
    "Strength": "Siła",
    "How much of this variant is seen: 0 is the original, 1 the restyled picture. It needs no run": (
        "Ile widać z tego wariantu: 0 to oryginał, 1 to przerysowany obraz. Nie wymaga nowej pracy"
    ),
    "Hand Variants to glTF": "Przekaż warianty do glTF",
    "Enter the variants of the chosen objects in the glTF exporter's list, which it writes into the model as "
    "KHR_materials_variants": (
        "Wpisz warianty wybranych obiektów na listę eksportera glTF, który zapisze je w modelu jako "
        "KHR_materials_variants"
    ),
    "New Name": "Nowa nazwa",
    "Every variant is shown on some object; none was removed": (
        "Każdy wariant jest gdzieś pokazany; żadnego nie usunięto"
    ),
    "Removed: {}": "Usunięto: {}",
    "Material Variants is turned on for the glTF exporter, which carries: {}": (
        "Włączono Material Variants w eksporterze glTF, który zawrze: {}"
    ),
    "The next glTF export carries: {}": "Następny eksport glTF zawrze: {}",
    "Batch": "Seria",
    "Batch Folder...": "Seria z folderu...",
    "Restyle every model, scene and image of a folder with these settings; what is finished is skipped": (
        "Przerysuj każdy model, scenę i obraz z folderu z tymi ustawieniami; to, co gotowe, jest pomijane"
    ),
    "Folder": "Folder",
    "Where results go; empty for a folder beside this one, with _stylized after its name": (
        "Dokąd trafią wyniki; puste oznacza folder obok tego, z _stylized po nazwie"
    ),
    "A batch is under way": "Seria jest w toku",
    "Batch: {} of {} assets": "Seria: {} z {} zasobów",
    "{} assets are done, {} failed; the report says why": (
        "Gotowe zasoby: {}, nieudane: {}; raport mówi, dlaczego"
    ),
    "{} assets are done": "Gotowe zasoby: {}",
    "Stop Batch": "Zatrzymaj serię",
    "Finish the assets in hand and stop; the same batch goes on later. Pressed again, it stops at once": (
        "Dokończ bieżące zasoby i zatrzymaj; tę samą serię można wznowić później. "
        "Ponowne naciśnięcie zatrzymuje od razu"
    ),
    "Base Color": "Kolor podstawowy",
    "Emission": "Emisja",
    "Roughness": "Szorstkość",
    "Metallic": "Metaliczność",
    "Normal": "Normalna",
    "Alpha": "Alfa",
    "Displacement": "Przemieszczenie",
    "Other": "Inne",
}

CONTEXT = "Texture Stylizer"
"""Where Blender has the same word with another sense, as Bold is of letters."""

# Blender looks an operator's label up under its own context, and everything else under the default one.
TRANSLATIONS = {
    "pl_PL": {
        (context, english): polish
        for english, polish in (_POLISH | POLISH_PANEL | POLISH_PARTS).items()
        for context in ("*", "Operator", CONTEXT)
    }
}
"""What `bpy.app.translations.register` takes."""
