"""Plain rows for tests. What a test is about, it says itself; the rest is filled in here."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import factory
from django.utils import timezone

from artisans import thanks
from artisans.consent import Contents, Explanation, Sheet, Signers, Term, record
from artisans.models import Artisan, ArtisanPrivate, Branch, Channel, ConsentForm, Scope, Thanks
from catalog.models import Collection, Craft, Photo, Product, ProductMaker, Variant
from dostshop.accounts.models import User
from dostshop.pages.models import Page
from dostshop.pictures import Rendition
from orders import bag as bags
from orders import checkout, fulfilment, stock
from orders.delivery import delivery_for
from orders.models import Bag, DeliveryMethod, DeliveryRate, Holiday, Order

_GUESTS = count(1)


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = "Aynur Əliyeva"
    password = factory.django.Password("a long password")


def worker() -> User:
    """Who may do every branch's work."""
    user: User = UserFactory.create(is_staff=True, is_superuser=True)
    return user


class BranchFactory(factory.django.DjangoModelFactory[Branch]):
    """One of the three that the migrations make, unless a test names another slug."""

    class Meta:
        model = Branch
        django_get_or_create = ("slug",)

    slug = "baku"


class CraftFactory(factory.django.DjangoModelFactory[Craft]):
    class Meta:
        model = Craft

    slug = factory.Sequence(lambda n: f"craft-{n}")
    name_az = "Dulusçuluq"
    name_ru = "Гончарное дело"
    name_en = "Pottery"


class ArtisanFactory(factory.django.DjangoModelFactory[Artisan]):
    """Of age, and shown on the site with name and story; ``agreed=()`` for who agreed to nothing."""

    class Meta:
        model = Artisan
        skip_postgeneration_save = True

    branch = factory.SubFactory(BranchFactory)
    slug = factory.Sequence(lambda n: f"artisan-{n}")
    display_name_az = "Nar"
    is_public = True

    @factory.post_generation
    def private(self: Artisan, create: bool, extracted: bool | None, **fields: Any) -> None:
        if create and extracted is not False:
            values = {"legal_name": f"Məmmədova Sevil {self.pk}", "birth_date": date(1985, 5, 17), **fields}
            ArtisanPrivate.objects.create(artisan=self, **values)

    @factory.post_generation
    def agreed(self: Artisan, create: bool, extracted: Sequence[Scope] | None, **_fields: Any) -> None:
        scopes = (Scope.NAME, Scope.STORY) if extracted is None else extracted
        if create and scopes:
            consent(self, *scopes)


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    """Published, without variants; see ``piece``."""

    class Meta:
        model = Product

    craft = factory.SubFactory(CraftFactory)
    branch = factory.SubFactory(BranchFactory)
    state = Product.State.PUBLISHED
    published_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    name_az = "Firuzəyi badyə"
    name_ru = "Бирюзовая чаша"
    name_en = "Turquoise bowl"
    description_az = "Əllə çərxdə düzəldilib."
    description_ru = "Сделана вручную на круге."
    description_en = "Thrown by hand."
    weight_g = 900


class VariantFactory(factory.django.DjangoModelFactory[Variant]):
    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    price = Decimal("38.00")


class PhotoFactory(factory.django.DjangoModelFactory[Photo]):
    """As the pipeline leaves it; there is no file behind the names."""

    class Meta:
        model = Photo

    product = factory.SubFactory(ProductFactory)
    original = factory.Sequence(lambda n: f"originals/{n}.jpg")
    # Without them Django would open the file to measure it.
    original_width = 1600
    original_height = 1200
    shows_person = False
    alt_az = "Firuzəyi şirli badyə"
    alt_ru = "Чаша с бирюзовой глазурью"
    alt_en = "A bowl with turquoise glaze"

    @factory.lazy_attribute
    def renditions(self) -> list[Rendition]:
        return [
            {"format": kind, "width": width, "height": width * 3 // 4, "name": f"x/{width}.{kind}", "size": 9000}
            for kind in ("avif", "webp", "jpeg")
            for width in (320, 640, 1280)
        ]


class CollectionFactory(factory.django.DjangoModelFactory[Collection]):
    class Meta:
        model = Collection

    slug = factory.Sequence(lambda n: f"collection-{n}")
    name_az = "Novruz süfrəsi"


class DeliveryMethodFactory(factory.django.DjangoModelFactory[DeliveryMethod]):
    class Meta:
        model = DeliveryMethod

    name_az = "Bakı daxilində kuryer"
    name_ru = "Курьер по Баку"
    name_en = "Courier in Baku"
    countries = ["AZ"]


class HolidayFactory(factory.django.DjangoModelFactory[Holiday]):
    """Novruz of 2026, eleven days off, unless a test names others."""

    class Meta:
        model = Holiday

    name_az = "Novruz bayramı"
    first_day = date(2026, 3, 20)
    last_day = date(2026, 3, 30)


class PageFactory(factory.django.DjangoModelFactory[Page]):
    class Meta:
        model = Page

    slug = factory.Sequence(lambda n: f"page-{n}")
    title_az = "Qeydlər"


def piece(*, on_hand: int = 1, price: str = "38.00", **fields: Any) -> Variant:
    """A published product with one variant and so many on hand; ``fields`` are the product's."""
    variant: Variant = VariantFactory.create(product=ProductFactory.create(**fields), price=Decimal(price))
    if on_hand:
        stock.receive(variant.pk, quantity=on_hand)
    return variant


def delivery_method(*, price: str = "5.00", up_to_weight_g: int = 5000, **fields: Any) -> DeliveryMethod:
    method: DeliveryMethod = DeliveryMethodFactory.create(**fields)
    DeliveryRate.objects.create(method=method, up_to_weight_g=up_to_weight_g, price=Decimal(price))
    return method


def bag_with(*variants: Variant, user: User | None = None, quantity: int = 1) -> Bag:
    bag = bags.find_or_make(token="", user=user)
    for variant in variants:
        bags.add(bag, variant=bags.for_sale(variant.code), quantity=quantity)
    return bag


def details(bag: Bag, **changes: Any) -> checkout.Details:
    """A guest who picks up in Baku and pays by card, unless told otherwise."""
    option = delivery_for(bags.lines(bag)).get("pickup-baku")
    assert option is not None
    values = {
        "language": "az",
        "email": f"guest{next(_GUESTS)}@example.com",
        "name": "Leyla Quliyeva",
        "phone": "+994501234567",
        "option": option,
        "provider": "stripe",
    }
    return checkout.Details(**{**values, **changes})


def place(bag: Bag, **changes: Any) -> Order:
    """The order of a bag, placed as the checkout does it."""
    wishes = details(bag, **changes)
    stock.hold(bag)
    total_shown = checkout.total(bags.lines(bag), wishes.option)
    return checkout.place_order(bag.pk, details=wishes, total_shown=total_shown)


def order_of(*variants: Variant, **changes: Any) -> Order:
    return place(bag_with(*variants), **changes)


def hand_out(order: Order) -> None:
    """All of a paid order to its buyer: over the counter, or by post."""
    actor = worker()
    if order.delivery == Order.Delivery.POST:
        for part in order.fulfilments.all():
            fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="", actor=actor)
        return
    for part in order.fulfilments.exclude(branch=order.pickup_branch):
        fulfilment.mark_ready(part.pk, actor=actor)
        fulfilment.mark_arrived(part.pk, actor=actor)
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=actor)


def consent(
    artisan: Artisan,
    *scopes: Scope,
    channel: Channel = Channel.SITE,
    valid_from: date | None = None,
    valid_until: date | None = None,
    signers: Signers = Signers(),  # noqa: B008 - frozen
) -> ConsentForm:
    """In force from a month ago for a year, unless told otherwise."""
    today = timezone.localdate()
    first_day = valid_from or today - timedelta(days=30)
    return record(
        artisan.pk,
        sheet=Sheet(
            signed_on=min(first_day, today),
            contents=Contents(
                subject="Məmmədova Sevil",
                operator="DOST Mərkəzi",
                purpose="Əl işlərini satmaq",
                data="Ad və sözlər, saytda göstərilir",
                validity="Bir il; hər gün geri götürülə bilər",
                deletion="Geri götürüləndə silinir",
            ),
            explanation=Explanation(language="az", explained=ConsentForm.Explained.TEXT, explained_by="Aynur Əliyeva"),
            signers=signers,
        ),
        agreed=[(scope, channel) for scope in scopes],
        term=Term(valid_from=first_day, valid_until=valid_until or first_day + timedelta(days=365)),
    )


def thanks_for(
    *artisans: Artisan, words: str = "Sağ olun", may_be_public: bool = True, is_shown: bool | None = None
) -> Thanks:
    """Of a piece of its own, to be read still; read and passed on where ``is_shown`` is given."""
    number = next(_GUESTS)
    written = thanks.send(
        words,
        about=thanks.Piece(f"T{number:05}", f"SKU-T{number}", {"az": "Badyə", "ru": "Чаша", "en": "Bowl"}),
        artisan_pks=[artisan.pk for artisan in artisans],
        language="az",
        may_be_public=may_be_public,
    )
    if is_shown is not None:
        thanks.pass_on(written.pk, actor=worker(), is_shown=is_shown)
        written.refresh_from_db()
    return written


def made_by(product: Product, *artisans: Artisan) -> None:
    """Equal shares for all of them."""
    share = Decimal(100) / len(artisans)
    ProductMaker.objects.bulk_create(
        [ProductMaker(product=product, artisan=artisan, share=share) for artisan in artisans]
    )
