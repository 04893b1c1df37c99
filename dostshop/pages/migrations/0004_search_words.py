"""The words by which the search leads to an information page, besides its title."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

WORDS = {
    "about": "DOST mərkəz, центр, centre",
    "how-to-buy": "ödəniş, sifariş, kart; оплата, заказ, карта; payment, pay, order, card",
    "delivery": "kuryer, poçt, göndərmə; курьер, почта, отправка; shipping, courier, post",
    "returns": "qaytarmaq, geri qaytarma, dəyişdirmə, pulun qaytarılması; вернуть, обмен; return, refund, exchange",
    "privacy": "şəxsi məlumat, kuki; конфиденциальность, куки; personal data, cookies",
    "contact": "ünvan, telefon, iş saatları, e-poçt; адрес, телефон, часы работы, почта; "
    "address, phone, opening hours, e-mail",
}


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    page = apps.get_model("pages", "Page")
    for slug, words in WORDS.items():
        page.objects.filter(slug=slug).update(search_words=words)


class Migration(migrations.Migration):
    dependencies = [("pages", "0003_delivery_prices")]

    operations = [
        migrations.AddField(
            model_name="page",
            name="search_words",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Words that a visitor may search for, in every language: phone, telefon, телефон",
                max_length=300,
                verbose_name="also found by",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
