from django.urls import path

from dostshop.demo import views

app_name = "demo"
urlpatterns = [
    path("mail/", views.mail_list, name="mails"),
    path("mail/<slug:key>/", views.mail, name="mail"),
    path("mail/<slug:key>/html/", views.mail_html, name="mail_html"),
]
