"""The shop opens with its information pages written; staff change them in the admin.

The texts lie beside this migration, a file for each page and language. Its first line is the title.
"""

from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TEXTS = Path(__file__).parent / "texts"
SLUGS = ("about", "how-to-buy", "delivery", "returns", "privacy", "contact")


def create_pages(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    page = apps.get_model("pages", "Page")
    for slug in SLUGS:
        values = {}
        for language in ("az", "ru", "en"):
            title, _, body = (TEXTS / f"{slug}.{language}.md").read_text(encoding="utf-8").partition("\n")
            values |= {f"title_{language}": title, f"body_{language}": body.strip()}
        page.objects.get_or_create(
            slug=slug, defaults={"title": values["title_az"], "body": values["body_az"], **values}
        )


class Migration(migrations.Migration):
    dependencies = [("pages", "0001_initial")]

    operations = [migrations.RunPython(create_pages, migrations.RunPython.noop)]
