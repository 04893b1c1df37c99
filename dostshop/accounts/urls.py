from django.urls import include, path

from dostshop.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("login/code/confirm/", views.confirm_login_code),
    path("confirm-email/", views.confirm_email),
    path("oidc/<provider_id>/login/", views.oidc_login),
    path("oidc/<provider_id>/login/callback/", views.oidc_callback),
    path("", include("allauth.urls")),
]
