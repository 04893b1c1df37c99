"""Content in three languages: which one a text is really in."""

from django.conf import settings
from django.db.models import Model
from django.utils import translation


def language_of(instance: Model, field: str) -> str | None:
    """The language of the text that ``instance.field`` shows now: the page's, else the first with a text."""
    for language in (translation.get_language(), *settings.MODELTRANSLATION_FALLBACK_LANGUAGES):
        if language and getattr(instance, f"{field}_{language}", None):
            return language
    return None
