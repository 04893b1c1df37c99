from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("pieces/", views.pieces, name="pieces"),
    path("pieces/<slug:slug>-<slug:code>/", views.product, name="product"),
    path("crafts/<slug:slug>/", views.craft, name="craft"),
    path("collections/<slug:slug>/", views.collection, name="collection"),
    path("artisans/", views.artisans, name="artisans"),
    path("artisans/<slug:slug>/", views.artisan, name="artisan"),
    path("branches/<slug:slug>/", views.branch, name="branch"),
    path("search/", views.search, name="search"),
]
