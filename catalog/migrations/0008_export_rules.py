"""Crafts have their customs code, and pieces the number of their permit to leave the country."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0005_opening_hours"),
        ("catalog", "0007_personalised"),
    ]

    operations = [
        migrations.AddField(
            model_name="craft",
            name="hs_code",
            field=models.CharField(
                blank=True,
                help_text="Six to ten digits of the customs tariff, such as 570110 for knotted woollen carpets. It is printed on the customs declaration of a parcel that goes abroad.",
                max_length=10,
                validators=[
                    django.core.validators.RegexValidator("\\A[0-9]{6,10}\\Z", "A customs code has six to ten digits.")
                ],
                verbose_name="customs code (HS)",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="export_permit",
            field=models.CharField(
                blank=True,
                help_text="Of the Ministry of Culture, for carpets, pottery and works of art. With the number the piece is offered abroad, without it it stays in the country. Put the permit itself into the parcel.",
                max_length=60,
                verbose_name="number of the export permit",
            ),
        ),
        migrations.AlterField(
            model_name="craft",
            name="needs_export_permit",
            field=models.BooleanField(
                default=False,
                help_text="Carpets, pottery and works of art may be posted abroad only with the Ministry of Culture's permit. A piece that has one is sent abroad once the permit's number is entered with the piece.",
                verbose_name="needs a permit to leave the country",
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="is_fragile",
            field=models.BooleanField(
                default=False,
                help_text="It is packed with special care; delivery methods may ask a surcharge for that.",
                verbose_name="fragile",
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="weight_g",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Packed for the post. While it is 0 the piece can be picked up only.",
                verbose_name="weight, g",
            ),
        ),
        migrations.AddConstraint(
            model_name="craft",
            constraint=models.CheckConstraint(
                condition=models.Q(("hs_code__regex", "^([0-9]{6,10})?$")), name="catalog_craft_hs_code_digits"
            ),
        ),
    ]
