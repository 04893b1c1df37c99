from catalog.models.collection import Collection, CollectionItem, CollectionPhoto, CollectionQuerySet
from catalog.models.craft import Craft, TaxClass
from catalog.models.photo import Photo, PhotoQuerySet
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

__all__ = [
    "Collection",
    "CollectionItem",
    "CollectionPhoto",
    "CollectionQuerySet",
    "Craft",
    "Export",
    "NoReturn",
    "Photo",
    "PhotoQuerySet",
    "Product",
    "ProductMaker",
    "ProductQuerySet",
    "PublicMaker",
    "SearchEntry",
    "Signpost",
    "Silence",
    "TaxClass",
    "Variant",
]
