"""The three branches exist from the start; staff complete and change them in the admin."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BRANCHES = [
    {
        "slug": "baku",
        "position": 1,
        "name_az": "Bakı – DOST Mərkəzi",
        "name_ru": "Баку – Центр DOST",
        "name_en": "Baku – DOST Centre",
        "city_az": "Bakı",
        "city_ru": "Баку",
        "city_en": "Baku",
        "address_az": "Bakı şəhəri",
        "address_ru": "город Баку",
        "address_en": "Baku",
        "latitude": "40.40926",
        "longitude": "49.86709",
    },
    {
        "slug": "ismayilli",
        "position": 2,
        "name_az": "İsmayıllı – DOST Evi",
        "name_ru": "Исмаиллы – DOST Evi",
        "name_en": "İsmayıllı – DOST Evi",
        "city_az": "İsmayıllı",
        "city_ru": "Исмаиллы",
        "city_en": "İsmayıllı",
        "address_az": "AZ3100 İsmayıllı",
        "address_ru": "AZ3100 Исмаиллы",
        "address_en": "AZ3100 İsmayıllı",
        "latitude": "40.78710",
        "longitude": "48.15190",
    },
    {
        "slug": "barda",
        "position": 3,
        "name_az": "Bərdə – DOST Evi",
        "name_ru": "Барда – DOST Evi",
        "name_en": "Bərdə – DOST Evi",
        "city_az": "Bərdə",
        "city_ru": "Барда",
        "city_en": "Bərdə",
        "address_az": "AZ0900 Bərdə",
        "address_ru": "AZ0900 Барда",
        "address_en": "AZ0900 Bərdə",
        "latitude": "40.37580",
        "longitude": "47.12660",
    },
]


def create_branches(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    branch = apps.get_model("artisans", "Branch")
    for values in BRANCHES:
        fallback = {field: values[f"{field}_az"] for field in ("name", "city", "address")}
        branch.objects.create(**{**fallback, **values})


class Migration(migrations.Migration):
    dependencies = [("artisans", "0001_initial")]

    operations = [migrations.RunPython(create_branches, migrations.RunPython.noop)]
