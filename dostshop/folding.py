"""Folding of Azerbaijani, Russian and English text for search, slugs and sorting.

The table names every letter it changes, so the same result comes from Python, from PostgreSQL's
``translate`` and on any locale. The SQL function ``fold`` (made by a migration of ``catalog``) does the
same as :func:`fold`; a test compares the two.
"""

import re
import unicodedata

_UPPER_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UPPER_CYRILLIC = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
_AZERBAIJANI = "ƏəİıŞşÇçĞğÖöÜü"
_COMBINING_DOT = "\u0307"

FOLD_FROM = _UPPER_LATIN + _UPPER_CYRILLIC + "Ёё" + _AZERBAIJANI
FOLD_TO = _UPPER_LATIN.lower() + _UPPER_CYRILLIC.lower() + "ее" + "eeiissccggoouu"
_TABLE = str.maketrans(FOLD_FROM, FOLD_TO, _COMBINING_DOT)

_ALPHABET = "abcçdeəfgğhxıijkqlmnoöprsştuüvwyz"
# Each letter stands for its place in the alphabet: after the digits, before Cyrillic.
_PLACES = str.maketrans({letter: chr(ord("a") + place) for place, letter in enumerate(_ALPHABET)})
_LOWER = str.maketrans("IİƏŞÇĞÖÜ", "ıiəşçğöü", _COMBINING_DOT)


def fold(text: str) -> str:
    """The text as search compares it: no case, no Azerbaijani marks, Cyrillic kept."""
    return unicodedata.normalize("NFC", text).translate(_TABLE)


def slug(text: str, *, fallback: str) -> str:
    """An ASCII slug; ``fallback`` where the text has no letter that ASCII can carry."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", fold(text)) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", bare.lower()).strip("-") or fallback


def sort_key(text: str) -> str:
    """Orders names by the Azerbaijani alphabet: … d e ə f g ğ h x ı i j k q …"""
    lower = unicodedata.normalize("NFC", text).translate(_LOWER).lower()
    return lower.translate(_PLACES)


_CASES = _ALPHABET + "ABCÇDEƏFGĞHXIİJKQLMNOÖPRSŞTUÜVWYZ" + _UPPER_CYRILLIC + "Ё"
# What ``sort_key`` changes, for the database: to be compared by code point.
SORT_FROM = "".join(letter for letter in _CASES if sort_key(letter) != letter)
SORT_TO = "".join(map(sort_key, SORT_FROM))
