"""What the shop keeps of words of thanks, on the page about privacy. What staff have written since stays."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The line of the account, and the one that follows it.
TEXTS = {
    "az": (
        ("- **Hesab, əgər açmısınızsa:** e-poçt və parolun şifrələnmiş izi. Sifarişlərinizi bir yerdə görmək üçün.\n"),
        (
            "- **Sənətkara yazdığınız sözlər, əgər yazmısınızsa:** sözlərin özü, əl işi və sifarişin kodu. Sənətkara "
            "adınız olmadan çatdırılır, onun səhifəsində isə yalnız siz icazə vermisinizsə görünür. Sifarişin "
            "səhifəsində istənilən vaxt geri götürə bilərsiniz.\n"
        ),
    ),
    "ru": (
        (
            "- **Учётная запись, если вы её завели:** почта и зашифрованный след пароля. Чтобы видеть свои заказы в "
            "одном месте.\n"
        ),
        (
            "- **Слова мастеру, если вы их написали:** сам текст, вещь и код заказа. Мастеру мы передаём их без вашего "
            "имени, на его странице они стоят, только если вы разрешили. Их можно забрать назад на странице заказа.\n"
        ),
    ),
    "en": (
        (
            "- **An account, if you open one:** your e-mail and an encrypted trace of the password. To show your "
            "orders in one place.\n"
        ),
        (
            "- **Words to a maker, if you write any:** the words, the piece and the order's code. They go to the maker "
            "without your name, and stand on the maker's page only if you allow it. You can take them back on the "
            "order's page.\n"
        ),
    ),
}


def say(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(apps, lambda text, line, more: text.replace(line, line + more))


def say_no_more(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(apps, lambda text, line, more: text.replace(more, ""))


def _replace(apps: Apps, change: Callable[[str, str, str], str]) -> None:
    for page in apps.get_model("pages", "Page").objects.filter(slug="privacy"):
        for column, language in {"body": "az", "body_az": "az", "body_ru": "ru", "body_en": "en"}.items():
            if text := getattr(page, column):
                setattr(page, column, change(text, *TEXTS[language]))
        page.save()


class Migration(migrations.Migration):
    dependencies = [("pages", "0008_returns_until_when")]

    operations = [migrations.RunPython(say, say_no_more)]
