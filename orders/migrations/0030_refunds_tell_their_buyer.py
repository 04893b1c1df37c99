"""A refund keeps what its buyer is told of it; what is packed for the post is not ready for pickup."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0029_returns_closed"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="to_buyer",
            field=models.CharField(blank=True, max_length=500, verbose_name="to the buyer"),
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
    ]
