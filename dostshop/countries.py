"""Names of countries in the shop's languages. The data is Unicode CLDR's, through Babel."""

from babel import Locale
from django.utils import translation

from dostshop import folding

# ISO 3166-1 by django-countries knows these; nobody lives there to whom a parcel could go.
_UNINHABITED = frozenset({"AQ", "BV", "HM", "TF", "UM"})


def name(code: str) -> str:
    """In the language of the page; the code itself where CLDR does not know it."""
    return str(_territories().get(code, code))


def choices(codes: list[str]) -> list[tuple[str, str]]:
    """Code and name, in the order of the Azerbaijani or of the page's own alphabet."""
    named = [(code, name(code)) for code in codes if code not in _UNINHABITED]
    return sorted(named, key=lambda pair: folding.sort_key(pair[1]))


def _territories() -> dict[str, str]:
    return dict(Locale(translation.get_language() or "az").territories)
