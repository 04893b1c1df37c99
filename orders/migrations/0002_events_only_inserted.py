"""Order events are history: the database refuses to change or delete one."""

from django.db import migrations

SQL = """
CREATE FUNCTION orders_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever inserted', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER orders_orderevent_only_inserted
BEFORE UPDATE OF order_id, kind, at, data OR DELETE ON orders_orderevent
FOR EACH ROW EXECUTE FUNCTION orders_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            SQL,
            "DROP TRIGGER orders_orderevent_only_inserted ON orders_orderevent; DROP FUNCTION orders_refuse_change()",
        ),
    ]
