from django.urls import URLPattern

app_name = "artisans"
urlpatterns: list[URLPattern] = []
