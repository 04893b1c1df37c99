from django.urls import path, register_converter

from orders.views import bag, checkout, order, returns, thanks

app_name = "orders"


class CodeConverter:
    regex = "[A-Z0-9]{4,12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class SecretConverter(CodeConverter):
    regex = "[A-Za-z0-9_-]{20,100}"


class NumberConverter(CodeConverter):
    regex = "[0-9]{4}-[0-9]{5,9}"


register_converter(CodeConverter, "order_code")
register_converter(SecretConverter, "order_secret")
register_converter(NumberConverter, "invoice_number")

urlpatterns = [
    path("bag/", bag.bag, name="bag"),
    path("bag/add/", bag.add, name="add"),
    path("bag/change/", bag.change, name="change"),
    path("checkout/", checkout.page, name="checkout"),
    path("checkout/begin/", checkout.begin, name="begin_checkout"),
    path("checkout/extend/", checkout.extend, name="extend"),
    path("checkout/sign-in/", checkout.sign_in, name="sign_in"),
    path("orders/", order.find, name="find"),
    path("orders/mine/", order.mine, name="mine"),
    path("orders/<order_code:code>/<order_secret:secret>/", order.order, name="order"),
    path("orders/<order_code:code>/<order_secret:secret>/pay/", order.pay, name="pay"),
    path("orders/<order_code:code>/<order_secret:secret>/check/", order.check, name="check"),
    path("orders/<order_code:code>/<order_secret:secret>/cancel/", order.cancel, name="cancel"),
    path("orders/<order_code:code>/<order_secret:secret>/return/", returns.ask, name="ask_return"),
    path("orders/<order_code:code>/<order_secret:secret>/thanks/<int:line>/", thanks.write, name="write_thanks"),
    path(
        "orders/<order_code:code>/<order_secret:secret>/thanks/<int:line>/take-back/",
        thanks.take_back,
        name="take_back_thanks",
    ),
    path(
        "orders/<order_code:code>/<order_secret:secret>/<invoice_number:number>.pdf",
        order.invoice,
        name="invoice",
    ),
]
