"""Statements on paper: what they say, in words that anybody can read, and how they are printed.

What a maker is told fits on one page in large type, however much was sold and however many gave thanks: ``_fitted`` and
``_chosen`` say how, and where letters are wide the layout takes smaller ones. Which words of thanks stand on it is kept
with the statement, and the words are read when it is printed: those that were taken back since leave their place empty,
and nothing else of the paper ever changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from artisans.models import Artisan, Booking, Branch, EarningsRule, LedgerEntry, Payout, Statement, Thanks
from dostshop import dates, money, pdf

Kind = Booking.Kind
# All but what went back to buyers.
OTHERS = {Kind.SALE, Kind.PAYOUT, Kind.REVERSAL}
LANGUAGES = settings.LANGUAGES
# What the lists of one page have room for, in lines; what a line has, in letters.
LINES = 18
LETTERS = 36
LETTERS_BESIDE_PRICE = 22
# Of these lines, how many what went back and what was paid may take each.
LINES_ASIDE = 4
# Two payments that did not arrive.
LINES_OF_REVERSALS = 4
# How many rules are each told in full, and what one takes of all lines.
MOST_RULES = 2
LINES_OF_RULE = 2
# Of all lines, how many are left to thanks, if there are any; what a line of theirs has, in letters.
LINES_OF_THANKS = 7
LETTERS_OF_THANKS = 48
# Beside the words: the piece, and what keeps them apart from the next; the heading, and how many more there are.
LINES_ABOUT_WORDS = 2
LINES_ABOUT_THANKS = 2
LONGEST_NAME = 60

# By booking and SKU.
type Prices = Mapping[tuple[int, str], Decimal]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the ledger says of a maker."""

    artisan: Artisan
    legal_name: str
    opening: Decimal
    # Of the account of makers, by day.
    entries: Sequence[LedgerEntry]
    # By the causes of their bookings.
    payouts: Mapping[str, Payout]
    # What was paid for what was sold, without its tax.
    prices: Prices
    # Passed on in these days, the earliest first.
    thanks: Sequence[Thanks]

    @property
    def sold(self) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.booking.kind == Kind.SALE]

    @property
    def paid(self) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.booking.kind == Kind.PAYOUT]

    @property
    def not_received(self) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.booking.kind == Kind.REVERSAL]

    @property
    def went_back(self) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.booking.kind not in OTHERS]

    @property
    def closing(self) -> Decimal:
        return self.opening + _credit(self.entries)


@dataclass(frozen=True)
class Days:
    """What is told of, from the first day to the last. Before the month is over it is a preview."""

    first: date
    last: date
    is_preview: bool = False

    def __str__(self) -> str:
        return f"{dates.span(self.first, self.last)} {self.last.year}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a list, before it is put into words; the sum is negative where it is taken off the others."""

    first: date
    last: date
    words: str
    count: int
    amount: Decimal
    # What buyers paid, without its tax.
    price: Decimal | None = None

    @property
    def lines(self) -> int:
        letters = LETTERS if self.price is None else LETTERS_BESIDE_PRICE
        return max(-(-len(self.words) // letters), 1 if self.first == self.last else 2)

    def printed(self) -> list[str]:
        price = [] if self.price is None else [money.text(self.price)]
        return [dates.span(self.first, self.last), self.words, *price, money.text(self.amount)]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A list under its title: the names of its columns, its rows, and how what it says came about."""

    title: str
    names: list[str]
    rows: list[Row]
    below: list[str]

    @property
    def lines(self) -> int:
        return sum(row.lines for row in self.rows) + LINES_OF_RULE * len(self.below)

    def printed(self) -> dict[str, Any]:
        rows = [row.printed() for row in self.rows]
        return {"title": self.title, "names": self.names, "rows": rows, "below": self.below}


def in_every_language(figures: Figures, days: Days) -> dict[str, Any]:
    """What a maker is told: text alone, as it is printed."""
    told = {}
    for language, _name in LANGUAGES:
        with translation.override(language):
            told[language] = of_maker(figures, days)
    return told


def of_maker(figures: Figures, days: Days) -> dict[str, Any]:
    """In the language that is active."""
    artisan = figures.artisan
    parts = _parts(figures)
    return {
        "title": _("Your earnings, %(days)s") % {"days": days},
        "author": settings.SELLER_NAME,
        "foot": f"{settings.SELLER_NAME} · {artisan.code}",
        "name": figures.legal_name,
        "whose": [_("Code %(code)s") % {"code": artisan.code}, artisan.branch.name],
        "preview": _preview(days),
        "sums": [
            [_("We owed you on %(day)s") % {"day": date_format(days.first, "j E")}, money.text(figures.opening)],
            [_("You earned"), money.text(_credit(figures.sold))],
            [_("Went back to buyers"), money.text(_credit(figures.went_back))],
            [_("We paid you"), money.text(_credit(figures.paid))],
            *([[_("It did not reach you"), money.text(_credit(back))]] if (back := figures.not_received) else []),
        ],
        "owed": [
            _("We owe you on %(day)s") % {"day": date_format(days.last, "j E")},
            money.text(figures.closing),
        ],
        "parts": [part.printed() for part in parts],
        "notes": _notes(figures, days),
        "thanks_title": _("What buyers wrote to you"),
        **_chosen(figures.thanks, lines=LINES - sum(part.lines for part in parts)),
        "ask": _("Do you have a question? Ask us: %(branch)s.") % {"branch": _contact(artisan.branch)},
    }


def _preview(days: Days) -> str:
    if not days.is_preview:
        return ""
    return _("This is a preview. The month is not over, and the sums may still change.")


def _notes(figures: Figures, days: Days) -> list[str]:
    notes = []
    if not figures.entries:
        notes.append(_("Nothing was sold and nothing was paid in these days."))
    if any(entry.booking.booked_on < days.first for entry in figures.entries):
        notes.append(_("Some lines are of earlier days: we learned of them later."))
    if figures.closing < 0:
        notes.append(_("You got more than was owed to you. Your next sales make it up. You need not pay anything."))
    return notes


def _contact(branch: Branch) -> str:
    phone = branch.phone.as_international if branch.phone else ""
    return ", ".join(filter(None, (branch.name, phone)))


def _parts(figures: Figures) -> list[Part]:
    """The lists that have anything in them."""
    shared = _shared(figures.sold)
    lines = LINES - (LINES_OF_THANKS if figures.thanks else 0) - LINES_OF_RULE * len(shared)
    # Of such payments the sums have one line more.
    lines -= bool(figures.not_received)
    aside = min(LINES_ASIDE, (lines - 2) // 2)
    back = _fitted(_each(figures.went_back), _by_piece(figures.went_back), lines=aside)
    paid = _paid(figures, lines=aside)
    taken = sum(row.lines for row in (*back, *paid))
    prices = figures.prices
    sold = _fitted(_each(figures.sold, prices), _by_piece(figures.sold, prices), lines=lines - taken)
    day, piece = pgettext("statement", "Day"), pgettext("statement", "Piece")
    columns = [day, piece, _("Price without VAT"), _("Your part")]
    how = [day, pgettext("statement", "How"), pgettext("statement", "Sum")]
    parts = [
        Part(title=pgettext("statement", "Sold"), names=columns, rows=sold, below=shared),
        Part(title=_("Went back to buyers"), names=[day, piece, _("Your part")], rows=back, below=[]),
        Part(title=_("We paid you"), names=how, rows=paid, below=[]),
    ]
    return [part for part in parts if part.rows]


def _shared(sold: Iterable[LedgerEntry]) -> list[str]:
    """How a price is shared, by the rules of these sales."""
    rules = sorted({entry.booking.rule for entry in sold if entry.booking.rule}, key=lambda rule: rule.valid_from)
    if len(rules) > MOST_RULES:
        makers = [rule.makers for rule in rules]
        few, many = _plain(min(makers)), _plain(max(makers))
        sentence = _("Of each manat, %(few)s to %(many)s qəpik went to the makers: the shares changed in these days.")
        return [sentence % {"few": few, "many": many}]
    return [_of_each_manat(rule, begins=place > 0) for place, rule in enumerate(rules)]


def _of_each_manat(rule: EarningsRule, *, begins: bool) -> str:
    sentence = _(
        "Of each manat: %(makers)s qəpik to the makers, %(centre)s to the Centre, %(materials)s for materials."
    )
    if begins:
        sentence = _(
            "From %(day)s, of each manat: %(makers)s qəpik to the makers, %(centre)s to the Centre, %(materials)s for"
            " materials."
        )
    return sentence % {
        "day": date_format(rule.valid_from, "j E"),
        "makers": _plain(rule.makers),
        "centre": _plain(rule.centre),
        "materials": _plain(rule.materials),
    }


def _plain(percent: Decimal) -> str:
    # As sums are written, whatever the language.
    return f"{percent.normalize():f}".replace(".", ",")


def _chosen(thanks: Sequence[Thanks], *, lines: int) -> dict[str, Any]:
    """As many as there is room for, by primary key and how many of their letters; where none fits whole, one is cut."""
    left = lines - LINES_ABOUT_THANKS
    chosen = []
    for one in thanks:
        needed = -(-len(one.words) // LETTERS_OF_THANKS) + LINES_ABOUT_WORDS
        if needed <= left:
            chosen.append([one.pk, len(one.words)])
            left -= needed
    if thanks and not chosen:
        chosen = [[thanks[0].pk, (left - LINES_ABOUT_WORDS) * LETTERS_OF_THANKS]]
    more = len(thanks) - len(chosen)
    sentence = ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more}
    return {"thanks": chosen, "more_thanks": sentence if more else ""}


def _each(entries: Iterable[LedgerEntry], prices: Prices | None = None) -> list[Row]:
    """A line for each sale or return."""
    return [_row([entry], prices) for entry in entries]


def _by_piece(entries: Iterable[LedgerEntry], prices: Prices | None = None) -> list[Row]:
    """A line for each piece, however often it was sold."""
    of_piece: dict[tuple[str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        of_piece[entry.sku, entry.item or ""].append(entry)
    return [_row(same, prices) for same in of_piece.values()]


def _row(entries: Sequence[LedgerEntry], prices: Prices | None) -> Row:
    """Entries of one piece."""
    count = abs(sum(entry.quantity for entry in entries))
    words = Truncator(entries[0].item or entries[0].sku).chars(LONGEST_NAME)
    if count > 1:
        words = ngettext("%(name)s, %(count)s piece", "%(name)s, %(count)s pieces", count) % {
            "name": words,
            "count": count,
        }
    booked = [entry.booking.booked_on for entry in entries]
    return Row(
        first=min(booked),
        last=max(booked),
        words=words,
        count=count,
        amount=abs(_credit(entries)),
        price=_sum(prices[entry.booking_id, entry.sku] for entry in entries) if prices is not None else None,
    )


def _paid(figures: Figures, *, lines: int) -> list[Row]:
    """What did not arrive is told by itself: in a sum with what was paid since, nobody would find it."""
    paid, returned = _payments(figures, Kind.PAYOUT), _payments(figures, Kind.REVERSAL)
    everything = _payments(figures, Kind.PAYOUT, Kind.REVERSAL)
    if sum(row.lines for row in everything) <= lines:
        return everything
    return [*_fitted(paid, lines=lines), *_fitted(returned, lines=LINES_OF_REVERSALS)]


def _payments(figures: Figures, *kinds: Kind) -> list[Row]:
    return [_payment(entry, figures.payouts) for entry in figures.entries if entry.booking.kind in kinds]


def _payment(entry: LedgerEntry, payouts: Mapping[str, Payout]) -> Row:
    """What was paid, or came back from what was."""
    payout, day = payouts[entry.booking.cause], entry.booking.booked_on
    if entry.booking.kind == Kind.REVERSAL and payout.paid_on:
        paid_on, why = date_format(payout.paid_on, "j E"), payout.get_reversal_reason_display()
        words = _("paid on %(day)s, did not reach you: %(why)s") % {"day": paid_on, "why": why}
    else:
        how = {"how": payout.get_method_display(), "number": payout.document_number}
        words = Truncator(_("%(how)s, document %(number)s") % how).chars(LONGEST_NAME)
    return Row(first=day, last=day, words=words, count=1, amount=entry.amount)


def _fitted(*ways: list[Row], lines: int) -> list[Row]:
    """The first way that takes no more lines; else the largest sums of the last way, and the rest of it in one line."""
    for rows in ways:
        if sum(row.lines for row in rows) <= lines:
            return rows
    largest = sorted(ways[-1], key=lambda row: abs(row.amount), reverse=True)
    left, shown = lines - 2, 0
    while largest[shown].lines <= left:
        left -= largest[shown].lines
        shown += 1
    return [*sorted(largest[:shown], key=lambda row: (row.first, row.last)), _rest(largest[shown:])]


def _rest(rows: Sequence[Row]) -> Row:
    count = sum(row.count for row in rows)
    return Row(
        first=min(row.first for row in rows),
        last=max(row.last for row in rows),
        words=ngettext("and %(count)s more", "and %(count)s more", count) % {"count": count},
        count=count,
        amount=_sum(row.amount for row in rows),
        price=_sum(priced) if (priced := [row.price for row in rows if row.price is not None]) else None,
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, money.ZERO)


def _credit(entries: Iterable[LedgerEntry]) -> Decimal:
    """What the entries add to what is owed."""
    return -sum((entry.amount for entry in entries), money.ZERO)


def of_branch(branch: Branch, makers: Sequence[Figures], days: Days) -> dict[str, Any]:
    """All makers of a branch in one table, in every language; for the accountant."""
    moves = ["sold", "went_back", "paid", *(["not_received"] if any(one.not_received for one in makers) else [])]
    rows = [
        [one.artisan.code, one.legal_name, *map(money.number, _columns([one], moves))]
        for one in sorted(makers, key=lambda one: one.artisan.code)
    ]
    told = {}
    for language, _name in LANGUAGES:
        with translation.override(language):
            told[language] = {
                "title": _("Earnings of makers, %(days)s") % {"days": days},
                "author": settings.SELLER_NAME,
                "foot": f"{settings.SELLER_NAME} · {branch.name}",
                "branch": branch.name,
                "names": [
                    *(pgettext("statement", "Code"), pgettext("statement", "Name")),
                    *(_("Owed before"), pgettext("statement", "Earned"), pgettext("statement", "Went back")),
                    pgettext("statement", "Paid"),
                    *([pgettext("statement", "Not received")] if "not_received" in moves else []),
                    _("Owed after"),
                ],
                "rows": rows,
                "totals": [_("Together, AZN"), "", *map(money.number, _columns(makers, moves))],
            }
    return told


def _columns(makers: Sequence[Figures], moves: Iterable[str]) -> list[Decimal]:
    opening = sum((one.opening for one in makers), money.ZERO)
    moved = [_credit(entry for one in makers for entry in getattr(one, part)) for part in moves]
    return [opening, *moved, opening + sum(moved)]


def pdf_response(statement: Statement, *, language: str) -> HttpResponse:
    """As it was issued: the same bytes each time, but for words that were taken back."""
    content, dated = statement.content[language], statement.month.issued_at
    if statement.artisan is None:
        printed = pdf.render("statement_of_branch", data=content, language=language, dated=dated)
        return _response(printed, name=_name(statement, statement.branch.slug), language=language)
    printed = _printed([content], heading=content, language=language, dated=dated)
    return _response(printed, name=_name(statement, statement.artisan.code), language=language)


def makers_pdf_response(of_branch: Statement, *, language: str) -> HttpResponse:
    """The statements of all makers of the branch, each on a page of its own."""
    same = Statement.objects.filter(month=of_branch.month, branch=of_branch.branch_id, artisan__isnull=False)
    contents = list(same.order_by("artisan__code").values_list(f"content__{language}", flat=True))
    heading, dated = of_branch.content[language], of_branch.month.issued_at
    printed = _printed(contents, heading=heading, language=language, dated=dated)
    return _response(printed, name=_name(of_branch, f"{of_branch.branch.slug}-makers"), language=language)


def preview_pdf_response(artisan: Artisan, content: Mapping[str, Any], *, language: str) -> HttpResponse:
    printed = _printed([content], heading=content, language=language, dated=timezone.now())
    return _response(printed, name=f"{artisan.code}-preview", language=language)


def _printed(
    contents: Sequence[Mapping[str, Any]], *, heading: Mapping[str, Any], language: str, dated: datetime
) -> bytes:
    with translation.override(language):
        statements = _with_words(contents)
    data = {**{name: heading[name] for name in ("title", "author", "foot")}, "statements": statements}
    return pdf.render("statement", data=data, language=language, dated=dated)


def _with_words(contents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """With the words that were chosen, as far as they still may be read. The pieces are in the language that is active.

    What was issued before words were chosen has none.
    """
    chosen = {pk for content in contents for pk, _letters in content.get("thanks", [])}
    passed_on = Thanks.objects.filter(state=Thanks.State.PASSED_ON).in_bulk(chosen)
    return [
        {
            "more_thanks": "",
            **content,
            "thanks": [
                {"words": Truncator(one.words).chars(letters), "language": one.language, "piece": one.piece}
                for one, letters in ((passed_on.get(pk), letters) for pk, letters in content.get("thanks", []))
                if one
            ],
        }
        for content in contents
    ]


def _name(statement: Statement, whose: str) -> str:
    return f"{whose}-{statement.month.month:%Y-%m}"


def _response(printed: bytes, *, name: str, language: str) -> HttpResponse:
    """Shown by the browser, and named after what it is about where it is kept."""
    return pdf.response(printed, name=f"DOST-{name}-{language}", language=language)
