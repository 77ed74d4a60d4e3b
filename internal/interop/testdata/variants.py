"""Reads a Delta table and a folder of Parquet files with variants, adds a row to the table, and prints what it has read.

python variants.py TABLE FOLDER"""
import json, sys

from pyspark.sql import SparkSession

settings = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC", "spark.driver.memory": "1g", "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "1", "spark.databricks.delta.snapshotPartitions": "1",
}
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("OFF")
table, folder = sys.argv[1:]
texts = ["id", "to_json(v)", "schema_of_variant(v)", "is_valid_variant(v)", "to_json(s)", "to_json(l)"]
for frame in spark.read.format("delta").load(table), spark.read.parquet(folder):
    print(json.dumps([list(r) for r in frame.selectExpr(*texts).orderBy("id").collect()]))
    print(frame.schema.simpleString())
spark.sql(f"INSERT INTO delta.`{table}` SELECT 9, parse_json('{{\"from\":[\"spark\",1.50]}}'), NULL, NULL")
