"""The tables that staff may bring and take."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from catalog.exchange import makers, photographs
from catalog.exchange.makers import MakersWork
from catalog.exchange.photographs import PhotographsWork
from dostshop.accounts.models import User
from dostshop.exchange.kinds import Kind, register
from orders.exchange import pieces
from orders.exchange.piece_rows import PiecesWork


def _has(permission: str) -> Callable[[User], bool]:
    def may(user: User) -> bool:
        return user.has_perm(permission)

    return may


PIECES = Kind(
    name="pieces",
    title=_("Products, prices and stock"),
    note=_(
        "A row for each variant, known by its SKU. What the table has no column for stays as it is; an empty cell "
        "empties what it is about. A SKU that the shop does not know is a new piece: a draft, until somebody publishes "
        "it."
    ),
    may_import=_has("catalog.change_product"),
    may_export=_has("catalog.view_product"),
    open=PiecesWork.read,
    choices=pieces.CHOICES,
    export=pieces.export,
)

MAKERS = Kind(
    name="makers",
    title=_("Makers"),
    note=_(
        "A row for each maker, known by the code; what is private is in no table. Without a code it is a new maker. "
        "What of it the shop shows, the maker's consents say."
    ),
    may_import=_has("artisans.change_artisan"),
    may_export=_has("artisans.change_artisan"),
    open=MakersWork.read,
    choices=makers.CHOICES,
    export=makers.export,
)

PHOTOGRAPHS = Kind(
    name="photographs",
    title=_("Photographs of pieces"),
    note=_(
        "A ZIP with photographs that are named by the SKU of their piece: K-17.jpg, and K-17-2.jpg, K-17-3.jpg for "
        "more of it. They are for pieces that are not in the shop yet: on the page of each say what can be seen, and "
        "whether a person is visible."
    ),
    may_import=_has("catalog.change_product"),
    open=PhotographsWork.read,
    suffixes=(".zip",),
    most_bytes=photographs.MOST_BYTES,
)

for kind in (PIECES, MAKERS, PHOTOGRAPHS):
    register(kind)
