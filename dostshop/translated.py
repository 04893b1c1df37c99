"""Content in three languages: which one a text is really in."""

from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Model, Q
from django.utils import translation
from modeltranslation.translator import translator


def columns(field: str) -> list[str]:
    """Where a translated field is kept: ``name_az`` and so on."""
    return [f"{field}_{language}" for language in settings.MODELTRANSLATION_LANGUAGES]


def language_of(instance: Model, field: str) -> str | None:
    """The language of the text that ``instance.field`` shows now: the page's, else the first with a text."""
    for language in (translation.get_language(), *settings.MODELTRANSLATION_FALLBACK_LANGUAGES):
        if language and getattr(instance, f"{field}_{language}", None):
            return language
    return None


def lacking(model: type[Model], language: str) -> Q:
    """Matches the rows that have a text in the first language and miss it in ``language``."""
    fields = translator.get_options_for_model(model).all_fields
    missing = [
        ~Q(**{f"{field}_{settings.LANGUAGE_CODE}": ""})
        & Q(**{f"{field}_{settings.LANGUAGE_CODE}__isnull": False})
        & (Q(**{f"{field}_{language}": ""}) | Q(**{f"{field}_{language}__isnull": True}))
        for field in fields
    ]
    return reduce(or_, missing)
