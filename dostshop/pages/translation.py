from modeltranslation.translator import TranslationOptions, register

from dostshop.pages.models import Page


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "body")
    required_languages = ("az",)
