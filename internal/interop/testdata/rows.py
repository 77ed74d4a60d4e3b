# Compares rows of Delta tables: each line of stdin names a table and an Arrow stream of its rows as somebody else read them.
# The answer to each is a line of JSON: whether delta-rs or DuckDB reads the same rows.
import datetime
import json
import math
import sys

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.ipc as ipc

con = duckdb.connect()
con.execute("load delta")
con.execute("set timezone='UTC'")


def plain(v):
    if v is None:
        return None
    if isinstance(v, float):
        return "nan" if math.isnan(v) else repr(v)
    if isinstance(v, dict):
        return tuple((k, plain(x)) for k, x in v.items())
    if isinstance(v, (list, tuple)):
        return tuple(plain(x) for x in v)
    if isinstance(v, bytes):
        return v.hex()
    if isinstance(v, datetime.datetime):
        return v.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat() if v.tzinfo else v.isoformat()
    return str(v)


def rows(table):
    columns = []
    for c in table.columns:
        if pa.types.is_timestamp(c.type):
            c = c.cast(pa.timestamp("us", tz=c.type.tz), safe=False).cast(pa.int64())
        elif pa.types.is_date(c.type):
            c = c.cast(pa.int32())
        columns.append(c.to_pylist())
    return sorted(repr(tuple(plain(x) for x in row)) for row in zip(*columns)) if columns else table.num_rows


def delta_rs(path):
    t = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(path))
    return pa.table(t.execute("select * from t").read_all())


def duck(path):
    return con.execute(f"select * from delta_scan('{path}')").to_arrow_table()


def compare(path, stream, who, read):
    try:
        want = read(path)
    except BaseException as e:
        return {"refused": f"{who}: {str(e)[:200]}"}
    if stream == "":
        return {"by": who, "count": want.num_rows}
    with pa.OSFile(stream) as f:
        got, want = rows(ipc.open_stream(f).read_all()), rows(want)
    if got == want:
        return {"by": who, "same": True}
    odd = lambda a, b: [x[:300] for x in a if x not in set(b)][:2]
    return {"by": who, "differ": f"{len(got)} rows, {len(want)} in theirs; only ours: {odd(got, want)}; only theirs: {odd(want, got)}"}


# DuckDB is asked where delta-rs refuses, and where it reads other rows: it wraps INT96 timestamps around after the year 2262.
def answer(path, stream):
    first = compare(path, stream, "delta-rs", delta_rs)
    if first.get("same") or "count" in first:
        return first
    second = compare(path, stream, "DuckDB", duck)
    if "refused" in second:
        return first if "differ" in first else {"refused": first["refused"] + "; " + second["refused"]}
    return second


for line in sys.stdin:
    print(json.dumps(answer(*line.rstrip("\n").split("\t"))), flush=True)
