"""What a Stripe account remembers: sessions, payment intents, refunds and disputes, in Stripe's own shapes.

One lock around everything; kept in a file, so that a restart of the demo forgets no payment.
"""

import json
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from dostshop.demo.stripe_stand_in.events import Post
from dostshop.demo.stripe_stand_in.parameters import Refused

type Stored = dict[str, Any]

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 60 * 60


class Account:
    def __init__(self, post: Post, *, page_origin: str, file: Path | None = None) -> None:
        self.post = post
        self.page_origin = page_origin
        self.file = file
        self.lock = threading.RLock()
        self.sessions: dict[str, Stored] = {}
        # What Stripe keeps beside a session and does not answer with: its lines, and the intent's metadata.
        self.details: dict[str, Stored] = {}
        self.intents: dict[str, Stored] = {}
        self.refunds: dict[str, Stored] = {}
        self.disputes: dict[str, Stored] = {}
        # Answers by idempotency key.
        self.answers: dict[str, Stored] = {}
        if file and file.exists():
            vars(self).update(json.loads(file.read_text()))

    def save(self) -> None:
        if self.file is None:
            return
        names = ("sessions", "details", "intents", "refunds", "disputes", "answers")
        kept = {name: getattr(self, name) for name in names}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(kept, ensure_ascii=False, indent=1))
        fresh.replace(self.file)

    def open_session(self, parameters: Stored) -> Stored:
        """Raises Refused where the page would not live 30 minutes to 24 hours, or costs nothing."""
        now = int(time.time())
        expires_at = parameters.get("expires_at", now + LONGEST_SECONDS)
        if not SHORTEST_SECONDS <= expires_at - now <= LONGEST_SECONDS:
            raise Refused(
                "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout "
                "Session creation.",
                param="expires_at",
            )
        lines = parameters["line_items"]
        total = sum(line["quantity"] * line["price_data"]["unit_amount"] for line in lines)
        if total <= 0:
            raise Refused("The Checkout Session's total amount due must be more than zero.", param="line_items")
        session_id = f"cs_test_{secrets.token_hex(24)}"
        self.details[session_id] = {
            "lines": lines,
            "intent_metadata": parameters.get("payment_intent_data", {}).get("metadata", {}),
        }
        self.sessions[session_id] = {
            "id": session_id,
            "object": "checkout.session",
            "adaptive_pricing": parameters.get("adaptive_pricing", {"enabled": True}),
            "amount_subtotal": total,
            "amount_total": total,
            "cancel_url": parameters.get("cancel_url"),
            "client_reference_id": parameters.get("client_reference_id"),
            "created": now,
            "currency": lines[0]["price_data"]["currency"],
            "customer": None,
            "customer_details": None,
            "customer_email": parameters.get("customer_email"),
            "expires_at": expires_at,
            "livemode": False,
            "locale": parameters.get("locale"),
            "metadata": parameters.get("metadata", {}),
            "mode": "payment",
            "payment_intent": None,
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "status": "open",
            "success_url": parameters["success_url"],
            "ui_mode": "hosted_page",
            "url": f"{self.page_origin}/pay/{session_id}",
        }
        return self.sessions[session_id]

    def session(self, session_id: str) -> Stored:
        if session_id not in self.sessions:
            raise _missing("checkout.session", session_id)
        return self.sessions[session_id]

    def intent(self, intent_id: str) -> Stored:
        if intent_id not in self.intents:
            raise _missing("payment_intent", intent_id)
        return self.intents[intent_id]

    def intent_of(self, session: Stored) -> Stored:
        """The session's payment intent, made when the buyer first tries to pay."""
        if session["payment_intent"] is None:
            intent_id = f"pi_{secrets.token_hex(12)}"
            self.intents[intent_id] = {
                "id": intent_id,
                "object": "payment_intent",
                "amount": session["amount_total"],
                "amount_received": 0,
                "created": int(time.time()),
                "currency": session["currency"],
                "last_payment_error": None,
                "livemode": False,
                "metadata": self.details[session["id"]]["intent_metadata"],
                "payment_method_types": ["card"],
                "status": "requires_payment_method",
            }
            session["payment_intent"] = intent_id
        return self.intents[session["payment_intent"]]

    def pay(self, session: Stored) -> None:
        intent = self.intent_of(session)
        intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
        session.update(
            status="complete",
            payment_status="paid",
            url=None,
            customer_details={"email": session["customer_email"]},
        )
        self.post.send("payment_intent.succeeded", dict(intent))
        self.post.send("checkout.session.completed", dict(session))

    def decline(self, session: Stored, *, code: str) -> None:
        intent = self.intent_of(session)
        error = {"type": "card_error", "code": code, "message": "Your card was declined."}
        intent.update(status="requires_payment_method", last_payment_error=error)
        self.post.send("payment_intent.payment_failed", dict(intent))

    def ask_second_step(self, session: Stored) -> None:
        self.intent_of(session).update(status="requires_action", last_payment_error=None)

    def expire(self, session: Stored) -> Stored:
        if session["status"] != "open":
            raise Refused(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
                f"status of {session['status']}."
            )
        session.update(status="expired", url=None)
        self.post.send("checkout.session.expired", dict(session))
        return session

    def expire_due(self) -> None:
        """Closes what has run out of time."""
        with self.lock:
            due = [
                session
                for session in self.sessions.values()
                if session["status"] == "open" and session["expires_at"] <= time.time()
            ]
            for session in due:
                self.expire(session)
            if due:
                self.save()

    def refund(self, parameters: Stored) -> Stored:
        intent = self.intent(parameters["payment_intent"])
        back = sum(
            refund["amount"]
            for refund in self.refunds.values()
            if refund["payment_intent"] == intent["id"] and refund["status"] != "failed"
        )
        left = intent["amount_received"] - back
        if left <= 0:
            raise Refused(
                f"Charge of {intent['id']} has already been refunded, or was never paid.",
                code="charge_already_refunded",
            )
        amount = parameters.get("amount", left)
        if amount > left:
            raise Refused(f"Refund amount ({amount}) is greater than unrefunded amount ({left})", param="amount")
        refund = {
            "id": f"re_{secrets.token_hex(12)}",
            "object": "refund",
            "amount": amount,
            "created": int(time.time()),
            "currency": intent["currency"],
            "metadata": parameters.get("metadata", {}),
            "payment_intent": intent["id"],
            "reason": parameters.get("reason"),
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        self.post.send("refund.created", dict(refund))
        return refund

    def fail_refund(self, refund_id: str) -> None:
        """As when the buyer's card was closed meanwhile: the money comes back to the account."""
        with self.lock:
            refund = self.refunds[refund_id]
            refund["status"] = "failed"
            self.post.send("refund.failed", dict(refund))
            self.save()

    def dispute(self, intent_id: str) -> Stored:
        """As when the buyer asks the bank for the money: the shop hears of it, or has to look."""
        with self.lock:
            intent = self.intent(intent_id)
            dispute = {
                "id": f"dp_{secrets.token_hex(12)}",
                "object": "dispute",
                "amount": intent["amount_received"],
                "created": int(time.time()),
                "currency": intent["currency"],
                "payment_intent": intent["id"],
                "reason": "fraudulent",
                "status": "needs_response",
            }
            self.disputes[dispute["id"]] = dispute
            self.post.send("charge.dispute.created", dict(dispute))
            self.save()
            return dispute

    def listed(self, rows: dict[str, Stored], parameters: Stored) -> Stored:
        """A page of a list, the newest first; ``starting_after`` is the last of the page before."""
        since = parameters.get("created", {}).get("gte", 0)
        of_intent = parameters.get("payment_intent")
        found = [
            row
            for row in reversed(rows.values())
            if row["created"] >= since and of_intent in {None, row["payment_intent"]}
        ]
        if after := parameters.get("starting_after"):
            place = next((number for number, row in enumerate(found) if row["id"] == after), None)
            if place is None:
                raise _missing("object", after)
            found = found[place + 1 :]
        limit = parameters.get("limit", 10)
        return {"object": "list", "data": found[:limit], "has_more": len(found) > limit}


def _missing(kind: str, identifier: str) -> Refused:
    return Refused(f"No such {kind}: '{identifier}'", status=404, param="id", code="resource_missing")
