"""Taking back consents: what no consent covers any more is removed, wherever it lies.

Promises: one action. In one transaction the consents end, the maker's words, name and pictures go, photos that show the
maker go, the admin's history and the buyers' words of thanks forget the name, and a ``Withdrawal`` tells what was done,
naming nobody. Pages show nothing of it from then on, and no cache keeps a page for longer than a minute. The files
follow by a task, and a tombstone is kept beside them, so that ``apply`` removes it all again after an older backup was
restored.
What stays: the private record, the signed forms, orders, invoices, the ledger and statements, which the law keeps.
Locks: Artisan. Raises: ``NothingToWithdraw``; ``locks.Busy``. Nothing is written then.
After commit: the tombstone is written and the files are deleted, old versions of them too, by a task.
Retry: the task may run any number of times.
"""

import json
import re
import uuid
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from procrastinate.contrib.django import app

from artisans import thanks
from artisans.models import (
    Artisan,
    ArtisanPhoto,
    Channel,
    Consent,
    ConsentForm,
    PublicArtisan,
    Scope,
    Withdrawal,
    digest_of,
)
from catalog import publishing
from catalog.models import Collection as CollectionOfPieces
from catalog.models import Photo, Product
from dostshop.background.retrying import OVER_THE_WEEKEND
from dostshop.locks import outside_transactions, short_transaction
from dostshop.pictures import Picture
from dostshop.translated import columns

TOMBSTONES = "withdrawals"
TEXTS = {
    Scope.NAME: "display_name",
    Scope.STORY: "story",
    Scope.PLACE: "place",
    Scope.AFFILIATION: "affiliation",
}


class NothingToWithdraw(Exception):
    """No consent is in force for that, and nothing of it is kept."""


@dataclass(frozen=True)
class Effects:
    """What goes, and what a person has to look at; numbers and codes, no names."""

    # What no consent covers any more.
    scopes: list[str]
    consents: int = 0
    # The page of the maker is gone, or has another address.
    page: bool = False
    photos: int = 0
    # Codes of products that have no photo left, and leave the shop until they get one.
    taken_back: list[str] = field(default_factory=list)
    # Codes of products, and addresses of collections, whose texts have the name in them.
    mentioned_in: list[str] = field(default_factory=list)
    # Words of buyers that have the name in them.
    thanks: int = 0


def effects(artisan: Artisan, *, scopes: Collection[str], channels: Collection[str] = Channel.values) -> Effects:
    """What ``withdraw`` would do now."""
    ending = _ending(artisan, scopes, channels)
    removed = _uncovered(artisan, ending, scopes)
    photos = _photos_of(artisan) if Scope.FACE in removed else Photo.objects.none()
    return Effects(
        scopes=sorted(removed),
        consents=ending.count(),
        page=_page_changes(artisan, ending),
        photos=photos.count() + ArtisanPhoto.objects.filter(artisan=artisan).count() * (Scope.FACE in removed),
        taken_back=[product.code for product in _left_without_photo(photos)],
        mentioned_in=list(_mentions(artisan)) if Scope.NAME in removed else [],
        thanks=len(thanks.naming(artisan, thanks.shown_names(artisan))) if Scope.NAME in removed else 0,
    )


@short_transaction()
def withdraw(
    artisan_pk: int,
    *,
    scopes: Collection[str] = tuple(Scope.values),
    channels: Collection[str] = tuple(Channel.values),
    actor_pk: int | None = None,
) -> Withdrawal:
    """Ends these consents and removes what they alone covered. Raises NothingToWithdraw."""
    artisan = Artisan.objects.select_for_update(of=("self",), no_key=True).get(pk=artisan_pk)
    found = effects(artisan, scopes=scopes, channels=channels)
    if not found.consents and not found.photos and not _texts(artisan, found.scopes):
        raise NothingToWithdraw
    withdrawal = Withdrawal(
        artisan=artisan,
        scopes=sorted(scopes),
        channels=sorted(channels),
        withdrawn_at=timezone.now(),
        recorded_by_id=actor_pk,
        former_addresses=[digest_of(artisan.slug)] if found.page else [],
        report=asdict(found),
    )
    _remove(artisan, withdrawal, removed=found.scopes)
    return withdrawal


def _remove(artisan: Artisan, withdrawal: Withdrawal, *, removed: Collection[str]) -> None:
    _ending(artisan, withdrawal.scopes, withdrawal.channels).update(withdrawn_at=withdrawal.withdrawn_at)
    if Scope.FACE in removed:
        withdrawal.files = _delete_pictures(artisan)
    _forget_in_history(artisan, _texts(artisan, removed))
    if Scope.NAME in removed:
        thanks.forget(artisan, thanks.shown_names(artisan))
    for scope in set(removed) & TEXTS.keys():
        for column in columns(TEXTS[Scope(scope)]):
            setattr(artisan, column, "")
    if Scope.NAME in removed:
        artisan.slug = artisan.code.lower()
    artisan.save()
    withdrawal.save()
    clear_away.configure(lock=f"withdrawal-{withdrawal.key}").defer(withdrawal_pk=withdrawal.pk)


def _ending(artisan: Artisan, scopes: Collection[str], channels: Collection[str]) -> QuerySet[Consent]:
    """Begun, ended or to begin: taken back is taken back."""
    return artisan.consents.filter(scope__in=scopes, channel__in=channels, withdrawn_at=None)


def _uncovered(artisan: Artisan, ending: QuerySet[Consent], scopes: Collection[str]) -> set[str]:
    """Those of these scopes that no other consent covers, now or later."""
    left = artisan.consents.filter(withdrawn_at=None, valid_until__gte=timezone.localdate())
    return set(scopes) - set(left.exclude(pk__in=ending.values("pk")).values_list("scope", flat=True))


def _page_changes(artisan: Artisan, ending: QuerySet[Consent]) -> bool:
    """Whether the page at the maker's address goes: the name is in the address."""
    is_shown = PublicArtisan.objects.on_site().filter(pk=artisan.pk, slug=artisan.slug).exists()
    return is_shown and ending.filter(scope=Scope.NAME, channel=Channel.SITE).exists()


def _photos_of(artisan: Artisan) -> QuerySet[Photo]:
    return Photo.objects.filter(people=artisan)


def _left_without_photo(going: QuerySet[Photo]) -> list[Product]:
    shown = Product.objects.filter(state=Product.State.PUBLISHED, photos__in=going).distinct()
    return [product for product in shown if not product.photos.exclude(pk__in=going.values("pk")).exists()]


def _delete_pictures(artisan: Artisan) -> list[list[str]]:
    """Deletes the rows; returns the files. A product that has no photo left leaves the shop."""
    photos = _photos_of(artisan)
    portraits = ArtisanPhoto.objects.filter(artisan=artisan)
    files = [file for picture in (*photos, *portraits) for file in _files_of(picture)]
    for product in _left_without_photo(photos):
        publishing.take_back(product.pk)
    photos.delete()
    portraits.delete()
    return files


def _files_of(picture: Picture) -> Iterator[list[str]]:
    yield ["default", str(picture.original.name)]
    yield from (["renditions", rendition["name"]] for rendition in picture.renditions)


def _texts(artisan: Artisan, scopes: Collection[str]) -> set[str]:
    """What is kept of the maker under these scopes, in every language."""
    fields = [TEXTS[Scope(scope)] for scope in scopes if scope in TEXTS]
    return {getattr(artisan, column) or "" for field in fields for column in columns(field)} - {""}


def _mentions(artisan: Artisan) -> Iterator[str]:
    """Where the name stands as a word in texts that others wrote: a person decides what it means there."""
    for name in _texts(artisan, [Scope.NAME]):
        word = rf"\m{re.escape(name)}\M"
        for model, fields, key in (
            (Product, ("name", "description", "technique"), "code"),
            (CollectionOfPieces, ("name", "text"), "slug"),
        ):
            has_it = Q()
            for column in (column for each in fields for column in columns(each)):
                has_it |= Q(**{f"{column}__regex": word})
            yield from model._default_manager.filter(has_it).order_by("pk").values_list(key, flat=True)


def _forget_in_history(artisan: Artisan, texts: Collection[str]) -> None:
    """The admin notes the name of what was changed, and of the parts of it."""
    forms = [str(pk) for pk in artisan.consent_forms.values_list("pk", flat=True)]
    own = Q()
    for model, keys in ((Artisan, [str(artisan.pk)]), (ConsentForm, forms), (ArtisanPhoto, None)):
        kind = ContentType.objects.get_for_model(model)
        own |= Q(content_type=kind) if keys is None else Q(content_type=kind, object_id__in=keys)
    for entry in LogEntry.objects.filter(own | Q(content_type=ContentType.objects.get_for_model(Product))):
        before = (entry.object_repr, entry.change_message)
        for text in texts:
            entry.object_repr = artisan.code if entry.object_repr == text else entry.object_repr
            # As the admin writes a part of a page: in JSON, alone or followed by its share.
            quoted = json.dumps(text)[:-1]
            entry.change_message = re.sub(rf"{re.escape(quoted)}(?=[\" ])", f'"{artisan.code}', entry.change_message)
        if (entry.object_repr, entry.change_message) != before:
            entry.save(update_fields=["object_repr", "change_message"])


@app.task(name="catalog.clear_away", retry=OVER_THE_WEEKEND)
@outside_transactions
def clear_away(withdrawal_pk: int) -> None:
    """Writes the tombstone, then deletes the files."""
    withdrawal = Withdrawal.objects.get(pk=withdrawal_pk)
    name = f"{TOMBSTONES}/{withdrawal.key}.json"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(json.dumps(_as_tombstone(withdrawal)).encode()))
    for alias, file in withdrawal.files:
        erase(storages[alias], file)
    Withdrawal.objects.filter(pk=withdrawal.pk).update(files=[], files_gone_at=timezone.now())


def erase(storage: Storage, name: str) -> None:
    """Deletes the file; in a bucket that keeps versions, every one of them."""
    bucket = getattr(storage, "bucket", None)
    if bucket is None:
        storage.delete(name)
    else:
        bucket.object_versions.filter(Prefix=f"{storage.location}/{name}").delete()  # type: ignore[attr-defined]


def _as_tombstone(withdrawal: Withdrawal) -> dict[str, Any]:
    return {
        "artisan": withdrawal.artisan_id,
        "scopes": withdrawal.scopes,
        "channels": withdrawal.channels,
        "withdrawn_at": withdrawal.withdrawn_at.isoformat(),
        "former_addresses": withdrawal.former_addresses,
        "removed": withdrawal.report["scopes"],
    }


def apply() -> list[Withdrawal]:
    """Removes again what a restored backup brought back. Harmless where nothing was."""
    applied = []
    for name in _tombstones():
        key = uuid.UUID(name.removesuffix(".json"))
        if Withdrawal.objects.filter(key=key).exists():
            continue
        with default_storage.open(f"{TOMBSTONES}/{name}") as file:
            tombstone = json.load(file)
        if withdrawal := _apply_one(key, tombstone):
            applied.append(withdrawal)
    return applied


def _tombstones() -> list[str]:
    try:
        _folders, names = default_storage.listdir(TOMBSTONES)
    except FileNotFoundError:
        return []
    return sorted(names)


@short_transaction()
def _apply_one(key: uuid.UUID, tombstone: dict[str, Any]) -> Withdrawal | None:
    artisans = Artisan.objects.select_for_update(of=("self",), no_key=True)
    artisan = artisans.filter(pk=tombstone["artisan"]).first()
    if artisan is None:
        return None
    withdrawn_at = parse_datetime(tombstone["withdrawn_at"])
    assert isinstance(withdrawn_at, datetime)  # noqa: S101 — written by clear_away
    withdrawal = Withdrawal(
        key=key,
        artisan=artisan,
        scopes=tombstone["scopes"],
        channels=tombstone["channels"],
        withdrawn_at=withdrawn_at,
        former_addresses=tombstone["former_addresses"],
        report=asdict(effects(artisan, scopes=tombstone["scopes"], channels=tombstone["channels"])),
    )
    _remove(artisan, withdrawal, removed=tombstone["removed"])
    return withdrawal
