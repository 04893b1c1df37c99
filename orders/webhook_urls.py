from django.urls import path

from orders import webhook_views

urlpatterns = [path("<slug:provider>/webhook/", webhook_views.webhook, name="payment_webhook")]
