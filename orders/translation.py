from modeltranslation.translator import TranslationOptions, register

from orders.models import DeliveryMethod, Holiday


@register(DeliveryMethod)
class DeliveryMethodTranslation(TranslationOptions):
    fields = ("name", "note")
    required_languages = {"az": ("name",)}


@register(Holiday)
class HolidayTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = {"az": ("name",)}
