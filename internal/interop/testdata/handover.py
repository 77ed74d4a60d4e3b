"""Spark as the other end of a query that moves: it runs what is there of a stream, and stops."""
import glob, json, os
from pyspark.sql import SparkSession
from exchange import serve

settings = {
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
}
if os.environ.get("LAKEHOUSE_KAFKA_JARS"):
    settings["spark.driver.extraClassPath"] = os.environ["LAKEHOUSE_KAFKA_JARS"]
if "LAKEHOUSE_NO_DELTA" not in os.environ:
    settings["spark.sql.extensions"] = "io.delta.sql.DeltaSparkSessionExtension"
    settings["spark.sql.catalog.spark_catalog"] = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("OFF")


def stream(path, source, schema):
    reader = spark.readStream.option("maxFilesPerTrigger", 1)
    if source == "delta":
        return reader.format("delta").load(path)
    return reader.format("json").schema(schema).load(path)


def keep(out):
    """Writes each batch's rows to a file of its own, which a repeated batch replaces."""

    def write(frame, batch):
        os.makedirs(out, exist_ok=True)
        rows = [r[0] for r in frame.selectExpr("to_json(struct(*), map('ignoreNullFields', 'false'))").collect()]
        with open(os.path.join(out, f"{batch}.jsonl"), "w") as file:
            file.writelines(row + "\n" for row in sorted(rows))

    return write


def run(dir, source, schemas, watermarks, query, distinct, sink, mode, conf):
    for name, value in conf.items():
        spark.conf.set(name, value)
    try:
        query_of(dir, source, schemas, watermarks, query, distinct, sink, mode).awaitTermination()
    finally:
        for name in conf:
            spark.conf.unset(name)


def query_of(dir, source, schemas, watermarks, query, distinct, sink, mode):
    frames = []
    for i, schema in enumerate(schemas):
        frame = stream(os.path.join(dir, f"in{i}"), source, schema)
        if watermarks[i]:
            frame = frame.withWatermark(*watermarks[i])
        frame.createOrReplaceTempView(f"s{i}")
        frames.append(frame)
    out = frames[0].dropDuplicates(distinct) if distinct else spark.sql(query)
    writer = out.writeStream.outputMode(mode).option("checkpointLocation", os.path.join(dir, "cp")).trigger(availableNow=True)
    if spark.conf.get("spark.sql.streaming.queryEvolution.enableSinkEvolution", "false") == "true":
        writer._jwrite.name("out")
    if sink == "batches":
        return writer.foreachBatch(keep(os.path.join(dir, "batches"))).start()
    return writer.format("delta").start(os.path.join(dir, "out"))


def append(table, files, schema):
    """Adds the rows of each file to a Delta table, as a version of its own."""
    for file in files:
        spark.read.schema(schema).json(file).coalesce(1).write.format("delta").mode("append").save(table)


def run_files(dir, format, schema, query, partitions):
    """Goes on with a stream from JSON files into files of another format."""
    stream(os.path.join(dir, "in0"), "json", schema).createOrReplaceTempView("s0")
    writer = spark.sql(query).writeStream.format(format).partitionBy(*partitions).trigger(availableNow=True)
    writer.option("checkpointLocation", os.path.join(dir, "cp")).start(os.path.join(dir, "out")).awaitTermination()


def read_files(dir, format, schema, out):
    """Writes the rows that a batch read finds, one JSON object a line."""
    frame = spark.read.format(format).schema(schema).load(os.path.join(dir, "out"))
    rows = [r[0] for r in frame.selectExpr("to_json(struct(*), map('ignoreNullFields', 'false'))").collect()]
    with open(out, "w") as file:
        file.writelines(row + "\n" for row in sorted(rows))


def run_feed(dir, servers, limit, sink):
    """Goes on with a stream from topic "in" into a Delta table or topic "out"."""
    rows = spark.readStream.format("kafka").option("kafka.bootstrap.servers", servers).option("subscribe", "in")
    rows = rows.option("startingOffsets", "earliest").option("includeHeaders", "true").option("maxOffsetsPerTrigger", limit).load()
    writer = rows.selectExpr(*feed_columns).writeStream.format(sink).trigger(availableNow=True)
    writer = writer.option("checkpointLocation", os.path.join(dir, "cp"))
    if sink == "kafka":
        writer.option("kafka.bootstrap.servers", servers).option("topic", "out").start().awaitTermination()
    else:
        writer.start(os.path.join(dir, "out")).awaitTermination()


def read_feed(servers, topic, out):
    """Writes key, value and headers of a topic's records, a line each."""
    frame = spark.read.format("kafka").option("kafka.bootstrap.servers", servers).option("subscribe", topic).option("includeHeaders", "true").load()
    with open(out, "w") as file:
        for row in frame.selectExpr(*feed_columns).collect():
            headers = "".join(f" {h.key}={h.value.decode()}" for h in row.headers or [])
            file.write(f"{row.key or 'null'} {row.value}{headers}\n")


feed_columns = ["CAST(key AS STRING) key", "CAST(value AS STRING) value", "headers"]
serve(run=run, append=append, run_files=run_files, read_files=read_files, run_feed=run_feed, read_feed=read_feed)
