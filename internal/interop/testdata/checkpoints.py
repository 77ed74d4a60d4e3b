# Asks Spark for the state of every checkpoint below a folder: python checkpoints.py FOLDER >checkpoints.jsonl
# It works on a copy. What Spark's own sources cannot read is left out; by hand, too, the changes of the two checkpoints
# (deduplication of 3.2.0 and 3.3.0) whose schema file is wrong, where Spark shows what happens to lie in memory.
import json, os, shutil, sys, tempfile

from pyspark.sql import SparkSession

work = os.path.join(tempfile.mkdtemp(), "checkpoints")
shutil.copytree(sys.argv[1], work)
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
         .config("spark.sql.session.timeZone", "UTC").config("spark.driver.memory", "1g").getOrCreate())
spark.sparkContext.setLogLevel("OFF")
spark.streams.active  # starts the coordinator that the source statestore asks


def ask(read, **what):
    try:
        frame = read()
        what["ddl"] = frame._jdf.schema().toDDL()
        what["rows"] = sorted(r[0] for r in frame.selectExpr("to_json(struct(*), map('ignoreNullFields', 'false'))").collect())
    except Exception as e:
        what["error"] = getattr(e, "getCondition", lambda: None)()
        if not what["error"]:
            return
    print(json.dumps(what), flush=True)


def state(at, operator, store, **options):
    reader = spark.read.format("statestore").option("operatorId", operator)
    if store != "default":
        reader = reader.option("storeName", store)
    return lambda: reader.options(**options).load(at)


for at, folders, files in sorted(os.walk(work)):
    if "offsets" not in folders or "metadata" not in files:
        continue
    name = os.path.relpath(at, work)
    ask(lambda: spark.read.format("state-metadata").load(at), checkpoint=name, what="metadata")
    below = os.path.join(at, "state")
    if not os.path.isdir(below) or "rocksdb" in name or "tws" in name:
        continue
    logs = os.path.join(at, "commits")
    commits = sorted(int(x) for x in os.listdir(logs) if x.isdigit()) if os.path.isdir(logs) else []
    for operator in sorted(int(x) for x in os.listdir(below) if x.isdigit()):
        first = os.path.join(below, str(operator), "0")
        stores = sorted(x for x in os.listdir(first) if os.path.isdir(os.path.join(first, x)) and not x.startswith("_")) or ["default"]
        for store in stores:
            ask(state(at, operator, store), checkpoint=name, what="state", operator=operator, store=store)
            for batch in commits[:-1]:
                ask(state(at, operator, store, batchId=batch), checkpoint=name, what="state", operator=operator, store=store, batch=batch)
            ask(state(at, operator, store, readChangeFeed=True, changeStartBatchId=0), checkpoint=name, what="changes", operator=operator, store=store)
