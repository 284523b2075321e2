"""Polish words of the panel's looks, lists, advanced settings and messages; a part of `polish`."""

POLISH_PANEL = {
    "Fast": "Szybko",
    "A small picture in seconds, for a first look": "Mały obraz w kilka sekund, na pierwszy rzut oka",
    "Subtle": "Subtelnie",
    "A hint of the style; the texture stays as it is at large": (
        "Nuta stylu; tekstura pozostaje w ogólnym zarysie taka, jaka jest"
    ),
    "Painterly": "Malarsko",
    "The whole style, at full quality": "Cały styl, w pełnej jakości",
    "Bold": "Śmiało",
    "Large strokes, and much room for the style": "Duże pociągnięcia i wiele miejsca dla stylu",
    "Keep Colors": "Zachowaj kolory",
    "The style's strokes in the texture's own colors": "Pociągnięcia stylu we własnych kolorach tekstury",
    "Custom": "Własne",
    "Settings of your own": "Twoje własne ustawienia",
    "Look": "Wygląd",
    "Settings that go together": "Ustawienia, które do siebie pasują",
    "Name of the new material variant; empty takes the style's name and the look": (
        "Nazwa nowego wariantu materiału; pusta przejmuje nazwę stylu i wygląd"
    ),
    "content {:.3g}": "treść {:.3g}",
    "strokes {:.3g}": "pociągnięcia {:.3g}",
    "own colors": "własne kolory",
    "Advanced": "Zaawansowane",
    "Network": "Sieć",
    "The network that tells strokes from content": "Sieć, która odróżnia pociągnięcia od treści",
    "Automatic": "Automatycznie",
    "VGG19 where it is installed, and the small one for drafts": (
        "VGG19, jeśli jest zainstalowana, a mała do szkiców"
    ),
    "VGG19": "VGG19",
    "The original network of the method": "Pierwotna sieć tej metody",
    "VGG19 (torchvision)": "VGG19 (torchvision)",
    "Trained anew by torchvision; has to be downloaded": (
        "Wytrenowana ponownie przez torchvision; trzeba ją pobrać"
    ),
    "Embedded": "Wbudowana",
    "A small one that is about ten times faster, for a first look": (
        "Mała, około dziesięć razy szybsza, na pierwszy rzut oka"
    ),
    "Weights of your own": "Twoje własne wagi",
    "Weights": "Wagi",
    "A .safetensors file with torchvision's names for VGG19's layers": (
        "Plik .safetensors z nazwami warstw VGG19 jak w torchvision"
    ),
    "Device": "Urządzenie",
    "What computes": "Co liczy",
    "The graphics card where there is one": "Karta graficzna, jeśli jest",
    "Processor": "Procesor",
    "Slower, and always there": "Wolniejszy i zawsze dostępny",
    "CUDA / ROCm": "CUDA / ROCm",
    "A graphics card of NVIDIA or AMD": "Karta graficzna firmy NVIDIA lub AMD",
    "Metal": "Metal",
    "The graphics card of a Mac": "Karta graficzna Maca",
    "Precision": "Dokładność",
    "How the network computes": "Jak liczy sieć",
    "Whichever is faster on this device": "Ta, która jest szybsza na tym urządzeniu",
    "32 Bit": "32 bity",
    "Exact, on every device": "Dokładnie, na każdym urządzeniu",
    "16 Bit": "16 bitów",
    "Less memory, faster on newer devices": "Mniej pamięci, szybciej na nowszych urządzeniach",
    "Roles": "Role",
    "The textures that are restyled, by what they are for": "Stylizowane tekstury, według przeznaczenia",
    "The color of the surface": "Kolor powierzchni",
    "The color of its own light": "Kolor własnego światła",
    "Repeats": "Powtarzanie",
    "The axes on which a texture is tiled, and stays tileable": (
        "Osie, na których tekstura się powtarza i dalej się łączy"
    ),
    "Where its borders match": "Tam, gdzie jej brzegi pasują",
    "Not at All": "Wcale",
    "It is not tiled": "Nie powtarza się",
    "Across": "W poziomie",
    "To the left and right": "W lewo i w prawo",
    "Up and Down": "W pionie",
    "To the top and bottom": "W górę i w dół",
    "Both": "Obie",
    "On all sides": "Na wszystkie strony",
    "Seed": "Ziarno",
    "Another number lays the strokes a little differently": (
        "Inna liczba układa pociągnięcia trochę inaczej"
    ),
    "Other Seed": "Inne ziarno",
    "Take another seed, by chance": "Weź inne, losowe ziarno",
    "Iterations": "Iteracje",
    "Steps of the optimisation; 0 goes by the quality": "Kroki optymalizacji; 0: według jakości",
    "Scales": "Skale",
    "Sizes that are worked on from coarse to fine; 0 takes as many as suit": (
        "Rozmiary od zgrubnego do dokładnego; 0 bierze tyle, ile pasuje"
    ),
    "Largest Size": "Największy rozmiar",
    "Longest side that is worked on, from which larger textures are enlarged; 0 goes by the quality": (
        "Najdłuższy opracowywany bok, z którego większe tekstury są powiększane; 0: według jakości"
    ),
    "Margin": "Margines",
    "Pixels that baked colors go on past the islands": "O tyle pikseli wypalone kolory wychodzą poza wyspy",
    "Unwrap Where Needed": "Rozwiń, gdzie trzeba",
    "Give an object without a UV map one, by Smart UV Project": (
        "Daj obiektowi bez mapy UV własną, przez Smart UV Project"
    ),
    "Shared Materials": "Wspólne materiały",
    "What is baked of a material that several objects use": (
        "Co się wypala z materiału, którego używa kilka obiektów"
    ),
    "An Image Each": "Każdy swój obraz",
    "Each object gets an image of its own": "Każdy obiekt dostaje własny obraz",
    "One Image": "Jeden obraz",
    "All objects go into one image; their UVs must not overlap": (
        "Wszystkie obiekty w jednym obrazie; ich UV nie mogą się nakładać"
    ),
    "Close": "Zamknij",
    "Close this message": "Zamknij tę wiadomość",
    "Full Quality": "Pełna jakość",
    "Work at the full size, not on a draft": "Pracuj w pełnym rozmiarze, nie na szkicu",
    "Kept in this file; save it to keep them": "Są w tym pliku; zapisz go, by je zachować",
    "Open Folder": "Otwórz folder",
    "Show the folder of the textures that the last run made": "Pokaż folder tekstur z ostatniej pracy",
    "This was a draft, for a first look": "To był szkic, na pierwszy rzut oka",
    "{}: {} texture in {}": "{}: {} tekstura w {}",
    "{}: {} textures in {}": "{}: tekstury: {}, czas: {}",
    "An image of this file": "Obraz z tego pliku",
    "Choose a Style": "Wybierz styl",
    "Press Esc once more to cancel stylizing": "Naciśnij Esc jeszcze raz, by anulować stylizację",
    "Restyle the active material of the active object alone, as a new variant": (
        "Stylizuj tylko aktywny materiał aktywnego obiektu, jako nowy wariant"
    ),
    "Restyle the image of the active node, in this material of the active object, as a new variant": (
        "Stylizuj obraz aktywnego węzła w tym materiale aktywnego obiektu, jako nowy wariant"
    ),
    "Restyle the image of this editor on every object of the scene that shows it, as a new variant": (
        "Stylizuj obraz z tego edytora na każdym obiekcie sceny, który go pokazuje, jako nowy wariant"
    ),
    "Stylize This Image": "Stylizuj ten obraz",
    "Stylize This Node": "Stylizuj ten węzeł",
    "Choose an object with a material first": "Najpierw wybierz obiekt z materiałem",
    "Choose an Image Texture node first": "Najpierw wybierz węzeł z obrazem tekstury",
    "Stylizing {:.0%}, {}  |  Esc twice: cancel": "Stylizacja {:.0%}, {}  |  dwa razy Esc: anuluj",
    "The first picture comes in a moment": "Pierwszy obraz za chwilę",
    "The style: a name of the gallery, an image of this file, or the path of an image file": (
        "Styl: nazwa z galerii, obraz z tego pliku albo ścieżka pliku obrazu"
    ),
    "About {} left": "Pozostało około {}",
    "Measuring the time": "Mierzenie czasu",
    "Starting, textures: {}": "Start, tekstury: {}",
    "{} of {}: {}": "{} z {}: {}",
    "Put the styles and settings that this variant was made with back into the panel": (
        "Przywróć w panelu style i ustawienia, z którymi powstał ten wariant"
    ),
    "Use These Settings Again": "Użyj tych ustawień ponownie",
    "Add Style Folder": "Dodaj folder stylów",
    "Show the images of one more folder in the gallery": "Pokaż w galerii obrazy z jeszcze jednego folderu",
    "Remove Style Folder": "Usuń folder stylów",
    "Show the images of this folder no more; the files stay": (
        "Nie pokazuj obrazów z tego folderu; pliki zostają"
    ),
    "Favorite Style": "Ulubiony styl",
    "Show this style among the first of the gallery, or no more": (
        "Pokazuj ten styl wśród pierwszych w galerii albo przestań"
    ),
    "Choose an image file as the style": "Wybierz plik obrazu jako styl",
    "{} s": "{} s",
    "Set Up was interrupted; it goes on where it stopped": (
        "Przygotowanie przerwano; ruszy od miejsca, w którym stanęło"
    ),
    "Go On": "Kontynuuj",
    "FBX, OBJ and USD exports lose a strength below 1; glTF keeps it": (
        "Eksport FBX, OBJ i USD traci siłę poniżej 1; glTF ją zachowuje"
    ),
    "Show": "Pokaż",
    "{} h": "{} h",
    "{} h {} min": "{} h {} min",
    "{} min": "{} min",
    "{} min {} s": "{} min {} s",
    "ALL, NONE, or a role: its textures alone": "ALL, NONE albo rola: tylko jej tekstury",
    "All": "Wszystkie",
    "None": "Żadne",
    "Choose Textures": "Wybierz tekstury",
    "Choose which of the listed textures are restyled": "Wybierz, które z wypisanych tekstur są stylizowane",
    "Its color is no image; it is baked to one first": "Jego kolor nie jest obrazem; najpierw się go wypala",
    "Left as It Is": "Pozostaje bez zmian",
    "No textures on the chosen objects": "Wybrane obiekty nie mają tekstur",
    "Restyle all of the listed textures, or none": "Stylizuj wszystkie wypisane tekstury albo żadną",
    "Restyle only: {}": "Stylizuj tylko: {}",
    "Try Styles": "Wypróbuj style",
    "Draw the chosen texture in the gallery's first styles, small and quickly, to choose among them": (
        "Narysuj wybraną teksturę w pierwszych stylach galerii, mało i szybko, by wybrać spośród nich"
    ),
    "Styles are being tried already": "Style są już wypróbowywane",
    "Select an object with textures first": "Najpierw zaznacz obiekt z teksturami",
    "None of the listed textures can be restyled": "Żadnej z wypisanych tekstur nie można stylizować",
    "Try no further styles": "Nie próbuj dalszych stylów",
    "Take this style, and stylize the chosen objects at full quality": (
        "Weź ten styl i stylizuj wybrane obiekty w pełnej jakości"
    ),
    "Stylize in This Style": "Stylizuj w tym stylu",
    "The chosen texture in eight styles, small, in seconds": (
        "Wybrana tekstura w ośmiu stylach, mała, w kilka sekund"
    ),
    "Which": "Które",
    "Why this texture is left as it is": "Dlaczego ta tekstura pozostaje bez zmian",
    "{}, {} x {} px": "{}, {} x {} px",
}
"""English to Polish."""
