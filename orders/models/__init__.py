from orders.models.bag import Bag, BagLine
from orders.models.delivery import DeliveryMethod, DeliveryRate
from orders.models.holiday import Holiday
from orders.models.invoice import Invoice, InvoiceSeries
from orders.models.order import Fulfilment, LineItem, Order, OrderEvent, OrderMail
from orders.models.payment import Payment, ProviderEvent, Reconciliation, Refund, RefundLine
from orders.models.returns import Return, ReturnLine
from orders.models.stock import Hold, Stock

__all__ = [
    "Bag",
    "BagLine",
    "DeliveryMethod",
    "DeliveryRate",
    "Fulfilment",
    "Hold",
    "Holiday",
    "Invoice",
    "InvoiceSeries",
    "LineItem",
    "Order",
    "OrderEvent",
    "OrderMail",
    "Payment",
    "ProviderEvent",
    "Reconciliation",
    "Refund",
    "RefundLine",
    "Return",
    "ReturnLine",
    "Stock",
]
