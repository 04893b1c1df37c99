"""What was changed of a product, when and by whom, field by field; and what of it is forgotten.

Promises: triggers of the database keep a version for each transaction that changed a product, its variants, makers or
photos, whatever wrote it: a page, a bulk change, an import. What is withdrawn is forgotten here too. Texts in which a
withdrawn name stood are kept in no version from then on, for somebody will still have to take it out of the piece.
Locks: none. Raises: nothing. After commit: nothing. Retry: does nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Field, Func, JSONField, Model, Q, TextField
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from artisans import dignity
from artisans.models import Artisan, Branch
from catalog.models import Craft, KeepsNoTexts, Photo, Product, ProductMaker, ProductVersion, Variant
from dostshop import dates, money

type Path = tuple[str, ...]
type Names = Mapping[str, Mapping[int, str]]
PARTS: dict[str, type[Model]] = {"variants": Variant, "makers": ProductMaker, "photos": Photo}


def by(actor_pk: int | None) -> None:
    """Says who is at work until the transaction ends; outside of one it says nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('shop.actor', %s, true)", [str(actor_pk or "")])


@dataclass(frozen=True)
class Difference:
    what: str
    old: str
    new: str


def names() -> Names:
    """Of what columns refer to, by column and key. Two queries."""
    return {"craft_id": _by_key(Craft), "branch_id": _by_key(Branch)}


def _by_key(model: type[Model]) -> dict[int, str]:
    return {row.pk: str(row) for row in model._default_manager.all()}


def differences(old: Mapping[str, Any], new: Mapping[str, Any], *, names: Names) -> list[Difference]:
    """Between the data of two versions, in words."""
    before, after = dict(_flat(old)), dict(_flat(new))
    paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    return [
        Difference(_label(path), _words(path, before.get(path), names), _words(path, after.get(path), names))
        for path in paths
    ]


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for column, value in data.items():
        if column not in PARTS:
            yield (column,), value
            continue
        for key, part in value.items():
            for inner, of_part in part.items():
                yield (column, key, inner), of_part


def _field(path: Path) -> "Field[Any, Any] | None":
    model = PARTS[path[0]] if len(path) > 1 else Product
    of_model = [*model._meta.concrete_fields, *model._meta.many_to_many]
    return next((field for field in of_model if path[-1] in {field.name, field.attname}), None)


def _label(path: Path) -> str:
    field = _field(path)
    name = str(field.verbose_name) if field else path[-1]
    return name if len(path) == 1 else f"{PARTS[path[0]]._meta.verbose_name} {path[1]}: {name}"


def _words(path: Path, value: Any, names: Names) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return _("yes") if value else _("no")
        case list():
            return ", ".join(value)
    return names.get(path[-1], {}).get(value) or _typed(path, value)


def _typed(path: Path, value: Any) -> str:
    field = _field(path)
    if field and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if path[-1] in {"price", "share"}:
        return money.number(Decimal(str(value)))
    moment = parse_datetime(value) if path == ("published_at",) else None
    return dates.day_and_time(moment) if moment else str(value)


def forget_name(names: Collection[str], *, in_pieces: Iterable[str]) -> None:
    """The texts of every product in a version of which one of the names stands, and of those with these codes."""
    named = ProductVersion.objects.none()
    if pattern := dignity.pattern_in_any_language(names) if names else "":
        texts = Func(F("data"), function="catalog_texts_of", output_field=TextField())
        folded = ProductVersion.objects.alias(folded=Func(texts, function="fold", output_field=TextField()))
        named = folded.filter(folded__regex=pattern)
    products = Product.objects.filter(Q(pk__in=named.values("product")) | Q(code__in=list(in_pieces)))
    keys = list(products.values_list("pk", flat=True))
    KeepsNoTexts.objects.bulk_create((KeepsNoTexts(product_id=key) for key in keys), ignore_conflicts=True)
    without = Func(F("data"), function="catalog_without_texts", output_field=JSONField())
    ProductVersion.objects.filter(product__in=keys).update(data=without)


def forget_photos_of(artisan: Artisan) -> None:
    """What was said of every photo that shows the maker."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_productversion SET data = data || jsonb_build_object('photos', COALESCE((
                SELECT jsonb_object_agg(key, value) FROM jsonb_each(data -> 'photos')
                WHERE NOT value -> 'people' @> to_jsonb(%(code)s::text)
            ), '{}'))
            WHERE jsonb_path_exists(
                data, '$.photos.*.people[*] ? (@ == $code)', jsonb_build_object('code', %(code)s::text)
            )
            """,
            {"code": artisan.code},
        )
