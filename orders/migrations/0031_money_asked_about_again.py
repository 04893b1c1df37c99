"""A sum that did not come, what came beyond the price, what a bank took back, and closed payments to ask about again."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F
from django.utils import timezone


def ask_about_what_is_closed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Of the last weeks, as the reconciler asks from now on."""
    closed = apps.get_model("orders", "Payment").objects.filter(
        status="expired", captured_amount=0, created_at__gte=timezone.now() - timedelta(days=30)
    )
    closed.exclude(provider_reference="").update(ask_after=F("expires_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0030_refunds_tell_their_buyer"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="ask_after",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(ask_about_what_is_closed, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="orderevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "placed"),
                    ("payment_started", "payment begun"),
                    ("payment_failed", "payment failed"),
                    ("paid", "paid"),
                    ("ready", "packed"),
                    ("arrived", "arrived at the pickup branch"),
                    ("put_back", "unpacked, and put back in its place"),
                    ("shipped", "sent"),
                    ("handed_over", "handed over"),
                    ("number_corrected", "tracking number corrected"),
                    ("delivered", "received by the buyer"),
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
                    ("sum_taken_back", "the sum that was typed did not come"),
                    ("disputed", "payment disputed at the buyer's bank"),
                    ("dispute_closed", "dispute ended"),
                    ("return_asked", "return asked for"),
                    ("return_accepted", "return accepted"),
                    ("return_refused", "return refused"),
                    ("return_received", "returned pieces received"),
                    ("return_closed", "return closed without money"),
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
                    ("number_corrected", "tracking number corrected"),
                    ("unclaimed", "still waits to be picked up"),
                    ("handed_over", "handed over"),
                    ("cancelled", "order cancelled"),
                    ("expired", "order expired"),
                    ("paid_too_late", "refunded: paid too late"),
                    ("refunded", "money given back"),
                    ("came_back", "money given back has not arrived"),
                    ("reminder", "reminder to pay"),
                    ("paid_short", "less than the price came"),
                    ("sum_taken_back", "the part of the price had not come"),
                    ("return_asked", "return asked for"),
                    ("return_accepted", "return accepted"),
                    ("return_refused", "return refused"),
                    ("return_received", "returned pieces received"),
                    ("return_closed", "return closed without money"),
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
                    ("too_much", "more than the price came"),
                    ("at_provider", "made at the payment provider"),
                    ("at_bank", "taken back by the buyer's bank"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("ask_after__isnull", False)), fields=["ask_after"], name="orders_payment_to_ask"
            ),
        ),
    ]
