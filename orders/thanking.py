"""Words of thanks from the page of an order: for pieces that the buyer has and keeps, once for each.

Locks: Order. Raises: ``NotThankable`` with a sentence for the buyer, ``locks.Busy``; nothing is written then.
After commit: nothing; staff find the words among what waits for them.
Retry: what was written is not written twice, and what was taken back is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from artisans import thanks
from artisans.models import Artisan, Thanks
from dostshop.locks import short_transaction
from orders import books
from orders.models import LineItem, Order


class NotThankable(Exception):
    """The message says why, for the buyer."""


@dataclass(frozen=True)
class Note:
    """A line, and what its buyer wrote about it or could write."""

    line: LineItem
    written: Thanks | None
    # A sentence; empty where the buyer may write.
    why_not: str


def notes(order: Order, *, lines: Iterable[LineItem]) -> list[Note]:
    """Of the lines that something is written about or can be. The lines come with their fulfilments."""
    found = [Note(line, None, _why_not(order, line)) for line in lines]
    if not any(note.line.shares and note.line.fulfilment.handed_over_at for note in found):
        return []
    written = {one.sku: one for one in Thanks.objects.filter(order_code=order.code)}
    every = (Note(note.line, written.get(note.line.sku), note.why_not) for note in found)
    return [note for note in every if note.written or not note.why_not]


def note(order: Order, line_pk: int) -> Note | None:
    """None where the order has no such line."""
    line = order.lines.select_related("fulfilment", "variant__product").filter(pk=line_pk).first()
    if line is None:
        return None
    written = _written(order, line)
    return Note(line, written, _already() if written else _why_not(order, line))


def _written(order: Order, line: LineItem) -> Thanks | None:
    return Thanks.objects.filter(order_code=order.code, sku=line.sku).first()


def _already() -> str:
    return _("You have written about this piece already. To write something else, take your words back first.")


def _nobody() -> str:
    return _("We do not know who made this piece, so there is nobody to pass your words on to.")


def _why_not(order: Order, line: LineItem) -> str:
    if order.status not in {Order.Status.PAID, Order.Status.COMPLETED} or not line.fulfilment.handed_over_at:
        return _("You can write to the maker once you have the piece.")
    if not line.left_quantity:
        return _("You have given this piece back, so there is nothing to write about.")
    return "" if line.shares else _nobody()


@short_transaction()
def send(order_pk: int, *, line_pk: int, words: str, language: str, may_be_public: bool = False) -> Thanks:
    """Keeps the buyer's words for staff to read. Raises NotThankable."""
    order = Order.objects.locked(order_pk)
    found = note(order, line_pk)
    if found is None:
        raise NotThankable(_("This piece is not of this order."))
    if found.why_not:
        raise NotThankable(found.why_not)
    line = found.line
    named = [share["artisan"] for share in line.shares]
    makers = list(Artisan.objects.filter(pk__in=named).values_list("pk", flat=True))
    if not makers:
        raise NotThankable(_nobody())
    return thanks.send(
        words,
        about=thanks.Piece(order.code, line.sku, dict(books.names_of(line))),
        artisan_pks=makers,
        language=language,
        may_be_public=may_be_public,
    )


def take_back(order: Order, *, line_pk: int) -> bool:
    """Whether there were any words; whoever read them keeps in mind what they said."""
    skus = order.lines.filter(pk=line_pk).values("sku")
    deleted, _by_model = Thanks.objects.filter(order_code=order.code, sku__in=skus).delete()
    return bool(deleted)
