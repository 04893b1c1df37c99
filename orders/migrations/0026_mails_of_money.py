"""Two mails more: less than the price came, and money given back has not arrived."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0025_returns_have_a_branch")]

    operations = [
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
                    ("receipt", "receipt for the VAT refund"),
                ],
                max_length=20,
                verbose_name="mail",
            ),
        ),
    ]
