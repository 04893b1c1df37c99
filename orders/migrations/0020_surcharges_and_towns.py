"""A method may ask a surcharge for fragile pieces, and a region may name its towns."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0019_line_lead_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="deliverymethod",
            name="fragile_surcharge",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0.00"),
                help_text="Added to the price for every fragile piece in the parcel. 0 where there is none.",
                max_digits=6,
                validators=[django.core.validators.MinValueValidator(Decimal("0.00"))],
                verbose_name="surcharge for a fragile piece, AZN",
            ),
        ),
        migrations.AddField(
            model_name="deliverymethod",
            name="towns",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                blank=True,
                default=list,
                help_text="For a region of Azerbaijan that has prices of its own: every place that it goes to, with commas between them, in each language and spelling that buyers use. Empty for the rest of the country.",
                verbose_name="towns and villages",
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverymethod",
            constraint=models.CheckConstraint(
                condition=models.Q(("fragile_surcharge__gte", 0)), name="orders_deliverymethod_surcharge_not_negative"
            ),
        ),
    ]
