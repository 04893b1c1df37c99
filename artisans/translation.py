from modeltranslation.translator import TranslationOptions, register

from artisans.models import Artisan, ArtisanPhoto, Branch, BranchPhoto, LedgerEntry, PublicArtisan, Thanks


@register(Branch)
class BranchTranslation(TranslationOptions):
    fields = ("name", "city", "text", "address")
    required_languages = {"az": ("name", "city")}


@register(BranchPhoto)
class BranchPhotoTranslation(TranslationOptions):
    fields = ("alt",)


@register(ArtisanPhoto)
class ArtisanPhotoTranslation(TranslationOptions):
    fields = ("alt",)


@register(Artisan)
class ArtisanTranslation(TranslationOptions):
    fields = ("display_name", "story", "place", "affiliation")


@register(PublicArtisan)
class PublicArtisanTranslation(TranslationOptions):
    fields = ("display_name", "story", "place", "affiliation")


@register(LedgerEntry)
class LedgerEntryTranslation(TranslationOptions):
    fields = ("item",)


@register(Thanks)
class ThanksTranslation(TranslationOptions):
    fields = ("piece",)
