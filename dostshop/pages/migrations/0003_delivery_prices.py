"""The page “Delivery” lists prices and branches by itself: the text that says so loses what it said of them.

A text that staff have changed stays theirs.
"""

from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TEXTS = Path(__file__).parent / "texts"
HELP = "Markdown: ## heading, - list, **bold**, [link](/…). On the page “Delivery” the prices stand before the first heading."


def body(name: str, language: str) -> str:
    _title, _, text = (TEXTS / f"{name}.{language}.md").read_text(encoding="utf-8").partition("\n")
    return text.strip()


def replace(apps: Apps, *, old: str, new: str) -> None:
    pages = apps.get_model("pages", "Page").objects.filter(slug="delivery")
    for language in ("az", "ru", "en"):
        column = f"body_{language}"
        pages.filter(**{column: body(old, language)}).update(**{column: body(new, language)})
    pages.filter(body=body(old, "az")).update(body=body(new, "az"))


def use_new_text(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old="delivery", new="delivery-with-prices")


def use_old_text(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old="delivery-with-prices", new="delivery")


class Migration(migrations.Migration):
    dependencies = [("pages", "0002_texts")]

    operations = [
        migrations.RunPython(use_new_text, use_old_text),
        migrations.AlterField(
            model_name="page",
            name="body",
            field=models.TextField(blank=True, help_text=HELP, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="page",
            name="body_az",
            field=models.TextField(blank=True, help_text=HELP, null=True, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="page",
            name="body_ru",
            field=models.TextField(blank=True, help_text=HELP, null=True, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="page",
            name="body_en",
            field=models.TextField(blank=True, help_text=HELP, null=True, verbose_name="text"),
        ),
    ]
