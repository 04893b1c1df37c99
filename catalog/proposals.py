"""What the studio and the Centre say to each other about a piece: an instructor's words and voice note, a reason.

Promises: none of it is ever public. Words and voice notes are kept until the piece has been in the shop, or in the
archive, for a month: its texts are written by then. When a maker takes the name back, words and reasons forget it, and
the voice notes of the maker's pieces, in which nobody can look for it, go.

Locks: the rows that are changed. Raises: nothing. After commit: the worker deletes the files. Retry: does nothing.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField
from django.utils import timezone
from procrastinate.contrib.django import app

from artisans import dignity
from artisans.models import Artisan
from catalog import tasks
from catalog.models import Product, ProductEvent, Proposal

SERVED_AFTER = timedelta(days=30)
_WRITTEN: tuple[tuple[type[Proposal] | type[ProductEvent], str], ...] = ((Proposal, "words"), (ProductEvent, "reason"))


def pieces_of(artisan: Artisan) -> QuerySet[Product]:
    """Made by this maker, or with a photo that shows this maker."""
    return Product.objects.filter(Q(makers__artisan=artisan) | Q(photos__people=artisan))


def voice_notes(artisan: Artisan) -> QuerySet[Proposal]:
    return Proposal.objects.filter(product__in=pieces_of(artisan).values("pk")).exclude(voice_note="")


def naming(artisan: Artisan, names: Collection[str]) -> list[Proposal | ProductEvent]:
    """All words and reasons that have one of these names of the maker in them."""
    return [row for row, _text in _left(artisan, names)]


def forget_name(artisan: Artisan, names: Collection[str]) -> None:
    """Leaves “…” in the place of the name. Call it inside a transaction."""
    for row, text in list(_left(artisan, names, is_locked=True)):
        column = dict(_WRITTEN)[type(row)]
        setattr(row, column, text)
        row.save(update_fields=[column])


def forget_voice_notes(artisan: Artisan) -> list[tuple[str, str]]:
    """Returns the files, for whoever deletes them. Call it inside a transaction."""
    rows = list(voice_notes(artisan).select_for_update(of=("self",), no_key=True))
    # Those alone whose files are known: another one may have come meanwhile.
    Proposal.objects.filter(pk__in=[row.pk for row in rows]).update(voice_note="")
    return [("default", str(row.voice_note.name)) for row in rows]


def _left(
    artisan: Artisan, names: Collection[str], *, is_locked: bool = False
) -> Iterator[tuple[Proposal | ProductEvent, str]]:
    """What has a name in it, and what is left of the text without it. Two queries."""
    if not names:
        return
    own = pieces_of(artisan).filter(pk=OuterRef("product_id"))
    for model, column in _WRITTEN:
        folded = Func(F(column), function="fold", output_field=TextField())
        rows: QuerySet[Any] = model._default_manager.annotate(is_own=Exists(own)).order_by("pk")
        rows = rows.alias(folded=folded).filter(folded__regex=dignity.pattern_in_any_language(names))
        for row in rows.select_for_update(of=("self",), no_key=True) if is_locked else rows:
            text = getattr(row, column)
            left = dignity.without_names(text, names, is_capital=not row.is_own)
            if left != text:
                yield row, left


@app.periodic(cron="17 3 * * *")
@app.task(name="catalog.forget_proposals", queueing_lock="catalog.forget_proposals", pass_context=False)
def forget_served(timestamp: int) -> None:
    """Every night: what was said of pieces whose texts have been written for a month."""
    for proposal in served():
        with transaction.atomic():
            # Unless the piece went back to the studio meanwhile.
            if not served().filter(pk=proposal.pk).update(words="", voice_note=""):
                continue
            if proposal.voice_note:
                tasks.discard_files.defer(files=[["default", str(proposal.voice_note.name)]])


def served() -> QuerySet[Proposal]:
    """Of pieces that nobody works on any more, and to which nothing happened for so long."""
    since = timezone.now() - SERVED_AFTER
    lately = ProductEvent.objects.filter(product=OuterRef("product_id"), at__gt=since)
    is_over = Q(product__state=Product.State.ARCHIVED)
    is_shown = Q(product__state=Product.State.PUBLISHED, product__published_at__lte=since)
    decided = Proposal.objects.filter(is_over | is_shown, created_at__lte=since)
    return decided.exclude(words="", voice_note="").exclude(Exists(lately))
