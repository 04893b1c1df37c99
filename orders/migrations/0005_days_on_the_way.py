"""Days on the way are one at the least, and an order keeps those that its shopper was told."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_bags_outlive_their_users"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="delivery_days_max",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days on the way, at most"),
        ),
        migrations.AddField(
            model_name="order",
            name="delivery_days_min",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days on the way, at least"),
        ),
        migrations.AlterField(
            model_name="deliverymethod",
            name="days_max",
            field=models.PositiveSmallIntegerField(default=5, verbose_name="days on the way, at most"),
        ),
        migrations.AlterField(
            model_name="deliverymethod",
            name="days_min",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="Working days from the day the parcel leaves the branch.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="days on the way, at least",
            ),
        ),
        migrations.RunSQL(
            "UPDATE orders_deliverymethod SET days_min = 1, days_max = greatest(days_max, 1) WHERE days_min = 0",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="deliverymethod",
            constraint=models.CheckConstraint(
                condition=models.Q(("days_min__gte", 1)), name="orders_deliverymethod_days_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivery_days_max__isnull", True), ("delivery_days_min__isnull", True)),
                    models.Q(
                        ("delivery_days_max__gte", models.F("delivery_days_min")),
                        ("delivery_days_max__isnull", False),
                        ("delivery_days_min__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="orders_order_days_in_order",
            ),
        ),
    ]
