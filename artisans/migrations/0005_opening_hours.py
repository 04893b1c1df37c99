"""Opening hours that can be reckoned with, in place of a text in three languages, which nothing could read."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0004_pickup_can_be_found"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="branch",
            name="opening_hours",
        ),
        migrations.RemoveField(
            model_name="branch",
            name="opening_hours_az",
        ),
        migrations.RemoveField(
            model_name="branch",
            name="opening_hours_en",
        ),
        migrations.RemoveField(
            model_name="branch",
            name="opening_hours_ru",
        ),
        migrations.AddField(
            model_name="branch",
            name="preparation_days",
            field=models.PositiveSmallIntegerField(
                default=2,
                help_text="Working days from the order to packed pieces, for what lies on the shelf.",
                verbose_name="days to prepare an order",
            ),
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Monday"),
                            (2, "Tuesday"),
                            (3, "Wednesday"),
                            (4, "Thursday"),
                            (5, "Friday"),
                            (6, "Saturday"),
                            (7, "Sunday"),
                        ],
                        verbose_name="day",
                    ),
                ),
                ("opens", models.TimeField(verbose_name="opens")),
                ("closes", models.TimeField(verbose_name="closes")),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="artisans.branch",
                        verbose_name="branch",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening hours",
                "verbose_name_plural": "opening hours",
                "ordering": ["weekday", "opens"],
                "constraints": [
                    models.UniqueConstraint(fields=("branch", "weekday", "opens"), name="artisans_openinghours_once"),
                    models.CheckConstraint(
                        condition=models.Q(("closes__gt", models.F("opens"))),
                        name="artisans_openinghours_in_order",
                        violation_error_message="A branch closes after it opens.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weekday__range", (1, 7))), name="artisans_openinghours_weekday"
                    ),
                ],
            },
        ),
    ]
