"""Why a payment or a refund failed: a code, whose words are the reader's, and beside it what the provider said."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Q


def name(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    payments = apps.get_model("orders", "Payment").objects.exclude(failure="")
    payments.filter(failure="another amount was paid").update(failure="wrong_amount")
    payments.exclude(failure="wrong_amount").update(failure_detail=F("failure"), failure="refused")
    refunds = apps.get_model("orders", "Refund").objects.exclude(failure="")
    refunds.filter(failure="the provider could not send the money back").update(failure="came_back")
    refunds.filter(failure__contains="see ").update(failure_detail=F("failure"), failure="unknown")
    is_named = Q(failure__in=["came_back", "unknown"])
    refunds.exclude(is_named).update(failure_detail=F("failure"), failure="refused")


def put_back(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    for model in ("Payment", "Refund"):
        apps.get_model("orders", model).objects.exclude(failure_detail="").update(failure=F("failure_detail"))


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0021_customs"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="failure_detail",
            field=models.CharField(blank=True, max_length=250, verbose_name="what the provider said"),
        ),
        migrations.AddField(
            model_name="refund",
            name="failure_detail",
            field=models.CharField(blank=True, max_length=250, verbose_name="what the provider said"),
        ),
        migrations.AddField(
            model_name="refund",
            name="is_by_hand",
            field=models.BooleanField(default=False, editable=False, verbose_name="by hand"),
        ),
        migrations.RunPython(name, put_back),
        migrations.AlterField(
            model_name="payment",
            name="failure",
            field=models.CharField(
                blank=True,
                choices=[("refused", "refused by the payment provider"), ("wrong_amount", "another amount was paid")],
                max_length=20,
                verbose_name="why it failed",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="failure",
            field=models.CharField(
                blank=True,
                choices=[
                    ("refused", "refused by the payment provider"),
                    ("came_back", "the payment provider could not send the money"),
                    ("unknown", "no answer: look at the payment provider whether the money went"),
                ],
                max_length=20,
                verbose_name="why it failed",
            ),
        ),
    ]
