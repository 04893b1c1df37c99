"""Statements of makers and branches, month by month; rows are only added."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE TRIGGER artisans_statementmonth_kept
BEFORE UPDATE OR DELETE ON artisans_statementmonth
FOR EACH ROW EXECUTE FUNCTION artisans_kept();

CREATE TRIGGER artisans_statement_kept
BEFORE UPDATE OR DELETE ON artisans_statement
FOR EACH ROW EXECUTE FUNCTION artisans_kept();
"""

KEPT_NO_MORE = """
DROP TRIGGER artisans_statement_kept ON artisans_statement;
DROP TRIGGER artisans_statementmonth_kept ON artisans_statementmonth;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0012_pity_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StatementMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(unique=True, verbose_name="month")),
                ("up_to", models.PositiveBigIntegerField(editable=False)),
                ("issued_at", models.DateTimeField(auto_now_add=True, verbose_name="issued")),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="issued by",
                    ),
                ),
            ],
            options={
                "verbose_name": "month of statements",
                "verbose_name_plural": "months of statements",
                "ordering": ["-month"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)), name="artisans_statementmonth_first_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("opening", models.DecimalField(decimal_places=2, max_digits=13, verbose_name="owed before")),
                ("closing", models.DecimalField(decimal_places=2, max_digits=13, verbose_name="owed after")),
                ("content", models.JSONField(verbose_name="content")),
                (
                    "artisan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="artisans.artisan",
                        verbose_name="artisan",
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="artisans.branch",
                        verbose_name="branch",
                    ),
                ),
                (
                    "month",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="artisans.statementmonth",
                        verbose_name="month",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement",
                "verbose_name_plural": "statements",
                "ordering": ["-month__month", "branch", "artisan__code"],
                "default_permissions": ("add", "view"),
                "constraints": [
                    models.UniqueConstraint(fields=("month", "artisan"), name="artisans_statement_once_per_artisan"),
                    models.UniqueConstraint(
                        condition=models.Q(("artisan", None)),
                        fields=("month", "branch"),
                        name="artisans_statement_once_per_branch",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEPT, KEPT_NO_MORE),
    ]
