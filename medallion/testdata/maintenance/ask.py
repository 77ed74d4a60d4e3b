"""Asks Spark with Delta what each statement of cases.json answers and leaves in the history, and writes its answers to spark.json.

python ask.py: the cases that have no answer yet, for some minutes.
python ask.py name part …: cases with that in their names, anew."""
import glob, json, os, shutil, sys, tempfile, time
from pyspark.sql import SparkSession

here = os.path.dirname(os.path.abspath(__file__))
cases = json.load(open(os.path.join(here, "cases.json")))
answers_path = os.path.join(here, "spark.json")
answers = json.load(open(answers_path)) if os.path.exists(answers_path) else {}
root = tempfile.mkdtemp(prefix="maintenance-golden-")
spark = (SparkSession.builder.master("local[2]")
         .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
         .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
         .config("spark.sql.shuffle.partitions", "1").config("spark.default.parallelism", "1").config("spark.ui.enabled", "false")
         .config("spark.driver.memory", "1g").config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dderby.system.home=" + root)
         .config("spark.sql.codegen.wholeStage", "false").config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
         .config("spark.sql.warehouse.dir", os.path.join(root, "warehouse"))
         .config("spark.sql.leafNodeDefaultParallelism", "1").config("spark.databricks.delta.snapshotPartitions", "1").config("spark.ui.showConsoleProgress", "false")
         .config("spark.sql.session.timeZone", "UTC").getOrCreate())
spark.sparkContext.setLogLevel("OFF")


def plain(value):
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return str(value).replace(root, "$ROOT")


def shown(value):
    """a parameter as DESCRIBE HISTORY shows it"""
    return plain(value if isinstance(value, str) else json.dumps(value))


def history(where):
    """the commitInfo of each version; DESCRIBE HISTORY tells the same, and takes a second"""
    found = {}
    for name in sorted(glob.glob(where + "/_delta_log/" + "[0-9]" * 20 + ".json")):
        with open(name) as lines:
            infos = [a["commitInfo"] for a in map(json.loads, lines) if "commitInfo" in a]
        found[int(os.path.basename(name)[:20])] = infos[0] if infos else {}
    return found


def run(text, where, before):
    answer = {"statement": text}
    if text.startswith("@parquet "):
        _, to, query = text.replace("$ROOT", root).split(" ", 2)
        spark.sql(query).write.partitionBy("p").parquet(to)
        return answer
    try:
        df = spark.sql(text.replace("$ROOT", root))
        answer["schema"] = df.schema.simpleString()
        answer["result"] = [plain(r.asDict(recursive=True)) for r in df.collect()]
    except Exception as e:
        condition = getattr(e, "getCondition", lambda: None)() or type(e).__name__
        answer["error"] = condition
        answer["message"] = plain(str(e)).split("\n\nJVM")[0].split("\n== SQL")[0][:600]
    after = history(where)
    answer["versions"] = [
        {"operation": i.get("operation"), "parameters": {k: shown(v) for k, v in i.get("operationParameters", {}).items() if v is not None},
         "metrics": i.get("operationMetrics"), "isolationLevel": i.get("isolationLevel"), "isBlindAppend": i.get("isBlindAppend"),
         "readVersion": i.get("readVersion"), "tags": i.get("tags")}
        for v, i in after.items() if v not in before]
    before.update(after)
    return answer


def ask(case):
    for t in ("t", "c"):
        spark.sql("DROP TABLE IF EXISTS " + t)
        shutil.rmtree(os.path.join(root, "warehouse", t), ignore_errors=True)
    shutil.rmtree(os.path.join(root, "pq"), ignore_errors=True)
    where, seen = os.path.join(root, case.get("folder", "warehouse/t")), {}
    return [run(text, where, seen) for text in case["do"]]


began = time.time()
for case in cases:
    if not any(a in case["name"] for a in sys.argv[1:]) if len(sys.argv) > 1 else case["name"] in answers or time.time() > began + 240:
        continue
    answers[case["name"]] = ask(case)
    names = [c["name"] for c in cases]
    with open(answers_path + ".new", "w") as f:
        json.dump({n: answers[n] for n in names if n in answers}, f, indent=1, ensure_ascii=False)
    os.replace(answers_path + ".new", answers_path)
    print(case["name"], round(time.time() - began), flush=True)
shutil.rmtree(root, ignore_errors=True)
