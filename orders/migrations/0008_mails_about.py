"""An order can have several mails of a kind, each about another refund."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_refund_lines")]

    operations = [
        migrations.RemoveConstraint(
            model_name="ordermail",
            name="orders_ordermail_once",
        ),
        migrations.AddField(
            model_name="ordermail",
            name="about",
            field=models.CharField(blank=True, max_length=40, verbose_name="about"),
        ),
        migrations.AlterField(
            model_name="ordermail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("received", "order received"),
                    ("paid", "payment received"),
                    ("ready", "ready for pickup"),
                    ("cancelled", "order cancelled"),
                    ("expired", "order expired"),
                    ("paid_too_late", "refunded: the piece was gone"),
                    ("refunded", "money given back"),
                ],
                max_length=20,
                verbose_name="mail",
            ),
        ),
        migrations.AddConstraint(
            model_name="ordermail",
            constraint=models.UniqueConstraint(fields=("order", "kind", "about"), name="orders_ordermail_once"),
        ),
    ]
