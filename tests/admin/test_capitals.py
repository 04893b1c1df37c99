"""Django writes the first letter of a label in its own case, which makes ‘Iş’ of ‘iş’ and not ‘İş’."""

from collections.abc import Iterator

from django.apps import apps
from django.contrib import admin
from django.utils import translation

OWN_APPS = {"accounts", "pages", "background", "artisans", "catalog", "orders"}


def labels() -> Iterator[str]:
    for model in apps.get_models():
        if model._meta.app_label in OWN_APPS:
            yield str(model._meta.verbose_name)
            yield str(model._meta.verbose_name_plural)
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
                yield str(field.verbose_name)
    for page in admin.site._registry.values():
        # Not asked of the page itself, some of whose properties look at the database.
        for named in vars(type(page)).values():
            yield str(getattr(named, "short_description", ""))


def test_no_label_begins_with_a_letter_that_django_would_make_a_wrong_capital_of() -> None:
    with translation.override("az"):
        wrong = {label for label in labels() if label.startswith("i")}
    # The first two are on no page, the third is Django's own text.
    assert wrong <= {"id", "idempotency key", "istifadəçi səlahiyyətləri"}
