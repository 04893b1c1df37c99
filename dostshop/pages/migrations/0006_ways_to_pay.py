"""“How to buy” names the third way to pay, and how long the pieces are kept. What staff have written since stays."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TWO_WAYS = {
    "az": "- **Filialda.** Əşyanı 3 gün sizin üçün saxlayırıq, gələndə ödəyirsiniz.",
    "ru": "- **В филиале.** Мы держим вещь для вас 3 дня, вы платите, когда приходите.",
    "en": "- **At the branch.** We keep the piece for you for 3 days, and you pay when you come.",
}
THREE_WAYS = {
    "az": """- **Bank köçürməsi ilə.** Pulu beş iş günü ərzində bankınızdan köçürürsünüz; çatanda sifarişi hazırlayırıq.
- **Filialda, götürəndə.** Əşya hazır olanda yazırıq və üç iş günü sizin üçün saxlayırıq.

Sifarişinizə hansı yolların uyğun olduğunu rəsmiləşdirəndə görürsünüz.""",
    "ru": """- **Банковским переводом.** Вы переводите деньги из своего банка в течение пяти рабочих дней; потом мы собираем заказ.
- **В филиале, при получении.** Когда вещь готова, мы пишем вам и держим её три рабочих дня.

Какие способы подходят вашему заказу, вы видите при оформлении.""",
    "en": """- **By bank transfer.** You send the money from your bank within five working days; then we prepare the order.
- **At the branch, on pickup.** We write to you when the piece is ready and keep it for three working days.

The checkout shows which of these your order can be paid by.""",
}


def replace(apps: Apps, *, old: dict[str, str], new: dict[str, str]) -> None:
    for page in apps.get_model("pages", "Page").objects.filter(slug="how-to-buy"):
        for column, language in {"body": "az", "body_az": "az", "body_ru": "ru", "body_en": "en"}.items():
            if text := getattr(page, column):
                setattr(page, column, text.replace(old[language], new[language]))
        page.save()


def name_three_ways(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=TWO_WAYS, new=THREE_WAYS)


def name_two_ways(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=THREE_WAYS, new=TWO_WAYS)


class Migration(migrations.Migration):
    dependencies = [("pages", "0005_returns_on_the_order_page")]

    operations = [migrations.RunPython(name_three_ways, name_two_ways)]
