from django.urls import path

from catalog.views import uploads

app_name = "studio"
urlpatterns = [
    path("uploads/<uuid:key>/", uploads.upload, name="upload"),
    path("<slug:code>/uploads/", uploads.begin, name="uploads"),
]
