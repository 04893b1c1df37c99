"""What a consent says unless staff and the maker word it otherwise: the six contents that the law asks for.

The Law on Personal Data of 2010 wants them in a written consent: who agrees, who uses the data, what for, which data
and what is done with them, how long it holds and how it is withdrawn, how data are deleted and archived.
"""

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from artisans.consent import Contents
from artisans.models import ArtisanPrivate, Channel, Scope


def contents(private: ArtisanPrivate | None, *, language: str) -> Contents:
    """In that language, about this maker; of who is unknown the subject stays empty."""
    with translation.override(language):
        return Contents(
            subject=_subject(private),
            operator=_operator(),
            purpose=_(
                "To present and sell what I make, and to let people know who made it, as far as I wish. My works are "
                "sold, and I get my share of each sale, whether I agree to this or not."
            ),
            data=_data(of_minor=private is not None and private.is_known_minor),
            validity=_(
                "From the first day to the last day that this form names. I can withdraw it on any day, all of it or "
                "a part, by word of mouth or in writing, at any branch, without saying why. I lose nothing by that: "
                "neither my place in the workshop nor my share."
            ),
            deletion=_(
                "After the last day nothing is shown any more. When I withdraw my consent, what it allowed is removed "
                "from the shop's pages within a minute and its files are deleted; what is printed already stays in the "
                "hands of those who have it. Documents that the law tells the Centre to keep, such as this form and "
                "accounts, are archived for as long as it says and shown to nobody else. After my death it is removed, "
                "unless my heirs agree in writing that it stays."
            ),
        )


def what(scope: Scope) -> str:
    """As the maker would call it, so that where one is from and what one does are not taken for each other."""
    return {
        Scope.NAME: _("the name that I chose"),
        Scope.FACE: _("my face in photographs"),
        Scope.STORY: _("my story"),
        Scope.PLACE: _("where I am from"),
        Scope.AFFILIATION: _("what I do at the Centre"),
    }[scope]


def where(channel: Channel) -> str:
    """What can be seen and held, instead of the words of a trade."""
    return {
        Channel.SITE: _("the shop's site"),
        Channel.SOCIAL: _("social networks"),
        Channel.PRESS: _("newspapers, television"),
        Channel.PRINT: _("leaflets, posters"),
        Channel.CERTIFICATE: _("the card with the piece"),
    }[channel]


def abroad() -> str:
    """The line that the law asks for apart from the rest."""
    return _("The site can be opened from every country, so what is shown there may be seen and stored abroad.")


def _subject(private: ArtisanPrivate | None) -> str:
    if private is None:
        return ""
    if private.birth_date is None:
        return private.legal_name
    born = date_format(private.birth_date, "j E Y")
    return _("%(name)s, born on %(date)s") % {"name": private.legal_name, "date": born}


def _data(*, of_minor: bool) -> str:
    if of_minor:
        return _(
            "Only what is ticked on this form, and only in the places that are ticked: the name that I chose, my "
            "story in my own words, what I do at the Centre. It may be kept, translated, shown and printed there. My "
            "face, the place where I am from, my legal name, birth date, address, health and family circumstances are "
            "shown nowhere."
        )
    return _(
        "Only what is ticked on this form, and only in the places that are ticked: the name that I chose, "
        "photographs of my face, my story in my own words, the place where I am from, what I do at the Centre. "
        "It may be kept, translated, shown and printed there. My legal name, birth date, address, health and "
        "family circumstances are shown nowhere."
    )


def _operator() -> str:
    voen = _("VÖEN %(number)s") % {"number": settings.SELLER_VOEN} if settings.SELLER_VOEN else ""
    return ", ".join(filter(None, (settings.SELLER_NAME, settings.SELLER_ADDRESS, voen)))[:250]
