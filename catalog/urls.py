from django.urls import path

from catalog.views import storefront

app_name = "catalog"
urlpatterns = [
    path("", storefront.home, name="home"),
    path("pieces/", storefront.pieces, name="pieces"),
    path("pieces/<slug:slug>-<slug:code>/", storefront.product, name="product"),
    path("crafts/<slug:slug>/", storefront.craft, name="craft"),
    path("collections/<slug:slug>/", storefront.collection, name="collection"),
    path("artisans/", storefront.artisans, name="artisans"),
    path("artisans/<slug:slug>/", storefront.artisan, name="artisan"),
    path("branches/<slug:slug>/", storefront.branch, name="branch"),
    path("preview/<str:token>/", storefront.preview, name="preview"),
    path("search/", storefront.search, name="search"),
]
