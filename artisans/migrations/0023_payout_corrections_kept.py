"""What the database promises of corrections: a number changes with a row that tells it, and a reversal is booked."""

from django.db import migrations


def keep_payout(of_paid: str, said: str) -> str:
    """``of_paid``: what may still become of a payout that is paid."""
    return f"""
CREATE OR REPLACE FUNCTION artisans_keep_payout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    as_it_was artisans_payout := OLD;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'approved' THEN
        as_it_was.state := NEW.state;
        as_it_was.document_number := NEW.document_number;
        as_it_was.paid_on := NEW.paid_on;
        as_it_was.paid_by_id := NEW.paid_by_id;
    END IF;{of_paid}
    IF TG_OP = 'UPDATE' AND as_it_was IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '{said}'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payout_kept';
END $$;
"""


OF_PAID = """
    IF TG_OP = 'UPDATE' AND OLD.state = 'paid' AND NEW.state = 'paid' THEN
        as_it_was.document_number := NEW.document_number;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'paid' AND NEW.state = 'reversed' THEN
        as_it_was.state := NEW.state;
        as_it_was.reversed_on := NEW.reversed_on;
        as_it_was.reversed_by_id := NEW.reversed_by_id;
        as_it_was.reversal_reason := NEW.reversal_reason;
    END IF;"""
KEPT = keep_payout(OF_PAID, "a payout is only paid or cancelled, once, and what is paid is only reversed")
KEPT_BEFORE = keep_payout("", "a payout is only paid or cancelled, and once")


def check_booked(states: str) -> str:
    """``states``: of payouts that are in the ledger as paid."""
    return f"""
CREATE OR REPLACE FUNCTION artisans_check_payout_booked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payout bigint;
BEGIN
    IF TG_TABLE_NAME = 'artisans_payout' THEN
        payout := NEW.id;
    ELSE
        payout := substring(NEW.cause FROM '^payout-([0-9]{{1,18}})$');
    END IF;
    IF NOT EXISTS (
        SELECT FROM artisans_payout paid
        JOIN artisans_booking booking
            ON booking.cause = 'payout-' || payout AND booking.kind = 'payout' AND booking.booked_on = paid.paid_on
        JOIN artisans_ledgerentry maker
            ON maker.booking_id = booking.id AND maker.account = 'makers'
            AND maker.artisan_id = paid.artisan_id AND maker.amount = paid.amount
        JOIN artisans_ledgerentry money
            ON money.booking_id = booking.id AND money.account = 'money'
            AND money.held_at = paid.method AND money.amount = -paid.amount
        WHERE paid.id = payout AND paid.state IN ({states}) AND booking.size = 2
    ) THEN
        RAISE EXCEPTION 'payout % and what is booked of it are not the same', payout
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payout_booked';
    END IF;
    RETURN NULL;
END $$;
"""


REVERSED = """
CREATE FUNCTION artisans_check_payout_reversed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payout bigint;
BEGIN
    IF TG_TABLE_NAME = 'artisans_payout' THEN
        payout := NEW.id;
    ELSE
        payout := substring(NEW.cause FROM '^payout-([0-9]{1,18})-reversal$');
    END IF;
    IF NOT EXISTS (
        SELECT FROM artisans_payout reversed
        JOIN artisans_booking paid
            ON paid.cause = 'payout-' || payout AND paid.kind = 'payout'
        JOIN artisans_booking booking
            ON booking.cause = paid.cause || '-reversal' AND booking.kind = 'reversal'
            AND booking.booked_on = reversed.reversed_on
        JOIN artisans_ledgerentry maker
            ON maker.booking_id = booking.id AND maker.account = 'makers'
            AND maker.artisan_id = reversed.artisan_id AND maker.amount = -reversed.amount
        JOIN artisans_ledgerentry money
            ON money.booking_id = booking.id AND money.account = 'money'
            AND money.held_at = reversed.method AND money.amount = reversed.amount
        WHERE reversed.id = payout AND reversed.state = 'reversed' AND paid.size = 2 AND booking.size = 2
    ) THEN
        RAISE EXCEPTION 'payout % and the booking of its reversal are not the same', payout
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payout_reversal_booked';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER artisans_payout_reversed
AFTER INSERT OR UPDATE ON artisans_payout
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.state = 'reversed') EXECUTE FUNCTION artisans_check_payout_reversed();

CREATE CONSTRAINT TRIGGER artisans_booking_of_reversal
AFTER INSERT ON artisans_booking
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.kind = 'reversal') EXECUTE FUNCTION artisans_check_payout_reversed();
"""

REVERSED_NO_MORE = """
DROP TRIGGER artisans_booking_of_reversal ON artisans_booking;
DROP TRIGGER artisans_payout_reversed ON artisans_payout;
DROP FUNCTION artisans_check_payout_reversed();
"""

NUMBERS = """
CREATE TRIGGER artisans_payoutcorrection_kept
BEFORE UPDATE OR DELETE ON artisans_payoutcorrection
FOR EACH ROW EXECUTE FUNCTION artisans_kept();

CREATE FUNCTION artisans_check_payout_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM artisans_payout
        WHERE id = NEW.payout_id AND state = 'paid' AND document_number = NEW.old_number
    ) THEN
        RAISE EXCEPTION 'payout % is not paid by this document', NEW.payout_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payoutcorrection_of_paid';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER artisans_payoutcorrection_of_paid
BEFORE INSERT ON artisans_payoutcorrection
FOR EACH ROW EXECUTE FUNCTION artisans_check_payout_correction();

CREATE FUNCTION artisans_check_payout_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payout bigint;
    told text;
BEGIN
    IF TG_TABLE_NAME = 'artisans_payout' THEN
        payout := NEW.id;
    ELSE
        payout := NEW.payout_id;
    END IF;
    SELECT new_number INTO told FROM artisans_payoutcorrection WHERE payout_id = payout ORDER BY id DESC LIMIT 1;
    IF told IS DISTINCT FROM (SELECT document_number FROM artisans_payout WHERE id = payout) THEN
        RAISE EXCEPTION 'the document of payout % is not the one that its corrections tell', payout
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payout_number_told';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER artisans_payout_number_told
AFTER UPDATE ON artisans_payout
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.state = 'paid' AND OLD.document_number <> NEW.document_number)
EXECUTE FUNCTION artisans_check_payout_number();

CREATE CONSTRAINT TRIGGER artisans_payoutcorrection_told
AFTER INSERT ON artisans_payoutcorrection
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION artisans_check_payout_number();
"""

NUMBERS_NO_MORE = """
DROP TRIGGER artisans_payoutcorrection_told ON artisans_payoutcorrection;
DROP TRIGGER artisans_payout_number_told ON artisans_payout;
DROP FUNCTION artisans_check_payout_number();
DROP TRIGGER artisans_payoutcorrection_of_paid ON artisans_payoutcorrection;
DROP FUNCTION artisans_check_payout_correction();
DROP TRIGGER artisans_payoutcorrection_kept ON artisans_payoutcorrection;
"""


class Migration(migrations.Migration):
    dependencies = [("artisans", "0022_payout_corrections")]

    operations = [
        migrations.RunSQL(KEPT, KEPT_BEFORE),
        migrations.RunSQL(check_booked("'paid', 'reversed'"), check_booked("'paid'")),
        migrations.RunSQL(REVERSED, REVERSED_NO_MORE),
        migrations.RunSQL(NUMBERS, NUMBERS_NO_MORE),
    ]
