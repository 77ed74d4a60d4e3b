# Makes the arrow-*.orc files of this folder with pyarrow, and what is in them: python make.py.
import datetime as dt, decimal, json, os
import pyarrow as pa
from pyarrow import orc

here = os.path.dirname(os.path.abspath(__file__))
n = 2500
rng = range(n)
t = pa.table({
    "b": pa.array([None if i % 7 == 0 else i % 2 == 0 for i in rng]),
    "y": pa.array([i % 256 - 128 for i in rng], pa.int8()),
    "h": pa.array([None if i % 11 == 0 else i * 7 - 9000 for i in rng], pa.int16()),
    "i": pa.array([5 if i < 900 else i * i for i in rng], pa.int32()),
    "l": pa.array([(i - 1500) * 10**14 if i % 97 else 3 for i in rng], pa.int64()),
    "p": pa.array([i % 10 if i % 50 else 10**12 + i for i in rng], pa.int64()),
    "f": pa.array([i / 4 for i in rng], pa.float32()),
    "d": pa.array([i / 3 if i % 5 else None for i in rng], pa.float64()),
    "s": pa.array(["s%d" % (i % 13) for i in rng]),
    "t": pa.array(["ä%d" % (i * 7919) if i % 3 else None for i in rng]),
    "x": pa.array([bytes([i % 256]) * (i % 4) for i in rng], pa.binary()),
    "day": pa.array([dt.date(1969, 12, 1) + dt.timedelta(days=i) for i in rng]),
    "ts": pa.array([dt.datetime(1965, 1, 1) + dt.timedelta(hours=i * 131, microseconds=i * 1001) for i in rng], pa.timestamp("us")),
    "dec": pa.array([decimal.Decimal(i * i - 77).scaleb(-2) for i in rng], pa.decimal128(12, 2)),
    "big": pa.array([decimal.Decimal(10)**30 + i if i % 4 else None for i in rng], pa.decimal128(38, 2)),
    "a": pa.array([None if i % 6 == 0 else [None if j == 1 else j * i for j in range(i % 4)] for i in rng], pa.list_(pa.int32())),
    "m": pa.array([[("k%d" % j, j - i) for j in range(i % 3)] if i % 5 else None for i in rng], pa.map_(pa.string(), pa.int32())),
    "r": pa.array([None if i % 4 == 3 else {"n": i, "l": ["x"] * (i % 3), "q": None if i % 2 else {"z": i / 2}} for i in rng],
                  pa.struct([("n", pa.int32()), ("l", pa.list_(pa.string())), ("q", pa.struct([("z", pa.float64())]))])),
})
for name in ["zlib", "snappy", "lz4", "zstd", "uncompressed"]:
    rows = t if name == "zstd" else t.slice(0, 200)
    orc.write_table(rows, os.path.join(here, "arrow-%s.orc" % name), compression=name, dictionary_key_size_threshold=0.9 if name == "zlib" else 0.0)
def plain(v):
    if isinstance(v, bytes): return v.hex()
    if isinstance(v, dt.datetime): return v.isoformat(timespec="microseconds")
    if isinstance(v, (dt.date, decimal.Decimal)): return str(v)
    if isinstance(v, dict): return {k: plain(x) for k, x in v.items()}
    return v
with open(os.path.join(here, "arrow.jsonl"), "w") as f:
    for r in t.slice(0, 200).to_pylist():
        r["m"] = None if r["m"] is None else dict(r["m"])
        f.write(json.dumps({k: plain(v) for k, v in r.items()}) + "\n")
