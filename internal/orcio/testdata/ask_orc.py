# Makes ORC files with Spark, and what Spark reads of them: python ask_orc.py with pyspark 4.2. All are committed, and small.
import datetime as dt, decimal, json, os, shutil, tempfile
from pyspark.sql import SparkSession

here = os.path.dirname(os.path.abspath(__file__))
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
         .config("spark.driver.memory", "1g").config("spark.sql.session.timeZone", "UTC").getOrCreate())
spark.sparkContext.setLogLevel("OFF")
base = tempfile.mkdtemp()

orc = here
rows = []
for i in range(300):
    rows.append((
        None if i % 7 == 0 else i % 2 == 0, i % 256 - 128, None if i % 11 == 0 else i * 7 - 9000, 5 if i < 900 else i * i, (i - 1500) * 10**14 if i % 97 else 3,
        i / 4, i / 3 if i % 5 else None, "s%d" % (i % 13), "ä%d" % (i * 7919) if i % 3 else None, bytearray([i % 256]) * (i % 4),
        dt.date(1969, 12, 1) + dt.timedelta(days=i), dt.datetime(1965, 1, 1) + dt.timedelta(hours=i * 131, microseconds=i * 1001),
        dt.datetime(2020, 2, 29, 12, 0, 0, (i % 7) * 100000), decimal.Decimal(i * i - 77) / 100, decimal.Decimal(10)**30 + i if i % 4 else None,
        None if i % 6 == 0 else [None if j == 1 else j * i for j in range(i % 4)], {"k%d" % j: j - i for j in range(i % 3)} if i % 5 else None,
        None if i % 4 == 3 else (i, ["x"] * (i % 3), None if i % 2 else (i / 2,))))
schema = ("b boolean, y tinyint, h smallint, i int, l bigint, f float, d double, s string, t string, x binary, day date, ts timestamp, "
          "ntz timestamp_ntz, dec decimal(12,2), big decimal(38,2), a array<int>, m map<string,int>, r struct<n:int,l:array<string>,q:struct<z:double>>")
df = spark.createDataFrame([tuple(list(r[:1]) + [int(r[1]), None if r[2] is None else int(r[2]) % 32768] + list(r[3:])) for r in rows], schema)
for name, options in {"zlib": {}, "snappy": {}, "lz4": {}, "zstd": {}, "none": {"orc.write.format": "0.11"}}.items():
    out = os.path.join(base, "orc", name)
    part = df
    part.coalesce(1).write.options(**options).option("compression", name).orc(out)
    made = [f for f in os.listdir(out) if f.endswith(".orc") and not f.startswith(".")][0]
    shutil.copy(os.path.join(out, made), os.path.join(orc, "spark-%s.orc" % name))
read = spark.read.orc(os.path.join(base, "orc", "none"))
with open(os.path.join(orc, "expected.jsonl"), "w") as f:
    f.write(read.schema.simpleString() + "\n")
    for r in read.selectExpr("to_json(struct(*), map('ignoreNullFields','false'))").collect():
        f.write(r[0] + "\n")
