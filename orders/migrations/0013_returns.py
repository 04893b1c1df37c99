"""Pieces that come back; a line of an order knows whether it may, and how much of it is on its way back."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def mark_food(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was sold before this is kept as it was promised then."""
    apps.get_model("orders", "LineItem").objects.filter(kind="food").update(no_return="food")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_personalised"),
        ("orders", "0012_fulfilment_by_branch"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Return",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("changed_mind", "I have changed my mind"),
                            ("damaged", "It came damaged"),
                            ("not_as_described", "It is not as described"),
                            ("wrong_piece", "Another piece came"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("text", models.TextField(blank=True, max_length=1000, verbose_name="what the buyer writes")),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="asked for")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted")),
                ("refused_at", models.DateTimeField(blank=True, null=True, verbose_name="refused")),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer to the buyer")),
                ("received_at", models.DateTimeField(blank=True, null=True, verbose_name="received")),
            ],
            options={
                "verbose_name": "return",
                "verbose_name_plural": "returns",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ReturnLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveSmallIntegerField(verbose_name="quantity")),
                ("restocked_quantity", models.PositiveSmallIntegerField(default=0, verbose_name="back in stock")),
            ],
            options={
                "verbose_name": "line of a return",
                "verbose_name_plural": "lines of a return",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="lineitem",
            name="asked_back_quantity",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="in returns"),
        ),
        migrations.AddField(
            model_name="lineitem",
            name="no_return",
            field=models.CharField(
                blank=True,
                choices=[("food", "food"), ("personalised", "made for one buyer alone")],
                max_length=20,
                verbose_name="why it is not taken back",
            ),
        ),
        migrations.RunPython(mark_food, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "asked_back_quantity__lte",
                        models.F("quantity") - models.F("refunded_quantity"),
                    )
                ),
                name="orders_lineitem_asked_back_within_sold",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="orders.order",
                verbose_name="order",
            ),
        ),
        migrations.AddField(
            model_name="return",
            name="refund",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="return_refunded",
                to="orders.refund",
                verbose_name="refund",
            ),
        ),
        migrations.AddField(
            model_name="returnline",
            name="line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="return_lines",
                to="orders.lineitem",
                verbose_name="line item",
            ),
        ),
        migrations.AddField(
            model_name="returnline",
            name="returned",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.return",
                verbose_name="return",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refused_at__isnull", True),
                    models.Q(("received_at__isnull", True), ("refund__isnull", True)),
                    _connector="OR",
                ),
                name="orders_return_refused_or_taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accepted_at__isnull", False),
                    models.Q(("received_at__isnull", True), ("refund__isnull", True)),
                    _connector="OR",
                ),
                name="orders_return_accepted_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refused_at__isnull", True), models.Q(("answer", ""), _negated=True), _connector="OR"
                ),
                name="orders_return_refused_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.UniqueConstraint(fields=("returned", "line"), name="orders_returnline_once"),
        ),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="orders_returnline_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="returnline",
            constraint=models.CheckConstraint(
                condition=models.Q(("restocked_quantity__lte", models.F("quantity"))),
                name="orders_returnline_restocked_within_returned",
            ),
        ),
    ]
