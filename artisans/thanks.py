"""Words of thanks from a buyer to the makers of a piece: read by staff, then passed on, and shown if all agree.

Promises: one for each piece of an order, and nobody edits it. Nothing is shown without the buyer's yes and that of
whoever read it, nor with a legal name in it. Words that name a maker are shown only while that name may be: the query
asks it each time. Whoever takes a name back is named in no buyer's words any more.
Locks: Thanks. Raises: ``NotPossible`` with a sentence for staff; ``locks.Busy``. Nothing is written then.
After commit: nothing. Retry: a step that was taken is refused with its reason.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from artisans import dignity
from artisans.models import Artisan, ArtisanPrivate, Thanks
from artisans.pseudonyms import NO_NAMES
from dostshop.accounts.models import User
from dostshop.folding import fold
from dostshop.locks import short_transaction
from dostshop.translated import columns

State = Thanks.State
_NAMES = columns("display_name")
_TEXTS = ("words", *columns("piece"))
_SHORTEST_NAME = 3
_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.\w+)*|@\w{3,}"
    r"|(?:https?://|www\.)[^\s,;]+|\b[\w-]+\.(?:az|com|ru|org|net|info|me|ge|tr)\b\S*"
    r"|\+?\d(?:[\s()./-]*\d){6,}",
    re.IGNORECASE,
)
# Of folded text.
_ADDRESS = re.compile(
    r"\b(?:kuce\w*|kuc\.|prospekt\w*|menzil\w*|mehelle\w*|улиц\w*|ул\.|проспект\w*|просп\.|квартир\w*|кв\.|street"
    r"|avenue|apartment)"
)


class NotPossible(Exception):
    """The message says why, for staff."""


@dataclass(frozen=True)
class Piece:
    """What was bought, by its names in each language."""

    order_code: str
    sku: str
    names: Mapping[str, str]


def send(
    words: str, *, about: Piece, artisan_pks: Collection[int], language: str, may_be_public: bool = False
) -> Thanks:
    """Writes it for somebody to read. Raises IntegrityError where the piece has its words already."""
    names = {f"piece_{code}": tidy(name) for code, name in about.names.items()}
    thanks = Thanks.objects.create(
        words=tidy(words),
        language=language,
        may_be_public=may_be_public,
        order_code=about.order_code,
        sku=about.sku,
        **names,
    )
    thanks.artisans.set(artisan_pks)
    return thanks


def tidy(words: str) -> str:
    """Letters that fold to as many, so that what is found in the folded text is found in this one."""
    return unicodedata.normalize("NFC", words).replace("\u0307", "").strip()


@short_transaction()
def pass_on(thanks_pk: int, *, actor: User, is_shown: bool = False) -> None:
    """The makers read it on their statement, and on their page everybody does, where ``is_shown``."""
    thanks = _locked(thanks_pk)
    if thanks.state == State.PASSED_ON:
        raise NotPossible(_("These words are passed on already."))
    if is_shown and not thanks.may_be_public:
        raise NotPossible(_("The buyer did not allow us to show these words."))
    if is_shown and _has_legal_name(thanks):
        raise NotPossible(_("A maker's legal name is in these words. Pass them on without showing them."))
    thanks.is_shown = is_shown
    _decide(thanks, State.PASSED_ON, actor)
    thanks.names.set(_named_in(thanks))


@short_transaction()
def decline(thanks_pk: int, *, actor: User) -> None:
    """Nobody else reads it; what stood on a page stands there no more."""
    thanks = _locked(thanks_pk)
    if thanks.state == State.DECLINED:
        raise NotPossible(_("These words are declined already."))
    thanks.is_shown = False
    _decide(thanks, State.DECLINED, actor)


def _locked(thanks_pk: int) -> Thanks:
    thanks = Thanks.objects.select_for_update(of=("self",), no_key=True).filter(pk=thanks_pk).first()
    if thanks is None:
        raise NotPossible(_("The buyer has taken these words back."))
    return thanks


def _decide(thanks: Thanks, state: Thanks.State, actor: User) -> None:
    thanks.state, thanks.decided_at, thanks.decided_by = state, timezone.now(), actor
    thanks.save(update_fields=["state", "decided_at", "decided_by", "is_shown"])


def hints(thanks: Thanks) -> list[str]:
    """What whoever reads it should look at, in sentences."""
    words = thanks.words
    found = {
        _("Words of pity: %(words)s."): _pity_in(words),
        _("A way to reach somebody, or an address: %(words)s."): _contacts_in(words),
        _("A maker's legal name: %(words)s. It cannot be shown."): _hits(words, _legal_names(thanks)),
        _("The name of a maker: %(words)s. It is shown only while that name may be."): [
            artisan.display_name for artisan in _named_in(thanks)
        ],
    }
    return [sentence % {"words": ", ".join(hits)} for sentence, hits in found.items() if hits]


def _pity_in(words: str) -> list[str]:
    """In any language: nobody knows in which they are written."""
    patterns = dignity.patterns()
    return dignity.found(dict.fromkeys(patterns, words), patterns)


def _contacts_in(words: str) -> list[str]:
    folded = fold(words)
    return [
        *(hit.group() for hit in _CONTACT.finditer(words)),
        *(words[hit.start() : hit.end()] for hit in _ADDRESS.finditer(folded)),
    ]


def _has_legal_name(thanks: Thanks) -> bool:
    return bool(_hits(thanks.words, _legal_names(thanks)))


def _legal_names(thanks: Thanks) -> set[str]:
    """The parts of the private names of its makers, but for those that a maker chose to be known by."""
    makers = list(thanks.artisans.all())
    chosen = {part for maker in makers for name in shown_names(maker) for part in fold(name).split()}
    records = ArtisanPrivate.objects.filter(pk__in=[maker.pk for maker in makers])
    private = " ".join(f"{record.legal_name} {record.representative}" for record in records)
    return {part for part in fold(private).split() if len(part) >= _SHORTEST_NAME} - chosen - NO_NAMES


def _named_in(thanks: Thanks) -> list[Artisan]:
    own = {artisan.pk for artisan in thanks.artisans.all()}
    return [
        artisan
        for artisan in Artisan.objects.only("code", *_NAMES)
        if _hits(thanks.words, shown_names(artisan), is_capital=artisan.pk not in own)
    ]


def shown_names(artisan: Artisan) -> set[str]:
    return {getattr(artisan, column) or "" for column in _NAMES} - {""}


def naming(artisan: Artisan, names: Collection[str]) -> list[Thanks]:
    """All that have one of these names of the maker in them, whoever they are to, without it; nothing is saved.

    One query, of all that was ever written.
    """
    own = Thanks.artisans.through.objects.filter(thanks=OuterRef("pk"), artisan=artisan)
    written: Any = Thanks.objects.only(*_TEXTS).annotate(is_own=Exists(own))
    return [thanks for thanks in written.iterator() if _leave_out(thanks, names, is_capital=not thanks.is_own)]


def forget(artisan: Artisan, named_in: Iterable[Thanks]) -> None:
    """Keeps what ``naming`` left of them, and takes these off the pages. Call it inside a transaction."""
    for thanks in named_in:
        # A buyer may take it back meanwhile.
        left = {column: getattr(thanks, column) for column in _TEXTS}
        Thanks.objects.filter(pk=thanks.pk).update(is_shown=False, **left)
        thanks.names.remove(artisan)


def _leave_out(thanks: Thanks, names: Collection[str], *, is_capital: bool) -> bool:
    """Puts “…” in place of the names, and tells whether there were any."""
    is_named = False
    for column in _TEXTS:
        text = getattr(thanks, column) or ""
        left = dignity.without_names(text, names, is_capital=is_capital)
        is_named = is_named or left != text
        setattr(thanks, column, left)
    return is_named


def _hits(text: str, names: Iterable[str], *, is_capital: bool = False) -> list[str]:
    return [text[start:end] for start, end in dignity.spans_of_names(text, names, is_capital=is_capital)]
