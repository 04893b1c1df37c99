"""Content in three languages: which one a text is really in."""

from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import F, Func, Model, Q, TextField, Value
from django.db.models.functions import Coalesce, Collate, NullIf
from django.utils import translation
from modeltranslation.translator import translator

from dostshop.folding import SORT_FROM, SORT_TO


def columns(field: str) -> list[str]:
    """Where a translated field is kept: ``name_az`` and so on."""
    return [f"{field}_{language}" for language in settings.MODELTRANSLATION_LANGUAGES]


def language_of(instance: Model, field: str) -> str | None:
    """The language of the text that ``instance.field`` shows now: the page's, else the first with a text."""
    for language in (translation.get_language(), *settings.MODELTRANSLATION_FALLBACK_LANGUAGES):
        if language and getattr(instance, f"{field}_{language}", None):
            return language
    return None


def by_alphabet(field: str) -> Collate:
    """Orders rows by a translated field as it is shown now, in the order of ``folding.sort_key``; empty ones last."""
    languages = dict.fromkeys((translation.get_language(), *settings.MODELTRANSLATION_FALLBACK_LANGUAGES))
    shown = [NullIf(F(f"{field}_{language}"), Value("")) for language in languages if language]
    text = Coalesce(*shown, Value("\U0010ffff"), output_field=TextField())
    whole = Func(text, function="normalize", output_field=TextField())
    places = Func(whole, Value(SORT_FROM), Value(SORT_TO), function="translate", output_field=TextField())
    return Collate(places, "C")


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
