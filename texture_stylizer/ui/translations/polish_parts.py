"""Polish words of masks and of styles for parts of a texture; a part of `polish`."""

POLISH_PARTS = {
    "Mask": "Maska",
    "A vertex group, a color attribute, marked faces or an image: what is white in it is restyled, what is "
    "black stays exactly as it is": (
        "Grupa wierzchołków, atrybut koloru, oznaczone ściany lub obraz: to, co w nim białe, otrzymuje nowy "
        "styl, to, co czarne, pozostaje dokładnie takie, jakie jest"
    ),
    "On Variant": "Na wariancie",
    "The variant that is seen outside of the mask; empty means the original": (
        "Wariant widoczny poza maską; puste oznacza oryginał"
    ),
    "Only On": "Tylko na",
    "A material, or a mask, that this style is for; empty means whatever has no other": (
        "Materiał lub maska, dla których jest ten styl; puste oznacza wszystko, co nie ma innego"
    ),
    "Protect Detail": "Chroń szczegóły",
    "How firmly lettering and other sharp lines of the original stay": (
        "Jak mocno zachowywane są napisy i inne ostre linie oryginału"
    ),
    "From Selected Faces": "Z zaznaczonych ścian",
    "Mark the selected faces of the selected objects, and restyle nothing else": (
        "Oznacz zaznaczone ściany zaznaczonych obiektów i nie zmieniaj stylu niczego innego"
    ),
    "No face is selected; select some in edit mode first": (
        "Nie zaznaczono żadnej ściany; najpierw zaznacz kilka w trybie edycji"
    ),
}
