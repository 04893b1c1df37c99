"""A payment that still waits is spoken of once; returns have events and mails of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_returns")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="remind_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="reminder"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("status__in", ["started", "open"])),
                fields=["remind_at"],
                name="orders_payment_remind",
            ),
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
                    ("paid_too_late", "refunded: the piece was gone"),
                    ("refunded", "money given back"),
                    ("reminder", "reminder to pay"),
                    ("return_asked", "return asked for"),
                    ("return_accepted", "return accepted"),
                    ("return_refused", "return refused"),
                    ("return_received", "returned pieces received"),
                ],
                max_length=20,
                verbose_name="mail",
            ),
        ),
    ]
