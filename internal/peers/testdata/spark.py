"""Spark with Delta does the job as ours does: streams with checkpoints, availableNow, the JVM warm."""
import os, time
from concurrent.futures import ThreadPoolExecutor
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from invoices import ADDRESS, INVOICE, ITEM, SPARK_SCHEMA
from worker import Clock, serve

CONFIG = {
    "spark.master": "local[*]",
    "spark.driver.memory": "4g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # for one small machine: as many partitions as it has cores, of a shuffle and of Delta's own snapshots
    "spark.sql.shuffle.partitions": str(os.cpu_count()),
    "spark.databricks.delta.snapshotPartitions": str(os.cpu_count()),
    "spark.sql.session.timeZone": "UTC",
}


def start():
    builder = SparkSession.builder
    for name, value in CONFIG.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def bronze(landing, out):
    return stream(spark.readStream.schema(SPARK_SCHEMA).json(landing), out, "bronze")


def stream(frame, out, table, mode="append"):
    return frame.writeStream.format("delta").outputMode(mode).option("checkpointLocation", f"{out}/checkpoint/{table}")


def now(writer, path):
    writer.trigger(availableNow=True).start(path).awaitTermination()


def job(landing, out):
    with Clock() as took:
        now(bronze(landing, out), f"{out}/bronze")
        items = (spark.readStream.format("delta").load(f"{out}/bronze")
            .select(*INVOICE, *["DeliveryAddress." + c for c in ADDRESS], F.explode("InvoiceLineItems").alias("Item"))
            .select(*INVOICE, *ADDRESS, *["Item." + c for c in ITEM]))
        now(stream(items, out, "silver"), f"{out}/silver")
        sums = [F.count("*").alias("LineItems"), F.sum("ItemQty").alias("Quantity"), F.sum("TotalValue").alias("Revenue")]
        for name, keys in ("day", ["StoreID", F.to_date(F.timestamp_millis("CreatedTime")).alias("Day")]), ("payment", ["PaymentMethod"]):
            sums_of = spark.readStream.format("delta").load(f"{out}/silver").groupBy(*keys).agg(*sums)
            now(stream(sums_of, out, name, "complete"), f"{out}/{name}")
    return {"seconds": took.seconds, "tables": {t: f"{out}/{t}" for t in ("bronze", "silver", "day", "payment")}}


def small(landing, out):
    """Many small files through bronze."""
    with Clock() as took:
        now(bronze(landing, out), f"{out}/bronze")
    return {"seconds": took.seconds, "tables": {"bronze": f"{out}/bronze"}}


def micro(spare, landing, out):
    """The files of spare, one after another, through a running bronze query: what each batch takes, in ms."""
    query = bronze(landing, out).start(f"{out}/bronze")
    batches, arrivals = [], []
    for name in sorted(os.listdir(spare)):
        began = time.perf_counter()
        os.rename(f"{spare}/{name}", f"{landing}/{name}")
        query.processAllAvailable()
        arrivals.append((time.perf_counter() - began) * 1000)
        batches.append(next(p["batchDuration"] for p in reversed(query.recentProgress) if p["numInputRows"] > 0))
    query.stop()
    return {"batches": batches, "arrivals": arrivals, "tables": {"bronze": f"{out}/bronze"}}


EVENTS = "id bigint, key bigint, time timestamp"


def events(folder):
    return spark.readStream.schema(EVENTS).option("maxFilesPerTrigger", 1).parquet(folder)


def count(landing, right):
    return events(landing).groupBy(F.window("time", "1 hour"), "key").count(), "update"


def dedup(landing, right):
    return events(landing).withWatermark("time", "1 minute").dropDuplicates(["id", "time"]), "append"


def join(landing, right):
    shown = events(landing).selectExpr("id AS shown", "time AS shownAt").withWatermark("shownAt", "10 minutes")
    clicked = events(right).selectExpr("id AS clicked", "time AS clickedAt").withWatermark("clickedAt", "10 minutes")
    return shown.join(clicked, F.expr("shown = clicked AND clickedAt >= shownAt AND clickedAt <= shownAt + interval 10 minutes")), "append"


def stateful(query, landing, out, right=None):
    """One query with state over files, each a micro-batch; the state in Spark's default store."""
    spark.conf.set("spark.sql.streaming.numRecentProgressUpdates", 1000)
    with Clock() as took:
        frame, mode = {"count": count, "dedup": dedup, "join": join}[query](landing, right)
        writer = frame.writeStream.outputMode(mode).trigger(availableNow=True).option("checkpointLocation", f"{out}/checkpoint")
        tables = {} if query == "count" else {query: f"{out}/table"}
        running = writer.format("noop").start() if query == "count" else writer.format("delta").start(tables[query])
        running.awaitTermination()
    progress = running.recentProgress
    states = [s for p in progress for s in p["stateOperators"]]
    return {
        "seconds": took.seconds, "tables": tables, "state_rows": states[-1]["numRowsTotal"], "updated": sum(s["numRowsUpdated"] for s in states),
        "batches": [p["batchDuration"] for p in progress if p["numInputRows"] > 0],
    }


CLAUSES = {
    "upsert": "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    "insert": "WHEN NOT MATCHED THEN INSERT *",
    "update": "WHEN MATCHED THEN UPDATE SET *",
}


def merge(table, landing, query):
    """Merges the files of landing into a table, by key."""
    with Clock() as took:
        spark.sql(f"MERGE INTO delta.`{table}` t USING parquet.`{landing}` s ON t.id = s.id {CLAUSES[query]}").collect()
    return {"seconds": took.seconds}


def optimize(table):
    """Makes few files of many small ones."""
    with Clock() as took:
        spark.sql(f"OPTIMIZE delta.`{table}`").collect()
    return {"seconds": took.seconds}


def delta_log(table):
    """Delta's own log of a table, opened anew."""
    logs = spark._jvm.org.apache.spark.sql.delta.DeltaLog
    logs.clearCache()
    return logs.forTable(spark._jsparkSession, table)


def log(table):
    """Opens a table, and asks for its files."""
    with Clock() as opened:
        snapshot = delta_log(table).unsafeVolatileSnapshot()
        version, _ = snapshot.version(), snapshot.metadata().id()
    with Clock() as listed:
        files = snapshot.numOfFiles()
    return {"seconds": opened.seconds, "with_files": opened.seconds + listed.seconds, "version": version, "files": files}


def checkpoint(table):
    """Writes the checkpoint of a table's newest version."""
    with Clock() as took:
        delta_log(table).checkpoint()
    return {"seconds": took.seconds}


def append_row(table):
    spark.sql("SELECT 1L AS id, 'a' AS name").write.format("delta").mode("append").save(table)


def append(table, times):
    """Appends one row after another; the first opens the table."""
    arrivals = []
    for _ in range(times):
        with Clock() as took:
            append_row(table)
        arrivals.append(took.seconds * 1000)
    return {"arrivals": arrivals, "seconds": sum(arrivals) / 1000}


def commits(table, writers, times):
    """Writers append one row after another, all at the same time."""
    def write(_):
        dropped = 0
        for _ in range(times):
            try:
                append_row(table)
            except Exception as err:
                if "concurrent" not in str(err).lower():
                    raise
                dropped += 1
        return dropped

    with Clock() as took, ThreadPoolExecutor(writers) as pool:
        dropped = sum(pool.map(write, range(writers)))
    return {"seconds": took.seconds, "dropped": dropped}


if __name__ == "__main__":
    spark = start()
    serve(
        job=job, small=small, micro=micro, stateful=stateful, merge=merge, optimize=optimize, log=log, checkpoint=checkpoint, append=append,
        commits=commits,
    )
