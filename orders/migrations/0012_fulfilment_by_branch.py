"""Promised days, pickup codes, parcels, and what travels from one branch to another."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

from dostshop import codes


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Open orders get what new ones have: a code to say at the counter, and parts that lie where they are fetched."""
    orders = apps.get_model("orders", "Order").objects
    taken: set[str] = set()
    for order in orders.filter(delivery="pickup", status__in=["awaiting_payment", "paid"]):
        while (code := codes.pickup_code()) in taken:
            pass
        taken.add(code)
        orders.filter(pk=order.pk).update(pickup_code=code)
    parts = apps.get_model("orders", "Fulfilment").objects
    parts.filter(order__pickup_branch=F("branch")).update(arrived_at=F("ready_at"))


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_holidays")]

    operations = [
        migrations.AddField(
            model_name="fulfilment",
            name="arrived_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="at the pickup branch"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="carrier",
            field=models.CharField(blank=True, max_length=60, verbose_name="carrier"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="due_on",
            field=models.DateField(blank=True, null=True, verbose_name="due"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="tracking_number",
            field=models.CharField(blank=True, max_length=40, verbose_name="tracking number"),
        ),
        migrations.AddField(
            model_name="order",
            name="pickup_code",
            field=models.CharField(
                blank=True, editable=False, max_length=8, null=True, unique=True, verbose_name="pickup code"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="promised_on",
            field=models.DateField(blank=True, null=True, verbose_name="promised for"),
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
                    ("arrived", "arrived at the pickup branch"),
                    ("shipped", "sent"),
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
            model_name="ordermail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("received", "order received"),
                    ("paid", "payment received"),
                    ("ready", "ready for pickup"),
                    ("shipped", "parcel sent"),
                    ("handed_over", "handed over"),
                    ("cancelled", "order cancelled"),
                    ("expired", "order expired"),
                    ("paid_too_late", "refunded: the piece was gone"),
                    ("refunded", "money given back"),
                ],
                max_length=20,
                verbose_name="mail",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfilment",
            index=models.Index(
                condition=models.Q(("handed_over_at__isnull", True)),
                fields=["branch", "due_on"],
                name="orders_fulfilment_to_do",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
