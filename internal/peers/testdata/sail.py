"""Sail does the job in batch to Delta tables (it refuses toTable and explode in a stream), its server within this process."""
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from invoices import ADDRESS, INVOICE, ITEM, SPARK_SCHEMA
from worker import Clock, serve

server = SparkConnectServer()
server.start(background=True)
spark = SparkSession.builder.remote(f"sc://localhost:{server.listening_address[1]}").getOrCreate()


def job(landing, out):
    with Clock() as took:
        spark.read.schema(SPARK_SCHEMA).json(landing).write.format("delta").save(f"{out}/bronze")
        (spark.read.format("delta").load(f"{out}/bronze")
            .select(*INVOICE, *["DeliveryAddress." + c for c in ADDRESS], F.explode("InvoiceLineItems").alias("Item"))
            .select(*INVOICE, *ADDRESS, *["Item." + c for c in ITEM])
            .write.format("delta").save(f"{out}/silver"))
        sums = [F.count("*").alias("LineItems"), F.sum("ItemQty").alias("Quantity"), F.sum("TotalValue").alias("Revenue")]
        for name, keys in ("day", ["StoreID", F.to_date(F.timestamp_millis("CreatedTime")).alias("Day")]), ("payment", ["PaymentMethod"]):
            (spark.read.format("delta").load(f"{out}/silver").groupBy(*keys).agg(*sums)
                .write.format("delta").save(f"{out}/{name}"))
    return {"seconds": took.seconds, "tables": {t: f"{out}/{t}" for t in ("bronze", "silver", "day", "payment")}}


if __name__ == "__main__":
    serve(job=job)
