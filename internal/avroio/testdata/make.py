# Makes the files of this folder with fastavro: python make.py. They are small, and committed.
import datetime as dt, decimal, io, json, os, uuid
import fastavro

here = os.path.dirname(os.path.abspath(__file__))
rec = {"type": "record", "name": "top", "namespace": "a.b", "fields": [
    {"name": "b", "type": "boolean"},
    {"name": "i", "type": ["null", "int"]},
    {"name": "l", "type": "long"},
    {"name": "f", "type": "float"},
    {"name": "d", "type": ["double", "null"]},
    {"name": "s", "type": "string"},
    {"name": "y", "type": "bytes"},
    {"name": "fx", "type": {"type": "fixed", "name": "fx3", "size": 3}},
    {"name": "e", "type": {"type": "enum", "name": "color", "symbols": ["RED", "GREEN"]}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "ms", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "us", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "lus", "type": ["null", {"type": "long", "logicalType": "local-timestamp-micros"}]},
    {"name": "dec", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3}},
    {"name": "fdec", "type": {"type": "fixed", "name": "fd", "size": 6, "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "arr", "type": {"type": "array", "items": ["null", "int"]}},
    {"name": "map", "type": {"type": "map", "values": "long"}},
    {"name": "r", "type": ["null", {"type": "record", "name": "inner", "fields": [
        {"name": "x", "type": "int"}, {"name": "again", "type": ["null", "color"]}]}]},
    {"name": "il", "type": ["int", "long"]},
    {"name": "u", "type": ["null", "int", "string", "inner"]},
]}
utc = dt.timezone.utc
def rows(n):
    for i in range(n):
        yield {"b": i % 2 == 0, "i": None if i % 3 == 0 else -i, "l": i * 10**12, "f": i / 4, "d": None if i % 5 == 4 else i / 8,
               "s": "käse %d" % i, "y": bytes([i % 256, 255]), "fx": b"ab%c" % (48 + i % 10), "e": ["RED", "GREEN"][i % 2],
               "day": dt.date(1969, 12, 30) + dt.timedelta(days=i), "ms": dt.datetime(2024, 1, 1, 0, 0, i % 60, 5000, utc),
               "us": dt.datetime(1960, 1, 1, 0, 0, i % 60, 7, utc), "lus": None if i == 1 else dt.datetime(2024, 2, 29, 1, 2, 3, 4),
               "dec": decimal.Decimal("-12345678901234567.125") + i, "fdec": decimal.Decimal("-1.25") * i,
               "arr": [None if j == 1 else j for j in range(i % 4)], "map": {"k%d" % j: j for j in range(i % 3)},
               "r": None if i % 4 == 3 else {"x": i, "again": "GREEN" if i % 2 else None}, "il": i if i % 2 else 2**40 + i,
               "u": [None, i, "text", {"x": 1, "again": None}][i % 4]}
parsed = fastavro.parse_schema(rec)
for codec in ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"]:
    with open(os.path.join(here, codec + ".avro"), "wb") as f:
        fastavro.writer(f, parsed, rows(12), codec=codec, sync_interval=1000)
with open(os.path.join(here, "expected.json"), "w") as f:
    for r in rows(12):
        def plain(v):
            if isinstance(v, bytes): return v.hex()
            if isinstance(v, dt.datetime): return v.isoformat()
            if isinstance(v, (dt.date, decimal.Decimal)): return str(v)
            if isinstance(v, dict): return {k: plain(x) for k, x in v.items()}
            return v
        f.write(json.dumps({k: plain(v) for k, v in r.items()}, sort_keys=True) + "\n")
