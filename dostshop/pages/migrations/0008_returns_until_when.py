"""Until when a return is sent, who pays for the post, and how a picture comes. What staff have written since stays."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TEXTS = {
    "az": [
        (
            "etiketi ilə ora göndərin və ya özünüz gətirin.",
            (
                "etiketi ilə ora göndərin və ya özünüz gətirin. Bunun üçün cavabımızdan sonra 14 gününüz var. Fikrinizi "
                "dəyişmisinizsə, poçt xərcini siz ödəyirsiniz."
            ),
        ),
        (
            "[Şəklini göndərin](/info/contact/), göndərmə xərcini də biz ödəyirik.",
            (
                "Qaytarmağı sifarişin səhifəsində seçin və ya [bizə yazın](/info/contact/); şəklini məktubumuza cavab "
                "olaraq göndərə bilərsiniz. Poçt xərcini biz ödəyirik."
            ),
        ),
    ],
    "ru": [
        (
            "с этикеткой, или принесите её сами.",
            (
                "с этикеткой, или принесите её сами. На это у вас есть 14 дней после нашего ответа. Если вы просто "
                "передумали, пересылку оплачиваете вы."
            ),
        ),
        (
            "[Пришлите снимок](/ru/info/contact/), пересылку оплатим мы.",
            (
                "Попросите о возврате на странице заказа или [напишите нам](/ru/info/contact/); снимок можно прислать в "
                "ответ на наше письмо. Пересылку оплатим мы."
            ),
        ),
    ],
    "en": [
        (
            "unused and with its label, or bring it.",
            (
                "unused and with its label, or bring it. You have 14 days for that after our answer. If you have changed "
                "your mind, you pay for the post."
            ),
        ),
        (
            "[Send us a picture](/en/info/contact/), and we pay for the post.",
            (
                "Ask for the return on the order's page or [write to us](/en/info/contact/); a picture can come as an "
                "answer to our mail. We pay for the post."
            ),
        ),
    ],
}


def replace(apps: Apps, *, old: int, new: int) -> None:
    for page in apps.get_model("pages", "Page").objects.filter(slug="returns"):
        for column, language in {"body": "az", "body_az": "az", "body_ru": "ru", "body_en": "en"}.items():
            text = getattr(page, column) or ""
            for texts in TEXTS[language]:
                text = text.replace(texts[old], texts[new])
            if text:
                setattr(page, column, text)
        page.save()


def say(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=0, new=1)


def say_no_more(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    replace(apps, old=1, new=0)


class Migration(migrations.Migration):
    dependencies = [("pages", "0007_returns_to_one_branch")]

    operations = [migrations.RunPython(say, say_no_more)]
