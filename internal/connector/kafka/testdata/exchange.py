# Runs a query of Spark's over topic "in" for what is there: exchange.py JARS SERVERS CHECKPOINT OUT
import os
import sys

from pyspark.sql import SparkSession

jars, servers, checkpoint, out = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "1g")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.driver.extraClassPath", jars)
    .getOrCreate()
)
os.makedirs(out)


def keep(frame, batch):
    with open(f"{out}/{batch}.txt", "w") as file:
        file.writelines(row.value.replace(" ", "_") + "\n" for row in frame.collect())


query = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", servers)
    .option("subscribe", "in")
    .option("startingOffsets", "earliest")
    .option("maxOffsetsPerTrigger", "7")
    .load()
    .selectExpr("CAST(value AS STRING) value")
    .writeStream.foreachBatch(keep)
    .option("checkpointLocation", checkpoint)
    .trigger(availableNow=True)
    .start()
)
query.awaitTermination()
