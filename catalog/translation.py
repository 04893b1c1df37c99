from modeltranslation.translator import TranslationOptions, register

from catalog.models import Collection, CollectionPhoto, Craft, Photo, Product, Variant


@register(Craft)
class CraftTranslation(TranslationOptions):
    fields = ("name", "text")
    required_languages = ("az",)


@register(Product)
class ProductTranslation(TranslationOptions):
    fields = ("name", "description", "materials", "technique", "care", "size_note", "shelf_life")
    required_languages = {"az": ("name",)}


@register(Variant)
class VariantTranslation(TranslationOptions):
    fields = ("option",)


@register(Photo)
class PhotoTranslation(TranslationOptions):
    fields = ("alt",)


@register(Collection)
class CollectionTranslation(TranslationOptions):
    fields = ("name", "text")
    required_languages = {"az": ("name",)}


@register(CollectionPhoto)
class CollectionPhotoTranslation(TranslationOptions):
    fields = ("alt",)
