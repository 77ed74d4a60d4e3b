"""Polars with delta-rs does the job to Delta tables: lazy scans, streamed into the tables. Batch, no checkpoint."""
import glob
from concurrent.futures import ThreadPoolExecutor
import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError
from invoices import ADDRESS, INVOICE, ITEM
from worker import Clock, serve

TEXT, LONG, DOUBLE = pl.String, pl.Int64, pl.Float64
SCHEMA = {
    "InvoiceNumber": TEXT, "CreatedTime": LONG, "StoreID": TEXT, "PosID": TEXT, "CashierID": TEXT, "CustomerType": TEXT,
    "CustomerCardNo": TEXT, "TotalAmount": DOUBLE, "NumberOfItems": LONG, "PaymentMethod": TEXT, "TaxableAmount": DOUBLE,
    "CGST": DOUBLE, "SGST": DOUBLE, "CESS": DOUBLE, "DeliveryType": TEXT,
    "DeliveryAddress": pl.Struct({"AddressLine": TEXT, "City": TEXT, "ContactNumber": TEXT, "PinCode": TEXT, "State": TEXT}),
    "InvoiceLineItems": pl.List(pl.Struct({"ItemCode": TEXT, "ItemDescription": TEXT, "ItemPrice": DOUBLE, "ItemQty": LONG, "TotalValue": DOUBLE})),
}


def job(landing, out):
    with Clock() as took:
        pl.scan_ndjson(sorted(glob.glob(f"{landing}/*.json")), schema=SCHEMA).sink_delta(f"{out}/bronze")
        items = pl.scan_delta(f"{out}/bronze").explode("InvoiceLineItems", empty_as_null=False, keep_nulls=False)
        items.select(
            *INVOICE,
            *[pl.col("DeliveryAddress").struct.field(c) for c in ADDRESS],
            *[pl.col("InvoiceLineItems").struct.field(c) for c in ITEM],
        ).sink_delta(f"{out}/silver")
        sums = [pl.len().cast(LONG).alias("LineItems"), pl.sum("ItemQty").alias("Quantity"), pl.sum("TotalValue").alias("Revenue")]
        for name, keys in ("day", ["StoreID", "Day"]), ("payment", ["PaymentMethod"]):
            silver = pl.scan_delta(f"{out}/silver")
            if "Day" in keys:
                silver = silver.with_columns(pl.from_epoch("CreatedTime", time_unit="ms").dt.date().alias("Day"))
            silver.group_by(keys).agg(sums).sink_delta(f"{out}/{name}")
    return {"seconds": took.seconds, "tables": {t: f"{out}/{t}" for t in ("bronze", "silver", "day", "payment")}}


def log(table):
    """Opens a table, and asks for its files."""
    with Clock() as opened:
        t = DeltaTable(table)
    with Clock() as listed:
        files = t.file_uris()
    return {"seconds": opened.seconds, "with_files": opened.seconds + listed.seconds, "version": t.version(), "files": len(files)}


def merge(table, landing, query):
    """Merges the files of landing into a table, by key."""
    with Clock() as took:
        source = pl.scan_parquet(f"{landing}/*.parquet").collect().to_arrow()
        merger = DeltaTable(table).merge(source, predicate="t.id = s.id", source_alias="s", target_alias="t")
        if query != "insert":
            merger = merger.when_matched_update_all()
        if query != "update":
            merger = merger.when_not_matched_insert_all()
        merger.execute()
    return {"seconds": took.seconds}


def checkpoint(table):
    """Writes the checkpoint of a table's newest version."""
    with Clock() as took:
        DeltaTable(table).create_checkpoint()
    return {"seconds": took.seconds}


ROW = pa.table({"id": pa.array([1], pa.int64()), "name": ["a"]})


def append(table, times):
    """Appends one row after another; the first opens the table."""
    arrivals, opened = [], None
    for _ in range(times):
        with Clock() as took:
            opened = opened or DeltaTable(table)
            write_deltalake(opened, ROW, mode="append")
        arrivals.append(took.seconds * 1000)
    return {"arrivals": arrivals, "seconds": sum(arrivals) / 1000}


def commits(table, writers, times):
    """Writers append one row after another, all at the same time."""
    def write(_):
        dropped, opened = 0, DeltaTable(table)
        for _ in range(times):
            try:
                write_deltalake(opened, ROW, mode="append")
            except CommitFailedError:
                dropped += 1
        return dropped

    with Clock() as took, ThreadPoolExecutor(writers) as pool:
        dropped = sum(pool.map(write, range(writers)))
    return {"seconds": took.seconds, "dropped": dropped}


def optimize(table):
    """Makes few files of many small ones."""
    with Clock() as took:
        DeltaTable(table).optimize.compact()
    return {"seconds": took.seconds}


if __name__ == "__main__":
    serve(job=job, log=log, merge=merge, checkpoint=checkpoint, append=append, commits=commits, optimize=optimize)
