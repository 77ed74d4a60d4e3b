"""Runs small queries in Spark 4.2 with Delta, and keeps the JSON of their reports in spark.json, by query. The input is here, too."""
import json, os, shutil, tempfile, time
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

here = os.path.dirname(os.path.abspath(__file__))
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "1g")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.databricks.delta.snapshotPartitions", "1")
    .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    .config("spark.sql.codegen.wholeStage", "false")
    .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.streaming.noDataProgressEventInterval", "200ms")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
base = "/tmp/progress"
shutil.rmtree(base, ignore_errors=True)
os.makedirs(base + "/in")
for i in range(3):
    with open("%s/in/%d.json" % (base, i), "w") as f:
        for j in range(4):
            f.write(json.dumps({"t": "2024-01-01 00:%02d:%02d" % (i, 10 * j), "k": "ab"[j % 2], "n": 10 * i + j}) + "\n")
    os.utime("%s/in/%d.json" % (base, i), (1700000000 + i, 1700000000 + i))
spark.read.schema("t timestamp, k string, n int").json(base + "/in").coalesce(1).write.format("delta").save(base + "/table")


def files():
    return spark.readStream.schema("t timestamp, k string, n int").option("maxFilesPerTrigger", 1).json(base + "/in")


def table():
    return spark.readStream.format("delta").load(base + "/table")


def late(frame):
    return frame.withWatermark("t", "10 seconds")


def joined():
    left = late(files())
    right = late(files()).select(F.col("t").alias("u"), F.col("k").alias("l"))
    return left.join(right, F.expr("k = l AND u >= t AND u <= t + INTERVAL 10 SECONDS"))


queries = {
    "stateless": lambda: files(),
    "observed": lambda: files().observe("seen", F.count("*").alias("rows"), F.max("n").alias("most"), F.avg("n").alias("mean"), F.max("k").alias("k"), F.max("t").alias("at")),
    "counted": lambda: late(files()).groupBy(F.window("t", "10 seconds"), "k").count(),
    "distinct": lambda: late(files()).dropDuplicates(["k", "t"]),
    "distinct within": lambda: late(files()).dropDuplicatesWithinWatermark(["k"]),
    "sessions": lambda: late(files()).groupBy(F.session_window("t", "15 seconds"), "k").count(),
    "joined": joined,
    "of a table": lambda: table(),
    "first rows": lambda: files().limit(5),
}
reports = {}
for name, frame in queries.items():
    out = base + "/out/" + name.replace(" ", "_")
    q = (frame().writeStream.format("delta").queryName(name.replace(" ", "_")).option("checkpointLocation", base + "/cp/" + name.replace(" ", "_"))
         .trigger(availableNow=True).start(out))
    q.awaitTermination()
    reports[name] = [json.loads(p.json) for p in q.recentProgress]
    print(name, len(reports[name]), flush=True)
q = late(files()).groupBy(F.window("t", "10 seconds"), "k").count().writeStream.format("delta").option("checkpointLocation", base + "/cp/idle").start(base + "/out/idle")
q.processAllAvailable()
time.sleep(2)
reports["idle"] = [json.loads(q.lastProgress.json)]
q.stop()
with open(here + "/spark.json", "w") as f:
    f.write("{\n" + ",\n".join("%s: [\n%s\n]" % (json.dumps(n), ",\n".join(json.dumps(p) for p in ps)) for n, ps in reports.items()) + "\n}\n")
shutil.rmtree(base)
