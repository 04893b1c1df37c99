from django.urls import path

from orders.views import counter, delivery, guide, work

app_name = "work"
urlpatterns = [
    path("", work.todo, name="list"),
    path("pick-list/", work.pick_list, name="pick_list"),
    path("parts/<int:pk>/", work.part, name="part"),
    path("parts/<int:pk>/packing-slip/", work.packing_slip, name="packing_slip"),
    path("parts/<int:pk>/customs-declaration/", work.customs_declaration, name="customs_declaration"),
    path("parts/<int:pk>/ready/", work.mark_ready, name="ready"),
    path("parts/<int:pk>/arrived/", work.mark_arrived, name="arrived"),
    path("parts/<int:pk>/put-back/", work.put_back, name="put_back"),
    path("parts/<int:pk>/ship/", work.ship, name="ship"),
    path("delivery/", delivery.preview, name="delivery"),
    path("parts/<int:pk>/number/", work.correct_number, name="correct_number"),
    path("parts/<int:pk>/received/", work.record_receipt, name="received"),
    path("guide/", guide.guide, name="guide"),
    path("counter/", counter.find, name="counter"),
    path("counter/<slug:code>/", counter.pickup, name="pickup"),
    path("counter/<slug:code>/paid/", counter.paid, name="paid"),
    path("counter/<slug:code>/handed-over/", counter.hand_over, name="hand_over"),
]
