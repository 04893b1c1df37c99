"""Price tags and shelf labels: what they say in each language, what they leave unsaid, and where their codes lead."""

import json
from datetime import timedelta
from io import BytesIO
from time import process_time
from typing import Any

import pytest
import segno
import typst
from django.utils import timezone, translation
from PIL import Image
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries, Settings

from catalog import labels
from catalog.models import Product, Variant
from dostshop import pdf
from tests.dostshop.test_pdf import tags, text_of
from tests.factories import ArtisanFactory, CraftFactory, ProductFactory, VariantFactory, made_by, piece

pytestmark = pytest.mark.django_db

BOTH_KINDS = pytest.mark.parametrize("kind", labels.Kind)


def variants() -> list[Variant]:
    return labels.variants_of(Product.objects.all())


def printed(kind: str, *, language: str = "az", copies: int = 1) -> PdfReader:
    answer = labels.pdf_response(variants(), kind=kind, copies=copies, language=language)
    assert answer["Content-Language"] == language
    return PdfReader(BytesIO(answer.content))


def bowl(**fields: Any) -> Variant:
    names = {"name_az": "Firuzəyi badyə", "name_ru": "Бирюзовая чаша", "name_en": "Turquoise bowl"}
    made = {"materials_az": "Gil, şir", "materials_ru": "Глина, глазурь", "materials_en": "Clay, glaze"}
    return piece(**{**names, **made, "width_mm": 240, "height_mm": 125, "year": 2025, "price": "1250.00", **fields})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("az", ["Firuzəyi badyə", "Dulusçuluq", "Materiallar: Gil, şir", "Ölçüsü: 24 × 12,5 sm", "İl: 2025"]),
        ("ru", ["Бирюзовая чаша", "Гончарное дело", "Материал: Глина, глазурь", "Размер: 24 × 12,5 см", "Год: 2025"]),
        ("en", ["Turquoise bowl", "Pottery", "Materials: Clay, glaze", "Size: 24 × 12.5 cm", "Year: 2025"]),
    ],
)
def test_labels_speak_each_language(language: str, said: list[str]) -> None:
    code = bowl().product.code
    for kind, lines in ((labels.Kind.SHELF, said), (labels.Kind.TAG, said[:1])):
        shown = " ".join(text_of(printed(kind, language=language)).split())
        for line in (*lines, "1 250,00 ₼", code):
            assert line in shown, (kind, line)
    assert said[1] not in text_of(printed(labels.Kind.TAG, language=language))


@BOTH_KINDS
def test_sheets_are_tagged_and_say_their_title_and_language(kind: str) -> None:
    bowl()
    document = printed(kind, language="ru")
    catalogue: Any = document.trailer["/Root"]
    assert catalogue["/Lang"] == "ru"
    assert "pdfuaid:part>1<" in catalogue["/Metadata"].get_data().decode()
    assert {"/H1", "/Figure"} <= set(tags(catalogue["/StructTreeRoot"]))
    assert document.metadata is not None
    assert document.metadata.title == {"tag": "Ценники", "shelf": "Таблички для полки"}[kind]


@BOTH_KINDS
def test_nobody_is_named(kind: str) -> None:
    maker = ArtisanFactory.create(display_name_az="Qızılquş", display_name_ru="Сапсан", display_name_en="Falcon")
    product = bowl().product
    made_by(product, maker)
    for language in ("az", "ru", "en"):
        shown = text_of(printed(kind, language=language))
        for name in ("Qızılquş", "Сапсан", "Falcon", maker.code, product.branch.name):
            assert name not in shown


def on_paper(kind: str, *, language: str = "az") -> Image.Image:
    """The first sheet, ten dots to the millimetre."""
    with translation.override(language):
        data = labels._data(variants(), kind=kind, copies=1)
    picture: Any = typst.compile(
        pdf._FOLDER / "labels.typ",
        root=pdf._FOLDER,
        font_paths=pdf._fonts(),
        sys_inputs={"data": json.dumps(pdf._printable(data)), "language": language},
        format="png",
        ppi=254,
    )
    return Image.open(BytesIO(picture)).convert("L")


def squares_on_paper(kind: str, *, language: str, count: int) -> list[list[int]]:
    """The code of the first label, as it comes out of the printer: so many squares on each side, within its edge."""
    left, top, width = {"tag": (430, 55, 220), "shelf": (690, 285, 300)}[kind]
    edge, paper = 2, on_paper(kind, language=language)
    size = width / (count + 2 * edge)

    def is_dark(row: int, column: int) -> int:
        shade: Any = paper.getpixel((int(left + size * (edge + column + 0.5)), int(top + size * (edge + row + 0.5))))
        return int(shade < 128)

    return [[is_dark(row, column) for column in range(count)] for row in range(count)]


@BOTH_KINDS
@pytest.mark.parametrize(("language", "prefix"), [("az", ""), ("ru", "/ru"), ("en", "/en")])
def test_the_code_leads_to_the_page_in_the_language_of_the_label(
    kind: str, language: str, prefix: str, settings: Settings
) -> None:
    product = bowl().product
    address = f"{settings.SITE_URL}{prefix}/pieces/{product.slug}-{product.code.lower()}/"
    expected = [list(row) for row in segno.make_qr(address, error="m").matrix]
    assert squares_on_paper(kind, language=language, count=len(expected)) == expected


def test_a_name_that_is_not_translated_stands_in_the_language_that_it_is_in() -> None:
    bowl(name_ru="", name_en="")
    document = printed(labels.Kind.TAG, language="ru")
    assert "Firuzəyi badyə" in " ".join(text_of(document).split())
    catalogue: Any = document.trailer["/Root"]
    assert "az" in languages_of(catalogue["/StructTreeRoot"])


def languages_of(node: Any) -> set[str]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if not isinstance(node, dict):
        return set()
    below = node.get("/K", [])
    found = {str(node["/Lang"])} if "/Lang" in node else set()
    return found.union(*(languages_of(child) for child in (below if isinstance(below, list) else [below])))


def test_each_variant_has_its_label_and_copies_follow_it() -> None:
    first = bowl(name_az="Çaydan")
    VariantFactory.create(product=first.product, option="böyük", price="77.50", position=2)
    shown = " ".join(text_of(printed(labels.Kind.TAG, copies=3)).split())
    assert shown.count("Çaydan") == 6
    assert (shown.count("böyük"), shown.count("77,50 ₼"), shown.count("1 250,00 ₼")) == (3, 3, 3)


@pytest.mark.parametrize(("kind", "on_a_sheet"), [(labels.Kind.TAG, 24), (labels.Kind.SHELF, 8)])
def test_a_sheet_is_filled_before_the_next_begins(kind: str, on_a_sheet: int) -> None:
    bowl()
    assert len(printed(kind, copies=on_a_sheet).pages) == 1
    full = printed(kind, copies=on_a_sheet * 2 + 1)
    assert [page.extract_text().count("₼") for page in full.pages] == [on_a_sheet, on_a_sheet, 1]


@pytest.mark.parametrize(
    "hidden",
    [
        {"state": Product.State.DRAFT, "published_at": None},
        {"state": Product.State.ARCHIVED},
        {"state": Product.State.PUBLISHED, "published_at": timezone.now() + timedelta(days=1)},
    ],
)
def test_what_is_not_in_the_shop_is_refused_by_its_name(hidden: dict[str, Any]) -> None:
    bowl()
    other = ProductFactory.create(name_az="Kilim", **hidden)
    with pytest.raises(labels.NotInShop, match=rf"Kilim \({other.code}\)") as refused:
        variants()
    assert "badyə" not in str(refused.value)


NAUGHTY = (
    "W" * 120,
    "ağ " * 40,
    "Достопримечательнейшая высококачественнейшая чаша",
    "👍" * 120,
    '#panic("x") $x$ *y*',
)
# Left, top, right and bottom of what is white on the first label, and right of it, in tenths of a millimetre:
# between the words and the code, above the price, at the right, below, and beside the label.
WHITE = {
    "tag": [(411, 3, 429, 370), (5, 246, 410, 268), (652, 3, 697, 370), (5, 328, 697, 370), (703, 3, 1397, 370)],
    "shelf": [
        (641, 286, 689, 740),
        (5, 538, 640, 580),
        (992, 3, 1047, 740),
        (5, 686, 1047, 740),
        (1053, 3, 2097, 740),
    ],
}


@BOTH_KINDS
@pytest.mark.parametrize("name", NAUGHTY)
def test_a_long_name_stays_in_its_place(kind: str, name: str) -> None:
    long = {"materials_az": "W" * 200, "technique_az": "ə" * 200, "size_note_az": "M" * 120, "slug": "w" * 120}
    craft = CraftFactory.create(name_az="Ç" * 60)
    product = ProductFactory.create(name_az=name, craft=craft, **long)
    VariantFactory.create(product=product, option_az=name[:80], price="9999999.99")
    paper = on_paper(kind)
    assert [place for place in WHITE[kind] if paper.crop(place).getextrema() != (255, 255)] == []


@BOTH_KINDS
def test_five_hundred_labels_are_made_within_seconds(kind: str) -> None:
    bowls = [bowl(name_az=f"Firuzəyi badyə, {number} naxışlı", on_hand=0) for number in range(50)]
    begun = process_time()
    document = labels.pdf_response(bowls, kind=kind, copies=10, language="az")
    assert process_time() - begun < 10
    pages = PdfReader(BytesIO(document.content)).pages
    assert sum(page.extract_text().count("₼") for page in pages) == labels.MOST


def test_as_many_queries_for_many_as_for_one(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    bowls = [bowl() for _number in range(3)]
    assert len(bowls) == 3
    with django_assert_num_queries(3):
        printed(labels.Kind.SHELF)
