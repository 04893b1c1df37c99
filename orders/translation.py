from modeltranslation.translator import TranslationOptions, register

from orders.models import DeliveryMethod


@register(DeliveryMethod)
class DeliveryMethodTranslation(TranslationOptions):
    fields = ("name", "note")
    required_languages = {"az": ("name",)}
