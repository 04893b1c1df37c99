"""One reason more for a refund: another piece came than the one that was ordered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0031_money_asked_about_again")]

    operations = [
        migrations.AlterField(
            model_name="refund",
            name="reason",
            field=models.CharField(
                choices=[
                    ("cancelled", "order cancelled"),
                    ("returned", "returned"),
                    ("faulty", "damaged or not as described"),
                    ("wrong_piece", "another piece came"),
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
    ]
