"""A refund says which units and how much of the delivery go back, and no unit goes back twice."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_provider_events"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveSmallIntegerField(verbose_name="quantity")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=10, verbose_name="amount")),
            ],
            options={
                "verbose_name": "line of a refund",
                "verbose_name_plural": "lines of a refund",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="lineitem",
            name="refunded_quantity",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="refunded"),
        ),
        migrations.AddField(
            model_name="lineitem",
            name="restocked_quantity",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="back in stock"),
        ),
        migrations.AddField(
            model_name="order",
            name="delivery_refunded",
            field=models.DecimalField(
                decimal_places=2, default=Decimal("0.00"), max_digits=8, verbose_name="delivery refunded"
            ),
        ),
        migrations.AddField(
            model_name="refund",
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
            model_name="refund",
            name="delivery_amount",
            field=models.DecimalField(
                decimal_places=2, default=Decimal("0.00"), max_digits=8, verbose_name="of it delivery"
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="failed_references",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255), blank=True, default=list, editable=False
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="failed_tries",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="refund",
            name="note",
            field=models.CharField(blank=True, max_length=250, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "placed"),
                    ("payment_started", "payment begun"),
                    ("payment_failed", "payment failed"),
                    ("paid", "paid"),
                    ("ready", "ready for pickup"),
                    ("handed_over", "handed over"),
                    ("completed", "completed"),
                    ("cancelled", "cancelled"),
                    ("expired", "expired"),
                    ("paid_too_late", "paid when the piece was gone"),
                    ("refund_decided", "refund decided"),
                    ("refunded", "refunded"),
                    ("refund_failed", "refund failed"),
                    ("restocked", "back in stock"),
                    ("wrong_amount", "another amount was paid"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="reason",
            field=models.CharField(
                choices=[
                    ("cancelled", "order cancelled"),
                    ("returned", "returned"),
                    ("faulty", "damaged or not as described"),
                    ("not_available", "cannot be delivered"),
                    ("goodwill", "goodwill"),
                    ("piece_gone", "paid when the piece was gone"),
                    ("paid_twice", "paid twice"),
                    ("wrong_amount", "another amount was paid"),
                    ("at_provider", "made at the payment provider"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_quantity__lte", models.F("quantity"))),
                name="orders_lineitem_refunded_within_sold",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("restocked_quantity__lte", models.F("quantity"))),
                name="orders_lineitem_restocked_within_sold",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delivery_refunded__gte", 0), ("delivery_refunded__lte", models.F("delivery_total"))
                ),
                name="orders_order_delivery_refunded_within_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("delivery_amount__gte", 0), ("delivery_amount__lte", models.F("amount"))),
                name="orders_refund_delivery_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_at__isnull", True), ("failure", ""), _connector="OR"),
                name="orders_refund_done_or_failed",
            ),
        ),
        migrations.AddField(
            model_name="refundline",
            name="line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_lines",
                to="orders.lineitem",
                verbose_name="line item",
            ),
        ),
        migrations.AddField(
            model_name="refundline",
            name="refund",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.refund",
                verbose_name="refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.UniqueConstraint(fields=("refund", "line"), name="orders_refundline_once"),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="orders_refundline_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="orders_refundline_amount_positive"
            ),
        ),
    ]
