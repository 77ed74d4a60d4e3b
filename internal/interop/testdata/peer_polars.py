"""Polars, whose own Parquet reader reads the files that delta-rs finds."""
import polars
from exchange import rows, save, serve


def read(path, out, version=None, where=None):
    frame = polars.scan_delta(path, version=version)
    if where is not None:
        frame = frame.filter(polars.sql_expr(where))
    save(frame.collect().to_arrow(), out)


def write(path, data, mode, by=None, evolve=False):
    polars.from_arrow(rows(data)).write_delta(path, mode=mode, delta_write_options={"partition_by": by, "schema_mode": "merge" if evolve else None})


serve(says=f"Polars {polars.__version__}", read=read, write=write)
