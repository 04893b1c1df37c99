"""What of a refund is delivery stays as it was decided, where something else of it is kept back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0026_mails_of_money")]

    operations = [
        migrations.RemoveConstraint(model_name="refund", name="orders_refund_delivery_within_amount"),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("delivery_amount__gte", 0)), name="orders_refund_delivery_not_negative"
            ),
        ),
    ]
