"""The storefront's pages: the same bytes for every visitor; and what a page of it will be, for whoever has the link."""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.paginator import Page
from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from artisans import earnings
from artisans.models import Branch, PublicArtisan, Thanks, Withdrawal, digest_of
from catalog import previews, signposts
from catalog import search as pieces_meant
from catalog.availability import offer_of, with_availability, with_stock
from catalog.listing import Filters, as_cards, cards_of, covers, crafts_of, crafts_with_pieces, page_of, with_cover
from catalog.models import Collection, CollectionItem, Craft, Photo, Product, ProductQuerySet, Variant
from catalog.rules import with_rule
from catalog.structured_data import branch_script, product_script
from catalog.wording import tidy
from dostshop.public_pages import public_page

NEWEST_ON_HOME = 8
MAKERS_ON_HOME = 24
RELATED = 4
THANKS_SHOWN = 12


@public_page
def home(request: HttpRequest) -> HttpResponse:
    crafts = with_cover(
        crafts_with_pieces(),
        pieces=Q(product__craft=OuterRef("pk")) | Q(product__craft__parent=OuterRef("pk")),
        order="product__published_at",
    )
    context = {
        "featured": Collection.objects.current().filter(is_featured=True).select_related("photo").first(),
        "newest": as_cards(Product.objects.published())[:NEWEST_ON_HOME],
        "crafts": covers(crafts),
        "makers": PublicArtisan.objects.on_site().named().by_name()[:MAKERS_ON_HOME],
        "branches": Branch.objects.select_related("photo"),
        "together": earnings.together(),
    }
    return render(request, "catalog/home.html", context)


@public_page
def pieces(request: HttpRequest) -> HttpResponse:
    filters = Filters(request.GET)
    page = page_of(filters.apply(Product.objects.published()), request.GET.get("page"))
    return render(request, "catalog/pieces.html", {"filters": filters, "page": page})


@public_page
def craft(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Craft.objects.select_related("parent").prefetch_related("techniques"), slug=slug)
    page = _page(request, Product.objects.published().of_craft(found))
    return render(request, "catalog/craft.html", {"craft": found, "page": page})


@public_page
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Collection.objects.current().select_related("photo"), slug=slug)
    place = CollectionItem.objects.filter(collection=found, product=OuterRef("pk")).values("position")
    products = Product.objects.published().filter(collections=found).order_by(Subquery(place), "-published_at")
    return render(request, "catalog/collection.html", {"collection": found, "page": _page(request, products)})


@public_page
def branch(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Branch.objects.select_related("photo").prefetch_related("hours"), slug=slug)
    page = _page(request, Product.objects.published().shown_at(found))
    context = {
        "branch": found,
        "hours": found.opening_text,
        "structured_data": branch_script(found),
        "page": page,
    }
    return render(request, "catalog/branch.html", context)


@public_page
def artisans(request: HttpRequest) -> HttpResponse:
    everyone = with_cover(
        PublicArtisan.objects.on_site().by_name(),
        pieces=Q(product__public_makers__artisan=OuterRef("pk")),
        order="-product__published_at",
    )
    page = page_of(everyone, request.GET.get("page"))
    crafts = crafts_of(page)
    rows = [(maker, cover, crafts[maker.pk]) for maker, cover in covers(page)]
    return render(request, "catalog/artisans.html", {"page": page, "artisans": rows})


@public_page
def artisan(request: HttpRequest, slug: str) -> HttpResponse:
    found = PublicArtisan.objects.on_site().select_related("portrait").filter(slug=slug).first()
    if found is None:
        if Withdrawal.objects.filter(former_addresses__contains=[digest_of(slug)]).exists():
            return render(request, "catalog/maker_gone.html", status=410)
        raise Http404
    context = {
        "artisan": found,
        "crafts": crafts_of([found])[found.pk],
        "page": _page(request, Product.objects.published().filter(public_makers__artisan=found.pk)),
        "thanks": Thanks.objects.shown_with(found)[:THANKS_SHOWN],
    }
    return render(request, "catalog/artisan.html", context)


@public_page
def product(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    found = get_object_or_404(_whole_product(), code=code.upper())
    if found.state == Product.State.ARCHIVED:
        return render(request, "410.html", status=410)
    if not found.is_in_shop:
        raise Http404
    if request.path != found.get_absolute_url():
        return redirect(found, permanent=True)
    pictures = [urljoin(settings.SITE_URL, photo.fallback_url) for photo in found.photos.all()]
    context = {
        "product": found,
        "related": _related(found),
        "preview": next(iter(pictures), ""),
        "structured_data": product_script(found, offer=offer_of(found), pictures=pictures),
    }
    return render(request, "catalog/product.html", context)


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """What the page of a product will look like, for whoever has the link; nothing can be bought there."""
    try:
        found: Any = previews.opened(token, products=_whole_product())
    except previews.NoSuchLink as error:
        raise Http404 from error
    except previews.Over:
        return render(request, "catalog/preview_over.html", status=410)
    if found.is_in_shop:
        return redirect(found)
    # As it will be once it is on the shelf, and called something.
    is_on_shelf, found.is_available = found.is_available, True
    if not found.name:
        found.name = str(found)
    context = {
        "product": found,
        "related": _related(found),
        "is_preview": True,
        "is_missing_on_shelf": not is_on_shelf,
    }
    response = render(request, "catalog/preview.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@public_page
def search(request: HttpRequest) -> HttpResponse:
    typed = tidy(request.GET.get("q", ""))
    found = pieces_meant.find(typed)
    signs = signposts.find(typed, or_alike=found.is_close)
    if found.is_close and not signs.is_close:
        # Who is led to the very place needs no pieces that only sound like it.
        found = pieces_meant.Found()
    page = page_of(found.products, request.GET.get("page"))
    page.object_list = cards_of(page.object_list)
    context = {
        "typed": typed,
        "found": found,
        "page": page,
        "signs": signs,
        "crafts": crafts_with_pieces(),
    }
    return render(request, "catalog/search.html", context)


def _page(request: HttpRequest, products: ProductQuerySet) -> "Page[Product]":
    return page_of(as_cards(products), request.GET.get("page"))


def _related(product: Product) -> ProductQuerySet:
    alike = Product.objects.published().of_craft(product.craft.parent or product.craft)
    return as_cards(alike.exclude(pk=product.pk))[:RELATED]


def _whole_product() -> ProductQuerySet:
    """A product with its pictures, public makers and variants, in four queries."""
    return (
        with_rule(with_availability(Product.objects.all()))
        .select_related("craft__parent", "branch", "silence")
        .prefetch_related(
            Prefetch("photos", Photo.objects.public()),
            "public_makers",
            Prefetch("variants", with_stock(Variant.objects.all())),
        )
    )
