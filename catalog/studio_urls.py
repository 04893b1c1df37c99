from django.urls import path

from catalog.views import studio, uploads

app_name = "studio"
urlpatterns = [
    path("", studio.pieces, name="list"),
    path("new/", studio.begin, name="begin"),
    path("guide/", studio.guide, name="guide"),
    path("uploads/<uuid:key>/", uploads.upload, name="upload"),
    path("<slug:code>/", studio.piece, name="piece"),
    path("<slug:code>/uploads/", uploads.begin, name="uploads"),
    path("<slug:code>/send/", studio.send, name="send"),
    path("<slug:code>/take-back/", studio.take_back, name="take_back"),
    path("<slug:code>/delete/", studio.delete, name="delete"),
    path("<slug:code>/photos/", studio.photos, name="photos"),
    path("<slug:code>/photos/add/", studio.add_photos, name="add_photos"),
    path("<slug:code>/photos/<int:pk>/", studio.photo, name="photo"),
    path("<slug:code>/photos/<int:pk>/<slug:step>/", studio.change_photo, name="change_photo"),
    path("<slug:code>/voice-note/", studio.voice_note, name="voice_note"),
    path("<slug:code>/voice-note/add/", studio.add_voice_note, name="add_voice_note"),
    path("<slug:code>/voice-note/remove/", studio.remove_voice_note, name="remove_voice_note"),
]
