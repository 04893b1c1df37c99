"""Payouts that were written down wrong: numbers of documents before and since, and reversals."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0021_story_changed_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PayoutCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old_number", models.CharField(max_length=40, verbose_name="number before")),
                ("new_number", models.CharField(max_length=40, verbose_name="number since")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("mistyped", "the number was mistyped"),
                            ("another_paper", "another paper took the place of this one"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="corrected")),
            ],
            options={
                "verbose_name": "corrected number",
                "verbose_name_plural": "corrected numbers",
                "ordering": ["-pk"],
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="payout",
            name="artisans_payout_paid_has_document",
        ),
        migrations.AddField(
            model_name="payout",
            name="reversal_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("sent_back", "the bank sent the money back"),
                    ("not_handed_over", "the money was not handed over"),
                    ("mistake", "it was written down by mistake"),
                ],
                default="",
                max_length=20,
                verbose_name="why it was reversed",
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="reversed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reversed by",
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="reversed_on",
            field=models.DateField(blank=True, null=True, verbose_name="reversed on"),
        ),
        migrations.AlterField(
            model_name="booking",
            name="kind",
            field=models.CharField(
                choices=[
                    ("payment", "money came"),
                    ("sale", "sale"),
                    ("refund", "refund decided"),
                    ("money_back", "money went back"),
                    ("came_back", "a refund came back"),
                    ("payout", "paid out to a maker"),
                    ("reversal", "payout reversed"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="payout",
            name="state",
            field=models.CharField(
                choices=[
                    ("approved", "approved"),
                    ("paid", "paid"),
                    ("cancelled", "cancelled"),
                    ("reversed", "reversed"),
                ],
                default="approved",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["paid", "reversed"]), _negated=True),
                    models.Q(
                        models.Q(("document_number", ""), _negated=True),
                        ("paid_by__isnull", False),
                        ("paid_on__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="artisans_payout_paid_has_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("state", "reversed"), _negated=True),
                        ("reversal_reason", ""),
                        ("reversed_by", None),
                        ("reversed_on", None),
                    ),
                    models.Q(
                        ("reversed_by__isnull", False),
                        ("reversed_on__isnull", False),
                        ("state", "reversed"),
                        ("reversed_on__gte", models.F("paid_on")),
                        models.Q(("reversal_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="artisans_payout_reversed_says_why",
            ),
        ),
        migrations.AddField(
            model_name="payoutcorrection",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="corrected by",
            ),
        ),
        migrations.AddField(
            model_name="payoutcorrection",
            name="payout",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="artisans.payout",
                verbose_name="payout",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("new_number", ""), _negated=True),
                    models.Q(("new_number", models.F("old_number")), _negated=True),
                ),
                name="artisans_payoutcorrection_changes",
            ),
        ),
    ]
