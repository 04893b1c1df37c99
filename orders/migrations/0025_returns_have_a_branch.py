"""New steps and mails; no return without its branch, nothing with the buyer without a day to return it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0005_opening_hours"),
        ("orders", "0024_one_branch_for_each_return"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="payment",
            options={
                "ordering": ["pk"],
                "permissions": [("confirm_transfer", "Can say that a bank transfer has come")],
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
            },
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
            model_name="return",
            name="branch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="artisans.branch",
                verbose_name="branch",
            ),
        ),
        migrations.AddConstraint(
            model_name="fulfilment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("handed_over_at__isnull", True),
                        ("received_on__isnull", True),
                        ("returnable_until__isnull", True),
                    ),
                    models.Q(("handed_over_at__isnull", False), ("returnable_until__isnull", False)),
                    _connector="OR",
                ),
                name="orders_fulfilment_returnable_once_gone",
            ),
        ),
    ]
