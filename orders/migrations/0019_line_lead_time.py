"""A line keeps the days of making that it was sold with, and late, doubled and disputed payments have their words."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def copy_lead_times(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What is known of lines that were sold before: as their products are now."""
    variant = apps.get_model("catalog", "Variant").objects.filter(pk=OuterRef("variant"))
    lines = apps.get_model("orders", "LineItem").objects.filter(kind="made_to_order")
    lines.update(lead_time_days=Subquery(variant.values("product__lead_time_days")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_personalised"),
        ("orders", "0018_kept_by_the_database"),
    ]

    operations = [
        migrations.AddField(
            model_name="lineitem",
            name="lead_time_days",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="days to make"),
        ),
        migrations.RunPython(copy_lead_times, migrations.RunPython.noop),
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
                    ("paid_cancelled", "paid after the order was cancelled"),
                    ("paid_twice", "paid once more"),
                    ("paid_and_back", "paid, and given back at the payment provider"),
                    ("refund_decided", "refund decided"),
                    ("refunded", "refunded"),
                    ("refund_failed", "refund failed"),
                    ("refund_tried", "refund tried again"),
                    ("restocked", "back in stock"),
                    ("wrong_amount", "another amount was paid"),
                    ("other_sum", "another sum than the price came, and was not booked"),
                    ("disputed", "payment disputed at the buyer's bank"),
                    ("dispute_closed", "dispute ended"),
                    ("return_asked", "return asked for"),
                    ("return_accepted", "return accepted"),
                    ("return_refused", "return refused"),
                    ("return_received", "returned pieces received"),
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
                    ("paid_too_late", "refunded: paid too late"),
                    ("refunded", "money given back"),
                    ("reminder", "reminder to pay"),
                    ("return_asked", "return asked for"),
                    ("return_accepted", "return accepted"),
                    ("return_refused", "return refused"),
                    ("return_received", "returned pieces received"),
                    ("receipt", "receipt for the VAT refund"),
                ],
                max_length=20,
                verbose_name="mail",
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
                    ("paid_cancelled", "paid after the order was cancelled"),
                    ("paid_twice", "paid twice"),
                    ("wrong_amount", "another amount was paid"),
                    ("at_provider", "made at the payment provider"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
    ]
