"""Mails to whoever sent a piece for review, and in which language somebody took a step."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0016_parts_of_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="productevent",
            name="language",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=2),
        ),
        migrations.CreateModel(
            name="ReviewMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("begun_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("changes_asked", "changes asked"),
                            ("approved", "approved"),
                            ("scheduled", "to be published"),
                            ("published", "published"),
                            ("waiting", "what waits for review"),
                        ],
                        max_length=20,
                    ),
                ),
                ("day", models.DateField(null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="catalog.productevent",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("recipient", "kind", "step", "day"),
                        name="catalog_reviewmail_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("day__isnull", False), ("kind", "waiting"), ("step", None)),
                            models.Q(
                                models.Q(("kind", "waiting"), _negated=True), ("day", None), ("step__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="catalog_reviewmail_about_step_or_day",
                    ),
                ],
            },
        ),
    ]
