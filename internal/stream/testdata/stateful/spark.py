"""Runs cases.json in Spark and writes spark.json: what each batch gave. Arguments: "missing" for the cases without an answer, "unkept" for
those without a kept checkpoint, a part of the cases' names, or none. With KEEP=folder the checkpoints stay there, by the cases' names.
With SECONDS=n no case begins after so many seconds."""

import json
import os
import re
import shutil
import sys
import tempfile
import time

from pyspark.sql import SparkSession

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.memory", "1g")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.streaming.metricsEnabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")


def text(v):
    if v is None:
        return "NULL"
    if isinstance(v, list):
        return "[" + ", ".join(text(x) for x in v) + "]"
    if isinstance(v, bool):
        return str(v).lower()
    if isinstance(v, float):
        return "NaN" if v != v else repr(v)
    if hasattr(v, "asDict"):
        return "{" + ", ".join(text(x) for x in v) + "}"
    return str(v)


def land(folder, batches):
    os.makedirs(folder)
    for i, rows in enumerate(batches):
        name = "%s/%03d.json" % (folder, i)
        with open(name, "w") as f:
            for row in rows:
                f.write(json.dumps(row) + "\n")
        os.utime(name, (1700000000 + i, 1700000000 + i))


def frame(c, folder):
    for name, s in c["streams"].items():
        land(folder + "/" + name, s["batches"])
        df = spark.readStream.schema(s["schema"]).option("maxFilesPerTrigger", 1).json(folder + "/" + name)
        if s["watermark"]:
            df = df.withWatermark(*s["watermark"])
        df.createOrReplaceTempView(name)
    for name, t in c["tables"].items():
        land(folder + "/" + name, [t["rows"]])
        spark.read.schema(t["schema"]).json(folder + "/" + name).createOrReplaceTempView(name)
    for step in c["steps"]:
        if "sql" in step:
            df = spark.sql(step["sql"])
        else:
            df = spark.table(step["of"])
            if "dropDuplicates" in step:
                df = df.dropDuplicates(step["dropDuplicates"] or None)
            else:
                df = df.dropDuplicatesWithinWatermark(step["dropDuplicatesWithinWatermark"] or None)
        df.createOrReplaceTempView(step["name"])
    return df


KEPT = ["operatorName", "numRowsTotal", "numRowsUpdated", "numRowsRemoved", "numRowsDroppedByWatermark", "numDroppedDuplicateRows"]


def run(c):
    folder = tempfile.mkdtemp()
    rows = {}

    def take(df, n):
        rows[n] = sorted("|".join(text(v) for v in r) for r in df.collect())

    answer = {"name": c["name"]}
    try:
        df = frame(c, folder)
        q = df.writeStream.foreachBatch(take).outputMode(c["mode"]).option("checkpointLocation", folder + "/checkpoint").trigger(availableNow=True).start()
        try:
            q.awaitTermination()
        finally:
            answer["batches"] = []
            for p in (json.loads(p.json) for p in q.recentProgress):
                if p["batchId"] not in rows:
                    continue
                state = []
                for s in p["stateOperators"]:
                    s.update({k: v for k, v in s["customMetrics"].items() if k in KEPT})
                    state.append({k: s[k] for k in KEPT if k in s})
                answer["batches"].append({"id": p["batchId"], "watermark": p.get("eventTime", {}).get("watermark", ""), "rows": rows[p["batchId"]], "state": state})
    except Exception as e:
        answer["error"] = re.sub(r"#\d+L?", "", str(e).split("\n")[0])[:400]
    if "KEEP" in os.environ and os.path.exists(folder + "/checkpoint"):
        shutil.copytree(folder + "/checkpoint", os.environ["KEEP"] + "/" + c["name"])
    shutil.rmtree(folder, ignore_errors=True)
    return answer


with open("cases.json") as f:
    cases = json.load(f)
answers = {}
if os.path.exists("spark.json"):
    with open("spark.json") as f:
        answers = {a["name"]: a for a in json.load(f)}
wanted = sys.argv[1] if len(sys.argv) > 1 else ""
end = time.time() + float(os.environ.get("SECONDS", "inf"))


def left_out(name):
    if wanted == "missing":
        return name in answers
    if wanted == "unkept":
        return os.path.exists(os.environ["KEEP"] + "/" + name)
    return wanted not in name


for c in cases:
    if left_out(c["name"]) or time.time() > end:
        continue
    answers[c["name"]] = run(c)
    print(c["name"], len(answers[c["name"]].get("batches", [])), answers[c["name"]].get("error", ""), flush=True)
    with open("spark.json", "w") as f:
        kept = [answers[c["name"]] for c in cases if c["name"] in answers]
        f.write("[\n" + ",\n".join(json.dumps(a) for a in kept) + "\n]\n")
