"""Pieces are given back from the order's page. What staff have written since stays as it is."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STEPS = {
    "az": (
        "1. [Bizə yazın](/info/contact/), sifarişin kodunu göstərin.",
        "1. [Sifarişinizi](/orders/) açın və “Əşyanı qaytarmaq” düyməsini basın. E-poçtla cavab verəcəyik.",
    ),
    "ru": (
        "1. [Напишите нам](/ru/info/contact/) и укажите код заказа.",
        "1. Откройте [свой заказ](/ru/orders/) и нажмите «Вернуть вещи». Мы ответим письмом.",
    ),
    "en": (
        "1. [Write to us](/en/info/contact/) with the order's code.",
        "1. Open [your order](/en/orders/) and choose “Return pieces”. We answer by mail.",
    ),
}


def replace(apps: Apps, *, old: int, new: int) -> None:
    for page in apps.get_model("pages", "Page").objects.filter(slug="returns"):
        for column, language in {"body": "az", "body_az": "az", "body_ru": "ru", "body_en": "en"}.items():
            if text := getattr(page, column):
                setattr(page, column, text.replace(STEPS[language][old], STEPS[language][new]))
        page.save()


def name_the_page(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=0, new=1)


def name_the_address(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=1, new=0)


class Migration(migrations.Migration):
    dependencies = [("pages", "0004_search_words")]

    operations = [migrations.RunPython(name_the_page, name_the_address)]
