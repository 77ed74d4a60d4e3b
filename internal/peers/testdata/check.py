"""Reads what an engine wrote, with one reader for all: DuckDB over the Parquet files, of a Delta table those of its snapshot.

The answer holds counts, exact hashes that do not depend on the order of rows, and sums of doubles, which do by their last digits.
"""
import os, urllib.parse
import duckdb
from deltalake import DeltaTable
from invoices import ADDRESS, INVOICE, ITEM
from worker import serve

BRONZE = ["InvoiceNumber", "CreatedTime", "CashierID", "TotalAmount", "DeliveryAddress.AddressLine", "len(InvoiceLineItems)"]


def files(table):
    if os.path.isdir(f"{table}/_delta_log"):
        return [urllib.parse.unquote(uri.removeprefix("file://")) for uri in DeltaTable(table).file_uris()]
    return [table]


def check(tables):
    db = duckdb.connect()
    answer = {}
    if "bronze" in tables:
        answer |= row(db, "Invoices, BronzeHash", f"count(*), {digest(BRONZE)}", tables["bronze"])
    if "silver" in tables:
        answer |= row(db, "LineItems, SilverHash", f"count(*), {digest(INVOICE + ADDRESS + ITEM)}", tables["silver"])
    if "day" in tables:
        answer |= row(db, "StoreDays, DayHash, DayRevenue",
            f"count(*), {digest(['StoreID', 'Day::date', 'LineItems::bigint', 'Quantity::bigint'])}, sum(Revenue)", tables["day"])
    for name in "dedup", "join":
        if name in tables:
            columns = ["id", "epoch_us(time)"] if name == "dedup" else ["shown", "clicked", "epoch_us(shownAt)", "epoch_us(clickedAt)"]
            answer |= row(db, f"Rows of {name}, {name}Hash", f"count(*), {digest(columns)}", tables[name])
    if "payment" in tables:
        for method, items, quantity, revenue in db.execute(f"from read_parquet({files(tables['payment'])}) select PaymentMethod, LineItems, Quantity, Revenue").fetchall():
            answer |= {f"LineItems of {method}": int(items), f"Quantity of {method}": int(quantity), f"Revenue of {method}": float(revenue)}
    return {"found": answer}


def digest(columns):
    """The sum of the rows' hashes, as text: it has more digits than JSON keeps."""
    return f"sum(hash({', '.join(columns)})::hugeint)::varchar"


def row(db, names, select, table):
    return dict(zip(names.split(", "), db.execute(f"select {select} from read_parquet({files(table)})").fetchone()))


if __name__ == "__main__":
    serve(check=check)
