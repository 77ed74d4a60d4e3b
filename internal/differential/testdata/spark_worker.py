"""Spark runs cases: a case a line on standard input, its answer a line on standard output.

A case is a JSON object as differential's Case prints it. An answer holds, for each batch that ran, its rows, the watermark that
it used and the state operators' counts; or the class of the error that ended the query.
"""
import concurrent.futures, datetime, decimal, json, math, os, re, shutil, sys, tempfile, threading, time, traceback

os.environ["TZ"] = "UTC"
time.tzset()

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

answers = os.fdopen(os.dup(1), "w")  # what Java prints must not stand between
os.dup2(2, 1)

spark = (SparkSession.builder.master("local[2]")
    .config("spark.driver.memory", "1g")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.streaming.checkpoint.fileChecksum.enabled", "false")
    .config("spark.sql.codegen.wholeStage", "false")  # plans run once: compiling them costs more than it gains
    .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    .getOrCreate())
spark.sparkContext.setLogLevel("OFF")


def value(v):
    """A value as JSON has it."""
    if v is None or isinstance(v, (bool, int, str)):
        return v
    if isinstance(v, float):
        return str(v).lower() if math.isnan(v) or math.isinf(v) else v
    if isinstance(v, decimal.Decimal):
        return format(v, "f")
    if isinstance(v, datetime.datetime):
        return v.strftime("%Y-%m-%dT%H:%M:%S.%f")
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, (bytes, bytearray)):
        return bytes(v).hex()
    if isinstance(v, (tuple, list)):  # a Row is a tuple
        return [value(e) for e in v]
    if isinstance(v, dict):
        return sorted(([value(k), value(e)] for k, e in v.items()), key=json.dumps)
    raise TypeError(type(v))


def write(folder, number, lines):
    """A file comes in whole, with the time that gives it its place."""
    aside = os.path.join(folder, f".{number:05}.json")
    with open(aside, "w") as f:
        f.write("".join(line + "\n" for line in lines))
    at = 1735689600 + number
    os.utime(aside, (at, at))
    os.rename(aside, os.path.join(folder, f"{number:05}.json"))


def build(session, case, home):
    """The case's views; the last is the query."""
    for table in case.get("tables") or []:
        folder = os.path.join(home, table["name"])
        os.makedirs(folder, exist_ok=True)
        write(folder, 0, table["rows"])
        session.read.schema(table["schema"]).json(folder).createOrReplaceTempView(table["name"])
    for source in case["sources"]:
        folder = os.path.join(home, source["name"])
        os.makedirs(folder, exist_ok=True)
        frame = session.readStream.schema(source["schema"]).option("maxFilesPerTrigger", 1).json(folder)
        frame.createOrReplaceTempView(source["name"])
    for view in case["views"]:
        if "sql" in view:
            frame = session.sql(view["sql"])
        else:
            frame = session.table(view["of"])
        if "watermark" in view:
            frame = frame.withWatermark(*view["watermark"])
        if "dropDuplicates" in view:
            frame = frame.dropDuplicates(view["dropDuplicates"] or None)
        if "dropDuplicatesWithinWatermark" in view:
            frame = frame.dropDuplicatesWithinWatermark(view["dropDuplicatesWithinWatermark"] or None)
        if "limit" in view:
            frame = frame.limit(view["limit"])
        frame.createOrReplaceTempView(view["name"])
    return frame


def run(case, home, batches):
    number = 0
    schema = None
    for run in case["runs"]:
        session = spark.newSession()
        for name, setting in (case.get("conf") or {}).items():
            session.conf.set(name, setting)
        frame = build(session, case, home)
        schema = frame.schema.simpleString()
        for batch in run:
            for source, lines in batch.items():
                write(os.path.join(home, source), number, lines)
            number += 1
        rows = {}

        def take(df, id):
            rows[id] = sorted((value(r) for r in df.collect()), key=json.dumps)

        query = (frame.writeStream.outputMode(case["mode"]).option("checkpointLocation", os.path.join(home, "checkpoint"))
            .trigger(availableNow=True).foreachBatch(take).start())
        try:
            query.awaitTermination()
        finally:
            for p in query.recentProgress:
                p = json.loads(p.json)
                if p["batchId"] in rows and "addBatch" in p["durationMs"]:
                    batches.append({
                        "id": p["batchId"],
                        "rows": rows[p["batchId"]],
                        "watermark": p.get("eventTime", {}).get("watermark", ""),
                        "input": p["numInputRows"],
                        "state": [{"operator": s["operatorName"], "total": s["numRowsTotal"], "updated": s["numRowsUpdated"],
                                   "removed": s["numRowsRemoved"], "dropped": s["numRowsDroppedByWatermark"]} for s in p["stateOperators"]],
                    })
    return schema


CLASS = re.compile(r"\[([A-Z][A-Z0-9_]+(?:\.[A-Z][A-Z0-9_]+)?)\]")


def answer(case):
    home = tempfile.mkdtemp(prefix="differential-")
    batches = []
    out = {"case": case["name"], "batches": batches}
    try:
        out["schema"] = run(case, home, batches)
    except Exception as e:
        text = str(e)
        classes = [c for c in CLASS.findall(text) if c not in ("STREAM_FAILED",)]
        out["error"] = (classes[-1] if classes else type(e).__name__)
        out["message"] = text[:1500]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return out


def main():
    lock = threading.Lock()

    def one(line):
        text = json.dumps(answer(json.loads(line)))
        with lock:
            answers.write(text + "\n")
            answers.flush()

    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("DIFFERENTIAL_THREADS", "2"))) as pool:
        running = []
        for line in sys.stdin:
            running.append(pool.submit(one, line))
        for r in running:
            r.result()


main()
