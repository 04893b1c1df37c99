from django.urls import path

from orders.views import bag, checkout, order

app_name = "orders"
urlpatterns = [
    path("bag/", bag.bag, name="bag"),
    path("bag/add/", bag.add, name="add"),
    path("bag/change/", bag.change, name="change"),
    path("checkout/", checkout.page, name="checkout"),
    path("checkout/begin/", checkout.begin, name="begin_checkout"),
    path("checkout/extend/", checkout.extend, name="extend"),
    path("orders/", order.find, name="find"),
    path("orders/mine/", order.mine, name="mine"),
    path("orders/<str:code>/<str:secret>/", order.order, name="order"),
    path("orders/<str:code>/<str:secret>/pay/", order.pay, name="pay"),
    path("orders/<str:code>/<str:secret>/check/", order.check, name="check"),
    path("orders/<str:code>/<str:secret>/cancel/", order.cancel, name="cancel"),
]
