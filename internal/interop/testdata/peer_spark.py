"""Spark with Delta, the reference."""
import glob, os, sys
import pyspark
from pyspark.sql import SparkSession
from exchange import rows, save, serve

settings = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # it starts faster, and does little
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # small tables: one task a stage, and nothing compiled for them
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
}
if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
    settings |= {
        "spark.jars": ",".join(glob.glob(os.path.join(sys.prefix, "hadoop-aws", "*.jar"))),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": os.environ["AWS_REGION"],
        "spark.hadoop.fs.s3a.access.key": os.environ["AWS_ACCESS_KEY_ID"],
        "spark.hadoop.fs.s3a.secret.key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("OFF")
delta_jar, = glob.glob(os.path.join(os.path.dirname(pyspark.__file__), "jars", "delta-spark*.jar"))


def read(path, out, version=None, where=None, options=None):
    reader = spark.read.format("delta").options(**(options or {}))
    if version is not None:
        reader = reader.option("versionAsOf", version)
    frame = reader.load(path)
    if where is not None:
        frame = frame.where(where)
    save(frame.toArrow(), out)
    latest = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path).unsafeVolatileSnapshot()
    return {"schema": frame.schema.json(), "version": latest.version() if version is None else version}


def write(path, data, mode, by=None, evolve=False):
    spark.conf.set("spark.sql.timestampType", "TIMESTAMP_NTZ")  # of Arrow's timestamps without zone
    frame = spark.createDataFrame(rows(data))
    spark.conf.unset("spark.sql.timestampType")
    frame.write.format("delta").mode(mode).option("mergeSchema", str(evolve).lower()).partitionBy(*(by or [])).save(path)


def checkpoint(path):
    java = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path)
    java.checkpoint()


def sql(text):
    spark.sql(text)


def stream(path, out, data, options=None):
    """Follows the table at path into the table at out, with the checkpoint in data, up to what is there."""
    reader = spark.readStream.format("delta").options(**(options or {}))
    query = (reader.load(path).writeStream.format("delta").option("checkpointLocation", data)
             .option("mergeSchema", "true").trigger(availableNow=True).start(out))
    query.awaitTermination()


serve(says=f"Spark {spark.version} with Delta {delta_jar[:-4].rsplit('-', 1)[1]}", read=read, write=write, checkpoint=checkpoint, sql=sql, stream=stream)
