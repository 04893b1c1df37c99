"""Orders are picked up where a street address and a phone are known: the shop opens without either, staff fill them in."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

# What stood in the address until now: the town, which is in a field of its own.
TOWNS = {
    "address": ("Bakı şəhəri", "AZ3100 İsmayıllı", "AZ0900 Bərdə"),
    "address_az": ("Bakı şəhəri", "AZ3100 İsmayıllı", "AZ0900 Bərdə"),
    "address_ru": ("город Баку", "AZ3100 Исмаиллы", "AZ0900 Барда"),
    "address_en": ("Baku", "AZ3100 İsmayıllı", "AZ0900 Bərdə"),
}


def leave_out_what_is_unknown(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    branches = apps.get_model("artisans", "Branch").objects
    for column, towns in TOWNS.items():
        branches.filter(**{f"{column}__in": towns}).update(**{column: ""})
    branches.filter(Q(address_az="") | Q(address_az=None) | Q(phone="")).update(offers_pickup=False)


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0003_focus_labels"),
    ]

    operations = [
        migrations.AlterField(
            model_name="branch",
            name="address",
            field=models.CharField(
                blank=True,
                help_text="Street, house, post code and town.",
                max_length=200,
                verbose_name="street address",
            ),
        ),
        migrations.AlterField(
            model_name="branch",
            name="address_az",
            field=models.CharField(
                blank=True,
                help_text="Street, house, post code and town.",
                max_length=200,
                null=True,
                verbose_name="street address",
            ),
        ),
        migrations.AlterField(
            model_name="branch",
            name="address_en",
            field=models.CharField(
                blank=True,
                help_text="Street, house, post code and town.",
                max_length=200,
                null=True,
                verbose_name="street address",
            ),
        ),
        migrations.AlterField(
            model_name="branch",
            name="address_ru",
            field=models.CharField(
                blank=True,
                help_text="Street, house, post code and town.",
                max_length=200,
                null=True,
                verbose_name="street address",
            ),
        ),
        migrations.AlterField(
            model_name="branch",
            name="offers_pickup",
            field=models.BooleanField(
                default=False,
                help_text="Shoppers need the street address and a phone to find their way.",
                verbose_name="orders can be picked up here",
            ),
        ),
        migrations.RunPython(leave_out_what_is_unknown, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="branch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("offers_pickup", False),
                    models.Q(
                        ("address_az__isnull", False),
                        models.Q(("address_az", ""), _negated=True),
                        models.Q(("phone", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="artisans_branch_pickup_can_be_found",
            ),
        ),
    ]
