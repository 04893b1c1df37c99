"""A return goes to the branch that its mail names, not to any. What staff have written since stays as it is."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STEPS = {
    "az": (
        "2. Əşyanı işlədilməmiş halda, etiketi ilə bizə göndərin və ya istənilən filiala gətirin.",
        "2. Cavabımızda filialın ünvanı yazılır: əşyanı işlədilməmiş halda, etiketi ilə ora göndərin və ya özünüz gətirin.",
    ),
    "ru": (
        "2. Отправьте вещь, не бывшую в употреблении, с этикеткой, или принесите в любой филиал.",
        "2. В ответе мы назовём адрес филиала: отправьте туда вещь, не бывшую в употреблении, с этикеткой, или принесите её сами.",
    ),
    "en": (
        "2. Send the piece back unused, with its label, or bring it to any branch.",
        "2. Our answer names a branch: send the piece there, unused and with its label, or bring it.",
    ),
}


def replace(apps: Apps, *, old: int, new: int) -> None:
    for page in apps.get_model("pages", "Page").objects.filter(slug="returns"):
        for column, language in {"body": "az", "body_az": "az", "body_ru": "ru", "body_en": "en"}.items():
            if text := getattr(page, column):
                setattr(page, column, text.replace(STEPS[language][old], STEPS[language][new]))
        page.save()


def name_one_branch(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=0, new=1)


def name_any_branch(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=1, new=0)


class Migration(migrations.Migration):
    dependencies = [("pages", "0006_ways_to_pay")]

    operations = [migrations.RunPython(name_one_branch, name_any_branch)]
