"""Cards made of paper: each always does the same."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Card:
    key: str
    number: str
    label: Promise


PAYS = Card("pays", "4242 4242 4242 4242", _("A card that pays"))
DECLINED = Card("declined", "4000 0000 0000 0002", _("A card that is declined"))
NO_MONEY = Card("no-money", "4000 0000 0000 9995", _("A card without enough money"))
