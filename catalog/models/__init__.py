from catalog.models.collection import Collection, CollectionItem, CollectionPhoto, CollectionQuerySet
from catalog.models.craft import Craft, TaxClass
from catalog.models.photo import Hint, Photo, PhotoQuerySet
from catalog.models.product import (
    Export,
    NoReturn,
    Product,
    ProductMaker,
    ProductQuerySet,
    PublicMaker,
    Silence,
    Variant,
)
from catalog.models.search import SearchEntry, Signpost
from catalog.models.studio import MAX_UPLOAD_BYTES, ProductEvent, Proposal, ReviewMail, Upload
from catalog.models.version import KeepsNoTexts, ProductVersion

__all__ = [
    "MAX_UPLOAD_BYTES",
    "Collection",
    "CollectionItem",
    "CollectionPhoto",
    "CollectionQuerySet",
    "Craft",
    "Export",
    "Hint",
    "KeepsNoTexts",
    "NoReturn",
    "Photo",
    "PhotoQuerySet",
    "Product",
    "ProductEvent",
    "ProductMaker",
    "ProductQuerySet",
    "ProductVersion",
    "Proposal",
    "PublicMaker",
    "ReviewMail",
    "SearchEntry",
    "Signpost",
    "Silence",
    "TaxClass",
    "Upload",
    "Variant",
]
