"""How those who work with makers know them: by the name that they chose, else by craft and last piece.

Neither by legal names, which are not for everybody, nor by a code alone, which nobody knows by heart.
"""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from artisans.models import Artisan
from catalog.models import ProductMaker


def known_by(makers: Iterable[Artisan]) -> dict[int, str]:
    """By primary key, in the language that is active; in two queries, or none where all chose a name."""
    makers = list(makers)
    nameless = [maker for maker in makers if not maker.display_name]
    prefetch_related_objects(nameless, "crafts")
    shown = ProductMaker.objects.filter(artisan__in=nameless, product__published_at__isnull=False)
    latest = (
        shown.order_by("artisan_id", "-product__published_at", "-pk").distinct("artisan_id").select_related("product")
    )
    pieces = {made.artisan_id: made.product.name for made in latest} if nameless else {}
    return {maker.pk: _described(maker, pieces.get(maker.pk, "")) for maker in makers}


def _described(maker: Artisan, piece: str) -> str:
    if maker.display_name:
        return maker.display_name
    last = [_("last piece: %(piece)s") % {"piece": piece}] if piece else []
    said = ", ".join([*(craft.name for craft in maker.crafts.all()), *last])
    return f"{said} ({maker.code})" if said else maker.code
