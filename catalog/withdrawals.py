"""Taking back consents: what no consent covers any more is removed, wherever it lies.

Promises: one action. In one transaction the consents end, the maker's words, name and pictures go, photos that show the
maker go, the admin's history, the buyers' words of thanks and what staff say of pieces forget the name, voice notes
about the maker's pieces go, and a ``Withdrawal`` tells what was done, naming nobody. Pages show nothing of it from then
on, and no cache keeps a page for longer than a minute. The files follow by a task, those of former pictures too, and a
tombstone is kept beside them, so that ``apply`` removes it all again after an older backup was restored.
What stays: the private record, the signed forms, orders, invoices, the ledger and statements, which the law keeps.
Locks: Artisan, then the pictures, what staff said of pieces, and imports. Raises: ``NothingToWithdraw``;
``OtherThanShown``; ``locks.Busy``. Nothing is written then.
After commit: ``withdraw`` writes the tombstone before it returns; a task does where that failed, which ``StorageAway``
says, and deletes the files, old versions of them too.
Retry: the task may run any number of times.
"""

import json
import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import CharField, F, Func, Model, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.dateparse import parse_datetime
from procrastinate.contrib.django import app

from artisans import dignity, thanks
from artisans.models import (
    Artisan,
    ArtisanPhoto,
    Channel,
    Consent,
    ConsentForm,
    PublicArtisan,
    Scope,
    Thanks,
    Withdrawal,
    digest_of,
)
from catalog import mentions, proposals, publishing, versions
from catalog.models import Photo, Product
from dostshop.accounts import searches
from dostshop.background.retrying import OVER_THE_WEEKEND
from dostshop.erasing import erase_all
from dostshop.exchange import importing
from dostshop.locks import outside_transactions, short_transaction
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


class OtherThanShown(Exception):
    """Somebody decided by what would have happened, and by now something else would."""


class StorageAway(Exception):
    """It is taken back; the tombstone could not be stored yet, and the task of the withdrawal goes on trying."""

    def __init__(self, withdrawal: Withdrawal) -> None:
        super().__init__(withdrawal.key)
        self.withdrawal = withdrawal


@dataclass(frozen=True)
class Effects:
    """What goes, and what a person has to look at; numbers and codes, no names."""

    # What no consent covers any more.
    scopes: list[str]
    consents: int = 0
    # Those of the scopes under which there was anything to remove.
    kept: list[str] = field(default_factory=list)
    # The page of the maker is gone, or has another address.
    page: bool = False
    photos: int = 0
    # Codes of products that have no photo left, and leave the shop until they get one.
    taken_back: list[str] = field(default_factory=list)
    # Codes of products whose photos show somebody of whom nobody wrote down who it is.
    unnamed_faces: list[str] = field(default_factory=list)
    # Codes and addresses of what has the name in its texts; which rows these are, and by what the name is known again.
    mentioned_in: list[str] = field(default_factory=list)
    mentioned_rows: list[str] = field(default_factory=list)
    name_marks: list[list[list[str]]] = field(default_factory=list)
    # Words of buyers that have the name in them.
    thanks: int = 0
    # Words of instructors, and reasons of whoever reviews, that have the name in them.
    notes: int = 0
    voice_notes: int = 0


def effects(
    artisan: Artisan,
    *,
    scopes: Collection[str],
    channels: Collection[str] = tuple(Channel.values),
) -> Effects:
    """What ``withdraw`` would do now."""
    return _effects(artisan, scopes, channels, at=timezone.now(), named_in=_words_that_name(artisan, scopes))


def _effects(
    artisan: Artisan,
    scopes: Collection[str],
    channels: Collection[str],
    *,
    at: datetime,
    named_in: Sequence[Thanks],
) -> Effects:
    ending = _ending(artisan, scopes, channels, at=at)
    removed = _uncovered(artisan, ending, scopes)
    photos = _photos_of(artisan) if Scope.FACE in removed else Photo.objects.none()
    names = thanks.shown_names(artisan) if Scope.NAME in removed else set()
    mentioned = mentions.mentions(artisan, names, removed=removed)
    return Effects(
        scopes=sorted(removed),
        consents=ending.count(),
        kept=sorted(_kept(artisan, removed)),
        page=_page_changes(artisan, ending),
        photos=photos.count() + ArtisanPhoto.objects.filter(artisan=artisan).count() * (Scope.FACE in removed),
        taken_back=[product.code for product in _left_without_photo(photos)],
        unnamed_faces=_unnamed_faces(artisan) if Scope.FACE in removed else [],
        mentioned_in=list(dict.fromkeys(one.known_by for one in mentioned)),
        mentioned_rows=[one.row for one in mentioned],
        name_marks=mentions.marks(artisan, names) if mentioned else [],
        thanks=len(named_in) if Scope.NAME in removed else 0,
        notes=len(proposals.naming(artisan, names)),
        voice_notes=proposals.voice_notes(artisan).count() if _may_be_spoken(removed) else 0,
    )


def _may_be_spoken(removed: Collection[str]) -> bool:
    """Whether a voice note may tell what is taken back: anything but the face."""
    return bool(set(removed) - {Scope.FACE})


def _words_that_name(artisan: Artisan, scopes: Collection[str]) -> list[Thanks]:
    """Buyers' words with the name in them, as they are without it, where it may have to go."""
    return thanks.naming(artisan, thanks.shown_names(artisan)) if Scope.NAME in scopes else []


def seal(artisan: Artisan, found: Effects, *, scopes: Collection[str], channels: Collection[str]) -> str:
    """Stands for these effects of this choice, and for no other."""
    told = json.dumps([artisan.pk, sorted(scopes), sorted(channels), asdict(found)])
    return salted_hmac("catalog.withdrawals", told, algorithm="sha256").hexdigest()


@outside_transactions
def withdraw(
    artisan_pk: int,
    *,
    scopes: Collection[str] = tuple(Scope.values),
    channels: Collection[str] = tuple(Channel.values),
    actor_pk: int | None = None,
    shown: str | None = None,
) -> Withdrawal:
    """Ends these consents and removes what they alone covered.

    ``shown`` is the ``seal`` of what a person saw before deciding.
    Raises NothingToWithdraw, OtherThanShown, StorageAway.
    """
    withdrawal = _withdraw(artisan_pk, scopes, channels, actor_pk, shown)
    try:
        _keep_tombstone(withdrawal)
    except Exception as error:
        # A folder and a bucket fail each in their own ways.
        raise StorageAway(withdrawal) from error
    return withdrawal


@short_transaction()
def _withdraw(
    artisan_pk: int, scopes: Collection[str], channels: Collection[str], actor_pk: int | None, shown: str | None
) -> Withdrawal:
    artisan = Artisan.objects.select_for_update(of=("self",), no_key=True).get(pk=artisan_pk)
    now, named_in = timezone.now(), _words_that_name(artisan, scopes)
    found = _effects(artisan, scopes, channels, at=now, named_in=named_in)
    if not found.consents and not found.kept:
        raise NothingToWithdraw
    if shown is not None and not constant_time_compare(shown, seal(artisan, found, scopes=scopes, channels=channels)):
        raise OtherThanShown
    withdrawal = Withdrawal(
        artisan=artisan,
        scopes=sorted(scopes),
        channels=sorted(channels),
        withdrawn_at=now,
        recorded_by_id=actor_pk,
        former_addresses=_former_addresses(artisan, scopes, channels),
        report=asdict(found),
    )
    _remove(artisan, withdrawal, removed=found.scopes, named_in=named_in)
    return withdrawal


def _remove(artisan: Artisan, withdrawal: Withdrawal, *, removed: Collection[str], named_in: Iterable[Thanks]) -> None:
    at = withdrawal.withdrawn_at
    _ending(artisan, withdrawal.scopes, withdrawal.channels, at=at).update(withdrawn_at=at)
    # By the pictures it is known whose pieces these are, so they go last.
    if {Scope.NAME, Scope.FACE} & set(removed):
        _forget_in_history(artisan)
    if Scope.NAME in removed:
        thanks.forget(artisan, named_in)
        proposals.forget_name(artisan, thanks.shown_names(artisan))
        versions.forget_name(thanks.shown_names(artisan), in_pieces=withdrawal.report["mentioned_in"])
    if _may_be_spoken(removed):
        withdrawal.files += proposals.forget_voice_notes(artisan)
    if Scope.FACE in removed:
        versions.forget_photos_of(artisan)
        withdrawal.files += _delete_pictures(artisan)
    for scope in set(removed) & TEXTS.keys():
        for column in columns(TEXTS[Scope(scope)]):
            setattr(artisan, column, "")
    if Scope.NAME in removed:
        artisan.slug = artisan.code.lower()
    artisan.save()
    withdrawal.save()
    # Tables from before may hold what was taken back, and would bring it in again.
    importing.forget_all()
    clear_away.configure(lock=f"withdrawal-{withdrawal.key}").defer(withdrawal_pk=withdrawal.pk)


def _ending(artisan: Artisan, scopes: Collection[str], channels: Collection[str], *, at: datetime) -> QuerySet[Consent]:
    """Begun, ended or to begin: taken back is taken back. What was signed on a later day is agreed to anew."""
    signed = artisan.consents.filter(form__signed_on__lte=timezone.localdate(at))
    return signed.filter(scope__in=scopes, channel__in=channels, withdrawn_at=None)


def _uncovered(artisan: Artisan, ending: QuerySet[Consent], scopes: Collection[str]) -> set[str]:
    """Those of these scopes that no other consent covers, now or later."""
    left = _not_over(artisan).exclude(pk__in=ending.values("pk"))
    return set(scopes) - set(left.values_list("scope", flat=True))


def _not_over(artisan: Artisan) -> QuerySet[Consent]:
    return artisan.consents.filter(withdrawn_at=None, valid_until__gte=timezone.localdate())


def _page_changes(artisan: Artisan, ending: QuerySet[Consent]) -> bool:
    """Whether the page at the maker's address goes: the name is in the address."""
    is_shown = PublicArtisan.objects.on_site().filter(pk=artisan.pk, slug=artisan.slug).exists()
    return is_shown and ending.filter(scope=Scope.NAME, channel=Channel.SITE).exists()


def _former_addresses(artisan: Artisan, scopes: Collection[str], channels: Collection[str]) -> list[str]:
    """Every address that the site ever showed the maker at, by name or by code: see ``digest_of``."""
    begun = artisan.consents.filter(channel=Channel.SITE, valid_from__lte=timezone.localdate())
    if Channel.SITE not in channels or not begun.exists():
        return []
    addresses = {digest_of(artisan.code.lower())}
    if Scope.NAME in scopes:
        addresses.update(artisan.former_addresses)
        if begun.filter(scope=Scope.NAME).exists():
            addresses.add(digest_of(artisan.slug))
    return sorted(addresses)


def _photos_of(artisan: Artisan) -> QuerySet[Photo]:
    return Photo.objects.filter(people=artisan)


def _unnamed_faces(artisan: Artisan) -> list[str]:
    pieces = Product.objects.filter(makers__artisan=artisan, photos__in=Photo.objects.filter(people=None))
    return list(pieces.filter(photos__shows_person=True).order_by("pk").values_list("code", flat=True).distinct())


def _left_without_photo(going: QuerySet[Photo]) -> list[Product]:
    shown = Product.objects.filter(state=Product.State.PUBLISHED, photos__in=going).distinct()
    return [product for product in shown if not product.photos.exclude(pk__in=going.values("pk")).exists()]


def _delete_pictures(artisan: Artisan) -> list[tuple[str, str]]:
    """Deletes the rows; returns the files. A product that has no photo left leaves the shop."""
    photos = Photo.objects.filter(pk__in=_photos_of(artisan).values("pk"))
    portraits = ArtisanPhoto.objects.filter(artisan=artisan)
    pictures = [*photos.select_for_update().order_by("pk"), *portraits.select_for_update()]
    for product in _left_without_photo(photos):
        publishing.take_back(product.pk)
    for picture in pictures:
        picture.delete()
    return [file for picture in pictures for file in picture.files]


def _kept(artisan: Artisan, scopes: Collection[str]) -> set[str]:
    """Under which of these scopes a text is kept of the maker, in any language, or a picture."""
    found = {
        str(scope)
        for scope in set(scopes) & TEXTS.keys()
        if any(getattr(artisan, column) for column in columns(TEXTS[Scope(scope)]))
    }
    has_pictures = _photos_of(artisan).exists() or ArtisanPhoto.objects.filter(artisan=artisan).exists()
    return found | ({str(Scope.FACE)} if Scope.FACE in scopes and has_pictures else set())


def _forget_in_history(artisan: Artisan) -> None:
    """The admin notes how what was changed was called, and the parts of it. That it was changed, and by whom, stays."""
    forms = [str(pk) for pk in artisan.consent_forms.values_list("pk", flat=True)]
    _entries(Artisan).filter(object_id=str(artisan.pk)).update(object_repr=artisan.code, change_message="")
    _entries(ConsentForm).filter(object_id__in=forms).update(object_repr=artisan.code, change_message="")
    keys = {str(pk) for pk in proposals.pieces_of(artisan).values_list("pk", flat=True)}
    _entries(Product).filter(object_id__in=keys).update(change_message="")
    if names := thanks.shown_names(artisan):
        elsewhere = LogEntry.objects.exclude(content_type=ContentType.objects.get_for_model(Artisan))
        folded = elsewhere.alias(folded=Func(F("object_repr"), function="fold", output_field=CharField()))
        named = folded.filter(folded__regex=dignity.pattern_in_any_language(names))
        named.update(object_repr=Concat(Value("#"), "object_id", output_field=CharField()))
        # As JSON, and whole: “Aysel” is another maker than “Aysel Kiçik”.
        whole = "|".join(re.escape(json.dumps(name)[1:-1]) for name in names)
        searches.forget_naming(dignity.pattern_in_any_language(names))
        elsewhere.filter(change_message__regex=rf'"(?:{whole})(?: [0-9.]+ %)?"').update(change_message="")


def _entries(model: type[Model]) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))


@app.task(name="catalog.clear_away", retry=OVER_THE_WEEKEND)
@outside_transactions
def clear_away(withdrawal_pk: int) -> None:
    """Deletes the files, once there is a tombstone."""
    withdrawal = Withdrawal.objects.get(pk=withdrawal_pk)
    _keep_tombstone(withdrawal)
    erase_all((alias, beginning) for alias, beginning in withdrawal.files)
    Withdrawal.objects.filter(pk=withdrawal.pk).update(files=[], files_gone_at=timezone.now())


def _keep_tombstone(withdrawal: Withdrawal) -> None:
    name = f"{TOMBSTONES}/{withdrawal.key}.json"
    if not default_storage.exists(name):
        stored = default_storage.save(name, ContentFile(json.dumps(_as_tombstone(withdrawal)).encode()))
        if stored != name:
            # The task came first, or the page did.
            default_storage.delete(stored)


def _as_tombstone(withdrawal: Withdrawal) -> dict[str, Any]:
    return {
        # A key of a row may be another maker's in an older backup, and a code never is.
        "artisan": withdrawal.artisan.code,
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
    artisan = artisans.filter(code=tombstone["artisan"]).first()
    if artisan is None:
        return None
    withdrawn_at = parse_datetime(tombstone["withdrawn_at"])
    assert isinstance(withdrawn_at, datetime)  # noqa: S101 — written by _as_tombstone
    scopes, channels = tombstone["scopes"], tombstone["channels"]
    named_in = _words_that_name(artisan, scopes)
    withdrawal = Withdrawal(
        key=key,
        artisan=artisan,
        scopes=scopes,
        channels=channels,
        withdrawn_at=withdrawn_at,
        former_addresses=tombstone["former_addresses"],
        report=asdict(_effects(artisan, scopes, channels, at=withdrawn_at, named_in=named_in)),
    )
    anew = _not_over(artisan).filter(form__signed_on__gt=timezone.localdate(withdrawn_at))
    removed = set(tombstone["removed"]) - set(anew.values_list("scope", flat=True))
    _remove(artisan, withdrawal, removed=removed, named_in=named_in)
    return withdrawal
