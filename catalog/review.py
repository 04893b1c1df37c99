"""What waits for somebody at the Centre to look at: consents, faces, words. Nothing is written here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.utils import timezone

from artisans import dignity
from artisans.models import (
    FULL_AGE,
    Artisan,
    ArtisanPhoto,
    ArtisanPrivate,
    Channel,
    Consent,
    ConsentForm,
    Scope,
    Withdrawal,
)
from catalog.models import Photo, Product, ProductMaker

# A product's texts, in which words of pity are looked for.
TEXTS = ("name", "description", "materials", "technique", "care")
STORIES = ("story", "affiliation")
MOST_SHOWN = 50
# For so long nobody is asked again who said no.
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Queue[Row]:
    """The first rows of a queue, and how many there are in all."""

    rows: list[Row]
    count: int

    @classmethod
    def of(cls, rows: list[Row]) -> "Queue[Row]":
        """Where all of them had to be looked at."""
        return cls(rows[:MOST_SHOWN], len(rows))


@dataclass(frozen=True)
class Branches:
    """Whose rows are looked at: of these branches, or of all of them."""

    keys: Collection[int] | None

    def of(self, rows: QuerySet[Any], lookup: str = "branch") -> QuerySet[Any]:
        return rows if self.keys is None else rows.filter(**{f"{lookup}__in": self.keys})


def ending(branches: Branches) -> Queue[Consent]:
    """Consents over within 60 days, the next one first."""
    rows = Consent.objects.ending().select_related("artisan").order_by("valid_until", "artisan_id", "pk")
    return _queue(branches.of(rows, "artisan__branch"))


def silent(branches: Branches) -> Queue[Artisan]:
    """Makers of pieces in the shop of whom no consent is in force, and who took none back within a year."""
    of_maker = Consent.objects.filter(artisan=OuterRef("pk"))
    said_no = Withdrawal.objects.filter(artisan=OuterRef("pk"), withdrawn_at__gt=timezone.now() - YEAR)
    answered = Exists(of_maker.live()) | Exists(said_no)
    return _queue(branches.of(_in_the_shop().exclude(answered).exclude(_came_of_age())))


def of_unknown_age(branches: Branches) -> Queue[Artisan]:
    """Makers of pieces in the shop who are taken for minors because nobody wrote down when they were born."""
    known = ArtisanPrivate.objects.filter(artisan=OuterRef("pk"), birth_date__isnull=False)
    return _queue(branches.of(_in_the_shop().exclude(Exists(known))))


def grown_up(branches: Branches) -> Queue[Artisan]:
    """Makers whose consents, given while they were minors, lapsed at 18: to be asked again, by themselves."""
    return _queue(branches.of(Artisan.objects.filter(_came_of_age())))


def rewritten(branches: Branches) -> Queue[Artisan]:
    """Makers whose story is another one than they agreed to show."""
    agreed = Consent.objects.live().filter(artisan=OuterRef("pk"), scope=Scope.STORY)
    to_this = agreed.filter(form__recorded_at__gte=OuterRef("story_changed_at"))
    return _queue(branches.of(Artisan.objects.filter(Exists(agreed), ~Exists(to_this), story_changed_at__isnull=False)))


def unscanned(branches: Branches) -> Queue[ConsentForm]:
    """Forms with a consent in force and no scan of what was signed, the newest first."""
    same = {"artisan": OuterRef("artisan"), "scope": OuterRef("scope"), "channel": OuterRef("channel")}
    scanned = Consent.objects.live().filter(**same).exclude(form__document="")
    in_force = Consent.objects.live().filter(~Exists(scanned), form=OuterRef("pk"))
    rows = ConsentForm.objects.filter(Exists(in_force), document="").select_related("artisan")
    return _queue(branches.of(rows, "artisan__branch"))


def faces(branches: Branches) -> Queue[Photo]:
    """Photos with a person who has not agreed to be shown by face."""
    rows = Photo.objects.lacking_consent().exclude(product__state=Product.State.ARCHIVED)
    return _queue(branches.of(rows.select_related("product"), "product__branch"))


def portraits(branches: Branches) -> Queue[ArtisanPhoto]:
    """Makers' pictures that no page shows, because the maker has not agreed to be shown by face."""
    rows = unshown_portraits().select_related("artisan").order_by("artisan__code")
    return _queue(branches.of(rows, "artisan__branch"))


def unshown_portraits() -> QuerySet[ArtisanPhoto]:
    agreed = Consent.objects.live().filter(artisan=OuterRef("artisan"), scope=Scope.FACE, channel=Channel.SITE)
    return ArtisanPhoto.objects.exclude(Exists(agreed))


def pitying_products(branches: Branches, patterns: dict[str, dignity.Pattern]) -> Queue[Product]:
    rows = Product.objects.exclude(state=Product.State.ARCHIVED)
    return _queue(branches.of(_pitying(rows, TEXTS, patterns)))


def pitying_makers(branches: Branches, patterns: dict[str, dignity.Pattern]) -> Queue[Artisan]:
    return _queue(branches.of(_pitying(Artisan.objects.all(), STORIES, patterns)))


def words_in(row: Product | Artisan, patterns: dict[str, dignity.Pattern]) -> list[str]:
    return dignity.found_in(row, fields=TEXTS if isinstance(row, Product) else STORIES, by_language=patterns)


def _in_the_shop() -> QuerySet[Artisan]:
    made = ProductMaker.objects.filter(product__state=Product.State.PUBLISHED, artisan=OuterRef("pk"))
    return Artisan.objects.filter(Exists(made))


def _came_of_age() -> Q:
    of_maker = {"artisan": OuterRef("pk")}
    given = Consent.objects.filter(withdrawn_at=None, **of_maker)
    born = ArtisanPrivate.objects.filter(birth_date__lte=_eighteen_years_ago(), **of_maker)
    return Q(Exists(given.filter(of_minor=True)), Exists(born)) & ~Q(Exists(given.filter(of_minor=False)))


def _eighteen_years_ago() -> date:
    today = timezone.localdate()
    if (today.month, today.day) == (2, 29):
        # Who was born on the first of March is not of age yet.
        return date(today.year - FULL_AGE, 2, 28)
    if (today.month, today.day) == (2, 28):
        # As PostgreSQL reckons it: who was born on the 29th comes of age today.
        return date(today.year - FULL_AGE, 3, 1) - timedelta(days=1)
    return today.replace(year=today.year - FULL_AGE)


def _pitying(rows: QuerySet[Any], fields: tuple[str, ...], patterns: dict[str, dignity.Pattern]) -> QuerySet[Any]:
    wanted = Q(pk__in=[])
    for language, pattern in patterns.items():
        columns = [F(f"{field}_{language}") for field in fields]
        text = Func(Value(" "), *columns, function="concat_ws", output_field=TextField())
        folded = Func(text, function="fold", output_field=TextField())
        rows = rows.alias(**{f"written_{language}": text, f"folded_{language}": folded})
        # In this order: of most texts nothing is folded.
        wanted |= Q(**{f"written_{language}__regex": pattern.written}) & Q(
            **{f"folded_{language}__regex": pattern.folded}
        )
    return rows.filter(wanted)


def _queue[Row: Any](rows: "QuerySet[Row]") -> Queue[Row]:
    shown = list(rows[: MOST_SHOWN + 1])
    count = len(shown) if len(shown) <= MOST_SHOWN else rows.count()
    return Queue(shown[:MOST_SHOWN], count)
