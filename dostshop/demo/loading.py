"""Loads the demo: the catalogue of ``catalogue/``, its photos, people who can sign in, last month, three
sales and a hold.

Promises: what exists is never touched, so a second run changes nothing and undoes nothing that was bought or
edited; everything is loaded in one transaction. The renditions are made afterwards (``render_pictures``).

Other modules of ``dostshop`` may not import the apps above it. The demo is a caller on top of everything,
like a person with a browser, and lies here only to stay out of the way of the shop.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from artisans import consent, thanks
from artisans.models import Artisan, ArtisanPrivate, Branch, BranchPhoto, Channel, ConsentForm, OpeningHours, Scope
from catalog import publishing, studio
from catalog.models import (
    Collection,
    CollectionItem,
    CollectionPhoto,
    Craft,
    Photo,
    Product,
    ProductMaker,
    Variant,
)
from dostshop import codes
from dostshop.accounts import roles
from dostshop.accounts.models import User
from dostshop.demo import last_month, people, selling
from dostshop.pictures import Picture
from orders import bag as bags
from orders import stock, thanking
from orders.models import Bag, DeliveryMethod, DeliveryRate, Holiday, Order

FOLDER = Path(__file__).parent
LANGUAGES = ("az", "ru", "en")
# Long enough to find the piece held whenever one looks.
HELD_FOR = timedelta(days=30)
# Since when the newest piece is shown: what was sold last month was for sale then.
SHOWN_FOR = timedelta(days=60)
# Between the publishing of one piece and the next.
PACE = timedelta(hours=5)

type Record = dict[str, Any]


@transaction.atomic
def load() -> int:
    """Loads what is missing and returns how many pieces were new."""
    with translation.override("az"):
        _load_people()
        _load_branches()
        _load_holidays()
        _load_makers()
        crafts = {path.stem: _read(path) for path in (FOLDER / "catalogue" / "crafts").glob("*.toml")}
        for slug, record in crafts.items():
            _load_craft(slug, record)
        _load_delivery()
        pieces = list(_in_turn(crafts.values()))
        fresh = [
            slug
            for position, (slug, piece) in enumerate(pieces)
            if _load_piece(slug, piece, published_at=timezone.now() - SHOWN_FOR - position * PACE)
        ]
        _load_collections()
        _load_studio()
        if len(fresh) == len(pieces):
            last_month.load(_read(FOLDER / "catalogue" / "last_month.toml"), code_of=partial(_code, length=7))
        for slug, piece in pieces:
            if slug in fresh:
                _enliven(slug, piece)
    return len(fresh)


def _read(path: Path) -> Record:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _in_turn(crafts: Iterable[Record]) -> Iterator[tuple[str, Record]]:
    """A piece of each craft, then the next of each, so that the newest are not all of one kind."""
    by_position = sorted(crafts, key=lambda record: record["craft"]["position"])
    for row in zip_longest(*(record["pieces"].items() for record in by_position)):
        yield from (entry for entry in row if entry is not None)


def _texts(record: Mapping[str, Any], *fields: str) -> dict[str, str]:
    """The record's texts as the columns of their languages."""
    return {f"{field}_{language}": record[language].get(field, "") for field in fields for language in LANGUAGES}


def _code(slug: str, length: int) -> str:
    """The same in every demo, so that links to it keep working."""
    digest = hashlib.sha256(slug.encode()).digest()
    return "".join(codes.ALPHABET[byte % len(codes.ALPHABET)] for byte in digest[:length])


def _add_photo(picture: Picture, *, name: str, alt: Mapping[str, str]) -> None:
    for language in LANGUAGES:
        setattr(picture, f"alt_{language}", alt[language])
    with (FOLDER / "photos" / f"{name}.jpg").open("rb") as file:
        picture.original.save(f"{name}.jpg", File(file))


def _load_people() -> None:
    for person in people.PEOPLE:
        if not User.objects.filter(email=person.email).exists():
            _create_person(person)


def _create_person(person: people.Person) -> None:
    user = User.objects.create_user(
        person.email,
        person.password,
        name=person.name,
        is_staff=person.is_superuser,
        is_superuser=person.is_superuser,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if person.role:
        branch = Branch.objects.get(slug=person.branch).pk if person.branch else None
        roles.give(user, person.role, branch=branch)


def _load_branches() -> None:
    """A demo from before pickup needed an address and a phone gets what it lacks; what is there stays."""
    for slug, record in _read(FOLDER / "catalogue" / "branches.toml").items():
        branch = Branch.objects.get(slug=slug)
        if branch.lacks_for_pickup:
            contact = {"email": record["email"], "phone": record["phone"]}
            for column, value in {**_texts(record, "text", "address"), **contact}.items():
                setattr(branch, column, getattr(branch, column) or value)
            branch.offers_pickup = True
            branch.save()
        if not branch.hours.exists():
            for weekday, opens, closes in record["hours"]:
                OpeningHours.objects.create(
                    branch=branch, weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)
                )
        _say_that_nobody_is_visible(BranchPhoto.objects.filter(branch=branch), record)
        if not BranchPhoto.objects.filter(branch=branch).exists():
            _add_photo(
                BranchPhoto(branch=branch, shows_nobody=True),
                name=record["photo"],
                alt={language: record[language]["alt"] for language in LANGUAGES},
            )


def _say_that_nobody_is_visible(pictures: QuerySet[Any], record: Record) -> None:
    """Of a demo from before it was asked; another picture that staff chose says something else."""
    if "photo" in record:
        pictures.filter(alt_az=record["az"]["alt"]).update(shows_nobody=True)


def _load_holidays() -> None:
    """Of this year and the next; the days that the Cabinet sets anew each year are left to staff."""
    for record in _read(FOLDER / "catalogue" / "holidays.toml").values():
        for year in (timezone.localdate().year, timezone.localdate().year + 1):
            (from_month, from_day), (to_month, to_day) = record["days"]
            first, last = date(year, from_month, from_day), date(year, to_month, to_day)
            if not Holiday.objects.filter(first_day=first, branch=None).exists():
                names = {f"name_{language}": record[language] for language in LANGUAGES}
                Holiday.objects.create(first_day=first, last_day=last, **names)


def _load_makers() -> None:
    """A maker of a demo from before consents gets what the record says; whoever signed a form is left alone."""
    form = _read(FOLDER / "catalogue" / "consent.toml")
    for slug, record in _read(FOLDER / "catalogue" / "makers.toml").items():
        artisan = Artisan.objects.filter(code=_code(slug, 6)).first() or _create_maker(slug, record)
        ArtisanPrivate.objects.filter(artisan=artisan, birth_date=None).update(birth_date=_born(record))
        if record["agreed"] and not artisan.consent_forms.exists():
            _record_consent(artisan, record, form)


def _create_maker(slug: str, record: Record) -> Artisan:
    names = {f"display_name_{language}": record[language].get("name", "") for language in LANGUAGES}
    artisan = Artisan.objects.create(
        slug=slug,
        code=_code(slug, 6),
        branch=Branch.objects.get(slug=record["branch"]),
        is_public=True,
        **names,
        **_texts(record, "story", "place", "affiliation"),
    )
    private = {name: record.get(name, "") for name in ("legal_name", "representative", "payout_details")}
    ArtisanPrivate.objects.create(artisan=artisan, **private)
    return artisan


def _born(record: Record) -> date:
    born: date = record.get("born") or timezone.localdate() - timedelta(days=record["age"] * 366)
    return born


def _record_consent(artisan: Artisan, record: Record, form: Record) -> None:
    today = timezone.localdate()
    given_by = ConsentForm.GivenBy.BOTH if "representative" in record else ConsentForm.GivenBy.MAKER
    contents = {name: form[name] for name in ("operator", "purpose", "data", "validity", "deletion")}
    consent.record(
        artisan.pk,
        sheet=consent.Sheet(
            signed_on=today,
            contents=consent.Contents(subject=record["legal_name"], allows_abroad=True, **contents),
            explanation=consent.Explanation(
                language="az",
                explained=ConsentForm.Explained(record.get("explained", "text")),
                explained_by=form["explained_by"],
                witness=record.get("witness", ""),
            ),
            signers=consent.Signers(given_by=given_by, representative=record.get("representative", "")),
        ),
        agreed=[
            (Scope(scope), Channel(where)) for scope in record["agreed"] for where in record.get("channels", ["site"])
        ],
        term=consent.Term(valid_from=today, valid_until=today + timedelta(days=record.get("days", 365))),
    )


def _load_craft(slug: str, record: Record) -> None:
    craft = _craft(slug, record["craft"], parent=None)
    for technique_slug, technique in record.get("techniques", {}).items():
        _craft(technique_slug, technique, parent=craft)
    slugs = {maker for piece in record["pieces"].values() for maker in piece["makers"]}
    craft.artisans.add(*Artisan.objects.filter(slug__in=slugs).exclude(crafts=craft))


def _craft(slug: str, record: Record, *, parent: Craft | None) -> Craft:
    found = Craft.objects.filter(slug=slug).first()
    return found or Craft.objects.create(
        slug=slug,
        parent=parent,
        position=record["position"],
        # The rule is the craft's, and its techniques keep it.
        needs_export_permit=parent.needs_export_permit if parent else record.get("needs_export_permit", False),
        hs_code=record.get("hs_code") or (parent.hs_code if parent else ""),
        **_texts(record, "name", "text"),
    )


def _load_piece(slug: str, record: Record, *, published_at: datetime) -> bool:
    """Whether the piece was new."""
    code = _code(slug, 6)
    if Product.objects.filter(code=code).exists():
        return False
    width, height, depth = record["size_mm"]
    product = Product.objects.create(
        code=code,
        kind=record.get("kind", Product.Kind.ONE_OF_A_KIND),
        state=Product.State.PUBLISHED,
        published_at=published_at,
        craft=Craft.objects.get(slug=record["craft"]),
        branch=Branch.objects.get(slug=record["branch"]),
        width_mm=width,
        height_mm=height,
        depth_mm=depth,
        weight_g=record["weight_g"],
        is_fragile=record.get("fragile", False),
        export_permit=record.get("export_permit", ""),
        year=record["year"],
        lead_time_days=record.get("lead_time_days", 0),
        energy_kcal=record.get("energy_kcal"),
        **_texts(record, "name", "description", "materials", "technique", "care", "size_note", "shelf_life"),
    )
    for maker, share in record["makers"].items():
        ProductMaker.objects.create(product=product, artisan=Artisan.objects.get(slug=maker), share=share)
    _load_variants(product, slug, record)
    for position in range(len(record["az"]["photos"])):
        _add_photo(
            Photo(product=product, position=position, shows_person=False),
            name=slug if position == 0 else f"{slug}-{position + 1}",
            alt={language: record[language]["photos"][position] for language in LANGUAGES},
        )
    return True


def _load_variants(product: Product, slug: str, record: Record) -> None:
    """One without a name where there is nothing to choose. One of a kind is one, unless the record says more."""
    options = record.get("variants") or [{"stock": record.get("stock", 1)}]
    for position, option in enumerate(options):
        number = f"-{position + 1}" if len(options) > 1 else ""
        variant = Variant.objects.create(
            product=product,
            sku=f"{slug}{number}".upper(),
            code=_code(f"{slug}{number}", 7),
            price=Decimal(record["price"]),
            position=position,
            **{f"option_{language}": option.get(language, "") for language in LANGUAGES},
        )
        if product.is_counted:
            stock.receive(variant.pk, quantity=option["stock"])


def _load_collections() -> None:
    for slug, record in _read(FOLDER / "catalogue" / "collections.toml").items():
        if Collection.objects.filter(slug=slug).exists():
            _say_that_nobody_is_visible(CollectionPhoto.objects.filter(collection__slug=slug), record)
            continue
        collection = Collection.objects.create(
            slug=slug,
            position=record["position"],
            is_featured=record.get("is_featured", False),
            **_texts(record, "name", "text"),
        )
        for position, piece in enumerate(record["pieces"]):
            product = Product.objects.get(code=_code(piece, 6))
            CollectionItem.objects.create(collection=collection, product=product, position=position)
        if "photo" in record:
            _add_photo(
                CollectionPhoto(collection=collection, shows_nobody=True),
                name=record["photo"],
                alt={language: record[language]["alt"] for language in LANGUAGES},
            )


def _load_studio() -> None:
    """What the instructor has there, on its way into the shop."""
    instructor, reviewer = (User.objects.get(email=person.email) for person in (people.INSTRUCTOR, people.CENTRE_STAFF))
    for slug, record in _read(FOLDER / "catalogue" / "studio.toml").items():
        if Product.objects.filter(code=_code(slug, 6)).exists():
            continue
        sides = dict(zip(("width_mm", "height_mm", "depth_mm"), record.get("size_mm", ()), strict=False))
        product = Product.objects.create(
            code=_code(slug, 6),
            craft=Craft.objects.get(slug=record["craft"]),
            branch=Branch.objects.get(slug=people.INSTRUCTOR.branch),
            **sides,
        )
        proposal = {"price": Decimal(record["price"]), "pieces": record.get("pieces", 1), "words": record["words"]}
        makers = list(Artisan.objects.filter(slug__in=record["makers"]).values_list("pk", flat=True))
        changes = studio.Changes(proposal=proposal, makers=makers)
        studio.save(product.pk, changes=changes, actor=instructor)
        for position, photo in enumerate(record["photos"]):
            is_answered = False if "state" in record else None
            alt = record.get("alt", dict.fromkeys(LANGUAGES, ""))
            _add_photo(Photo(product=product, position=position, shows_person=is_answered), name=photo, alt=alt)
        if "state" in record:
            publishing.submit(product.pk, actor=instructor)
        if "reason" in record:
            publishing.ask_changes(product.pk, actor=reviewer, reason=record["reason"])


def _load_delivery() -> None:
    """All or none: the methods have no name of their own that staff could not change."""
    if DeliveryMethod.objects.exists():
        return
    for position, record in enumerate(_read(FOLDER / "catalogue" / "delivery.toml")["methods"]):
        days_min, days_max = record["days"]
        method = DeliveryMethod.objects.create(
            countries=record["countries"],
            days_min=days_min,
            days_max=days_max,
            fragile_surcharge=Decimal(record["fragile_surcharge"]),
            towns=record.get("towns", []),
            has_tracking=record.get("has_tracking", False),
            position=position,
            **_texts(record, "name", "note"),
        )
        for grams, price in record["rates"].items():
            DeliveryRate.objects.create(method=method, up_to_weight_g=int(grams), price=Decimal(price))


def _enliven(slug: str, record: Record) -> None:
    """Sells the piece, or holds it for somebody, where the record says so."""
    if record.get("held"):
        bag = Bag.objects.create()
        bags.add(bag, variant=bags.for_sale(_code(slug, 7)), quantity=1)
        stock.hold(bag, until=timezone.now() + HELD_FOR)
    if record.get("sold"):
        order = selling.sell(
            {_code(slug, 7): 1},
            branch=record["branch"],
            buyer=_shopper(),
            taken_by=User.objects.get(email=people.BRANCH_STAFF.email),
        )
        if record["sold"] == "fetched":
            seller = selling.staff_of(record["branch"])
            selling.hand_over(order, by=seller)
            if "thanks" in record:
                _thank(order, record["thanks"], reader=seller)


def _shopper() -> selling.Buyer:
    user = User.objects.get(email=people.SHOPPER.email)
    return selling.Buyer(user.name, user.email, user)


def _thank(order: Order, record: Record, *, reader: User) -> None:
    """Words to the maker: shown on the maker's page, or still to be read by staff."""
    is_shown = record["is_shown"]
    line = order.lines.get()
    written = thanking.send(
        order.pk, line_pk=line.pk, words=record["words"], language=order.language, may_be_public=is_shown
    )
    if is_shown:
        thanks.pass_on(written.pk, actor=reader, is_shown=True)
