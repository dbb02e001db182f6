"""The two languages of the pages about forms: English words in, those of the reader out."""

from __future__ import annotations

from flask import has_request_context, request

from demo.links import page_of

LANGUAGES = {"en": "English", "de": "Deutsch"}


def language() -> str:
    """What the page is written in: the pages about forms know two languages, the paper one."""
    if not has_request_context() or not page_of(request).startswith("/forms"):
        return "en"
    chosen = request.cookies.get("language", "")
    known = [*LANGUAGES]
    return chosen if chosen in known else request.accept_languages.best_match(known) or "en"


def say(text: str) -> str:
    """An English text of the demo in the language of the page."""
    return GERMAN.get(text, str.__str__(text)) if language() == "de" else str.__str__(text)


class Word(str):
    """A text that is said when it is read: for models, which outlive a request.

    Flask-Babel's ``lazy_gettext`` gives the like; a demo with two languages needs no more.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return say(self)


GERMAN = {
    # Around every page.
    "Skip to the content": "Zum Inhalt",
    "What drives the forms": "Womit die Formulare laufen",
    "The forms run with": "Die Formulare laufen mit",
    "no JavaScript": "ohne JavaScript",
    "Main": "Hauptmenü",
    "Front page": "Titelseite",
    "Town hall": "Rathaus",
    "The river": "Der Fluss",
    "Market": "Markt",
    "People": "Menschen",
    "Forms": "Formulare",
    "How this works": "Wie das geht",
    "Write": "Schreiben",
    "Your articles": "Deine Artikel",
    "Log in": "Anmelden",
    "Log out": "Abmelden",
    "Sign up": "Konto anlegen",
    "Language": "Sprache",
    "does not exist, and neither does Alderbrook. It is the demo of": (
        "gibt es nicht, Alderbrook auch nicht. Sie ist die Demo von"
    ),
    "every form here works with htmx 4, with htmx 2 and without any JavaScript.": (
        "jedes Formular hier geht mit htmx 4, mit htmx 2 und ganz ohne JavaScript."
    ),
    "the source": "der Quelltext",
    # The overview.
    "Forms that know their model": "Formulare, die ihr Modell kennen",
    "One pydantic model says what a form may hold. The form object draws the controls from it, "
    "tells the browser what would be refused, and puts every error where it belongs.": (
        "Ein pydantic-Modell sagt, was ein Formular enthalten darf. Das Formularobjekt zeichnet "
        "daraus die Felder, sagt dem Browser, was abgelehnt würde, und stellt jeden Fehler an "
        "seinen Platz."
    ),
    "Everything at once": "Alles auf einmal",
    "A control of every kind, models within models, a list of models, and one of three.": (
        "Jede Art von Feld, Modelle in Modellen, eine Liste von Modellen und eines von dreien."
    ),
    "Two fields that must agree": "Zwei Felder, die zusammenpassen müssen",
    "A rule across fields, and passwords that never come back.": (
        "Eine Regel über mehrere Felder, und Passwörter, die nie zurückkommen."
    ),
    "Two buttons, two models": "Zwei Knöpfe, zwei Modelle",
    "A draft may be half a letter; what is printed may not. Enter saves the draft.": (
        "Ein Entwurf darf ein halber Brief sein, was gedruckt wird, nicht. Die Eingabetaste "
        "sichert den Entwurf."
    ),
    "The same form twice": "Zweimal dasselbe Formular",
    "Two copies on one page; each sees its own result.": (
        "Zwei auf einer Seite, und jedes sieht sein eigenes Ergebnis."
    ),
    # Everything at once.
    "A stall at the market": "Ein Stand auf dem Markt",
    "The wardens want to know everything. Nothing of it is kept.": (
        "Die Marktaufsicht will alles wissen. Nichts davon wird aufbewahrt."
    ),
    "The stall": "Der Stand",
    "Name of the stall": "Name des Standes",
    "As it shall stand on the sign.": "So wie er auf dem Schild stehen soll.",
    "You sell": "Du verkaufst",
    "Bread": "Brot",
    "Cheese": "Käse",
    "Umbrellas": "Schirme",
    "Pitch": "Stellplatz",
    "North side": "Nordseite",
    "South side": "Südseite",
    "By the pump": "An der Pumpe",
    "Under the clock": "Unter der Uhr",
    "By the ferry": "An der Fähre",
    "In the wind": "Im Wind",
    "Market days": "Markttage",
    "Wednesday": "Mittwoch",
    "Saturday": "Samstag",
    "You need": "Du brauchst",
    "Power": "Strom",
    "Water": "Wasser",
    "Lamp": "Lampe",
    "Awning": "Markise",
    "About the stall": "Über den Stand",
    "Two or three sentences for the paper.": "Zwei, drei Sätze für die Zeitung.",
    "Found under": "Zu finden unter",
    "Website": "Website",
    "Picture": "Bild",
    "PNG or JPEG of at most 200 kB.": "PNG oder JPEG, höchstens 200 kB.",
    "Colour of the awning": "Farbe der Markise",
    "When": "Wann",
    "First day": "Erster Tag",
    "Opens at": "Öffnet um",
    "Arrival": "Anfahrt",
    "Season until": "Saison bis",
    "Holiday week": "Ferienwoche",
    "How much": "Wie viel",
    "Tables": "Tische",
    "Deposit": "Pfand",
    "In coins, of whichever kind you have.": "In Münzen, welcher Art auch immer.",
    "Loudness": "Lautstärke",
    "From 0, a heron, to 10, the fish stall.": "Von 0, ein Reiher, bis 10, der Fischstand.",
    "Whom we ask": "Wen wir fragen",
    "Name": "Name",
    "Email": "E-Mail",
    "Telephone": "Telefon",
    "Address": "Anschrift",
    "Street": "Straße",
    "Postcode": "Postleitzahl",
    "Town": "Ort",
    "Password for changes": "Passwort für Änderungen",
    "What lies on the tables": "Was auf den Tischen liegt",
    "Goods": "Ware",
    "Number": "Anzahl",
    "Price": "Preis",
    "Another line": "Noch eine Zeile",
    "Remove": "Entfernen",
    "Lines": "Zeilen",
    "How you come": "Wie du kommst",
    "Van": "Lieferwagen",
    "Handcart": "Handwagen",
    "Boat": "Boot",
    "Number plate": "Kennzeichen",
    "Length in metres": "Länge in Metern",
    "Wheels": "Räder",
    "Draught in centimetres": "Tiefgang in Zentimetern",
    "Print it in the paper": "In der Zeitung abdrucken",
    "I know the rules of the market": "Ich kenne die Marktordnung",
    "Register the stall": "Stand anmelden",
    "Send it unchecked": "Ungeprüft senden",
    "Registered. This is what arrived:": "Angemeldet. Das ist angekommen:",
    "The market lends at most 12 tables.": "Der Markt verleiht höchstens 12 Tische.",
    # Sign-up.
    "The reading circle": "Der Lesekreis",
    "They read last year’s paper aloud, and know how it ends.": (
        "Sie lesen die Zeitung vom letzten Jahr vor und wissen, wie es ausgeht."
    ),
    "Password": "Passwort",
    "At least 8 characters.": "Mindestens 8 Zeichen.",
    "The password once more": "Das Passwort noch einmal",
    "Join": "Beitreten",
    "Welcome to the circle, %s.": "Willkommen im Kreis, %s.",
    "Somebody reads under this name already.": "Unter diesem Namen liest schon jemand.",
    # Two copies.
    "Ask at the counter": "Am Schalter fragen",
    "Ask the editor": "Frag die Redaktion",
    "Ask the ferryman": "Frag den Fährmann",
    "Your question": "Deine Frage",
    "It ends with a question mark.": "Sie endet mit einem Fragezeichen.",
    "That is no question yet: it needs a question mark.": (
        "Das ist noch keine Frage: Das Fragezeichen fehlt."
    ),
    "The editor has read it, and will answer on Sunday.": (
        "Die Redaktion hat es gelesen und antwortet am Sonntag."
    ),
    "The ferryman nodded.": "Der Fährmann hat genickt.",
    "Ask something else": "Etwas anderes fragen",
    # Draft and publish.
    "A letter to the editor": "Ein Leserbrief",
    "Headline": "Überschrift",
    "Your letter": "Dein Brief",
    "At least forty characters, if it shall be printed.": (
        "Mindestens vierzig Zeichen, wenn er gedruckt werden soll."
    ),
    "Signed": "Gezeichnet",
    "Save the draft": "Entwurf sichern",
    "Send it to the paper": "An die Zeitung senden",
    "Your draft is saved.": "Dein Entwurf ist gesichert.",
    "Your letter is with the editor.": "Dein Brief liegt bei der Redaktion.",
}
