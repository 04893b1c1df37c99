from modeltranslation.translator import TranslationOptions, register

from artisans.models import Artisan, Branch, BranchPhoto


@register(Branch)
class BranchTranslation(TranslationOptions):
    fields = ("name", "city", "text", "address")
    required_languages = {"az": ("name", "city")}


@register(BranchPhoto)
class BranchPhotoTranslation(TranslationOptions):
    fields = ("alt",)


@register(Artisan)
class ArtisanTranslation(TranslationOptions):
    fields = ("display_name", "story")
