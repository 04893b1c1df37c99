from django.urls import include, path

from dostshop.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("login/code/confirm/", views.confirm_login_code),
    path("confirm-email/", views.confirm_email),
    path("", include("allauth.urls")),
]
