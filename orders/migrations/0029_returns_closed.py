"""Returns that were received and end without money; what was packed for nobody is put back in its place."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0028_tracking_promised"),
    ]

    operations = [
        migrations.AddField(
            model_name="return",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="closed without money"),
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
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at__isnull", True),
                    models.Q(
                        ("received_at__isnull", False),
                        ("refund__isnull", True),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="orders_return_closed_with_reason",
            ),
        ),
    ]
