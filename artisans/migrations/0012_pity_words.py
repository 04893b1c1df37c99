"""The words that staff are warned of, with a first list for each language; it is theirs from then on."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

WORDS = {
    "az": (
        "əlil", "xəstə", "xəstəlik", "yazıq", "zavallı", "bədbəxt", "biçarə", "aciz", "köməksiz", "kimsəsiz", "şikəst",
        "çolaq", "qüsurlu", "geriqalmış", "gerizəkalı", "acınacaqlı", "əziyyət çəkən", "sağlamlıq imkanları məhdud",
        "əlil arabasına məhkum", "taleyin ümidinə", "yetim", "sədəqə", "mərhəmət",
    ),
    "ru": (
        "инвалид", "больной", "болезнь", "несчастный", "бедняга", "бедняжка", "калека", "увечный", "убогий", "жалкий",
        "беспомощный", "обездоленный", "неполноценный", "ущербный", "умственно отсталый", "страдающий",
        "прикованный к коляске", "прикованный к инвалидной коляске", "прикованный к постели",
        "с ограниченными возможностями", "сирота", "милостыня", "жалость",
    ),
    "en": (
        "cripple", "crippled", "handicapped", "invalid", "afflicted", "wheelchair-bound", "confined to a wheelchair",
        "bedridden", "suffers from", "suffering from", "victim of", "poor thing", "unfortunate", "less fortunate",
        "underprivileged", "helpless", "pitiful", "pity", "retarded", "special needs", "the disabled", "the sick",
        "despite her disability", "despite his disability", "in spite of her disability", "in spite of his disability",
        "orphan", "charity case",
    ),
}  # fmt: skip


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    word_model = apps.get_model("artisans", "PityWord")
    word_model.objects.bulk_create(
        word_model(language=language, word=word) for language, words in WORDS.items() for word in words
    )


class Migration(migrations.Migration):
    dependencies = [
        ("artisans", "0011_payouts"),
    ]

    operations = [
        migrations.CreateModel(
            name="PityWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[("az", "Azərbaycanca"), ("ru", "Русский"), ("en", "English")],
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "word",
                    models.CharField(
                        help_text="As a dictionary has it; it is found with its endings too.",
                        max_length=60,
                        verbose_name="word",
                    ),
                ),
            ],
            options={
                "verbose_name": "word of pity",
                "verbose_name_plural": "words of pity",
                "ordering": ["language", "word"],
                "constraints": [models.UniqueConstraint(fields=("language", "word"), name="artisans_pityword_once")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
