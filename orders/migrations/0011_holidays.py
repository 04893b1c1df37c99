"""Days on which a branch is closed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("artisans", "0005_opening_hours"), ("orders", "0010_vat")]

    operations = [
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("name_az", models.CharField(max_length=100, null=True, verbose_name="name")),
                ("name_ru", models.CharField(max_length=100, null=True, verbose_name="name")),
                ("name_en", models.CharField(max_length=100, null=True, verbose_name="name")),
                ("first_day", models.DateField(verbose_name="first day")),
                (
                    "last_day",
                    models.DateField(
                        help_text="The last day that is closed; often the first one again.", verbose_name="last day"
                    ),
                ),
            ],
            options={
                "verbose_name": "holiday",
                "verbose_name_plural": "holidays",
                "ordering": ["first_day", "pk"],
            },
        ),
        migrations.AddField(
            model_name="holiday",
            name="branch",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty where every branch is closed.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="holidays",
                to="artisans.branch",
                verbose_name="branch",
            ),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="orders_holiday_days_in_order"
            ),
        ),
    ]
