"""A delivery method may promise a tracking number; an order keeps whether its buyer was promised one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0027_refunds_name_their_delivery")]

    operations = [
        migrations.AddField(
            model_name="deliverymethod",
            name="has_tracking",
            field=models.BooleanField(
                default=False,
                help_text="Tick it where buyers are promised one. No parcel can then be marked as sent without it.",
                verbose_name="with a tracking number",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="has_tracking",
            field=models.BooleanField(default=False, verbose_name="with a tracking number"),
        ),
    ]
