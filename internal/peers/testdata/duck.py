"""DuckDB does the job to plain Parquet: no transactions, no log, no checkpoint. With the argument "default" by its defaults,
which keep the rows' order; otherwise as its guide advises for large exports.
"""
import sys
import duckdb
from invoices import ADDRESS, COLUMNS, INVOICE, ITEM
from worker import Clock, serve

READ = "read_json('{}/*.json', format='newline_delimited', columns={{" + ", ".join(f"{k}: '{v}'" for k, v in COLUMNS.items()) + "}})"


def job(landing, out):
    with Clock() as took:
        db = connect()
        db.execute(f"copy (from {READ.format(landing)}) to '{out}/bronze.parquet'")
        db.execute(f"""copy (
            select {", ".join(INVOICE)}, {", ".join("DeliveryAddress." + c for c in ADDRESS)}, {", ".join("Item." + c for c in ITEM)}
            from (select *, unnest(InvoiceLineItems) as Item from '{out}/bronze.parquet')) to '{out}/silver.parquet'""")
        for name, keys in ("day", "StoreID, epoch_ms(CreatedTime)::date as Day"), ("payment", "PaymentMethod"):
            db.execute(f"""copy (
                select {keys}, count(*) as LineItems, sum(ItemQty)::bigint as Quantity, sum(TotalValue) as Revenue
                from '{out}/silver.parquet' group by all) to '{out}/{name}.parquet'""")
    return {"seconds": took.seconds, "tables": {t: f"{out}/{t}.parquet" for t in ("bronze", "silver", "day", "payment")}}


def decode(landing, threads, out):
    """Every column into vectors, whose values are counted: this takes less than a hash of each row, or a table of them."""
    db = connect(threads)
    with Clock() as took:
        counts = db.execute(f"select {', '.join(f'count({c})' for c in COLUMNS)}, count(*) from {READ.format(landing)}").fetchone()
    return {"seconds": took.seconds, "rows": counts[-1]}


def connect(threads=None):
    db = duckdb.connect()
    if "default" not in sys.argv:
        db.execute("set preserve_insertion_order = false")
    if threads:
        db.execute(f"set threads = {threads}")
    return db


if __name__ == "__main__":
    serve(job=job, decode=decode)
