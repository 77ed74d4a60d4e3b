"""Asks Spark with Delta what each case of cases.json does, and writes its answers to spark.json.

python ask.py: the cases that have no answer yet, or had none of the history, for some minutes.
python ask.py name part …: cases with that in their names, anew."""
import json, os, re, shutil, sys, tempfile, time
from pyspark.sql import SparkSession

here = os.path.dirname(os.path.abspath(__file__))
cases = json.load(open(os.path.join(here, "cases.json")))
answers_path = os.path.join(here, "spark.json")
answers = json.load(open(answers_path)) if os.path.exists(answers_path) else {}
root = tempfile.mkdtemp(prefix="dml-golden-")
spark = (SparkSession.builder.master("local[2]")
         .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
         .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
         .config("spark.sql.shuffle.partitions", "1").config("spark.default.parallelism", "1").config("spark.ui.enabled", "false")
         .config("spark.driver.memory", "1g").config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dderby.system.home=" + root)
         .config("spark.sql.codegen.wholeStage", "false")
         .config("spark.sql.warehouse.dir", os.path.join(root, "warehouse"))
         .config("spark.sql.leafNodeDefaultParallelism", "1").config("spark.databricks.delta.snapshotPartitions", "1").config("spark.ui.showConsoleProgress", "false")
         .config("spark.sql.session.timeZone", "UTC").getOrCreate())
spark.sparkContext.setLogLevel("OFF")

timing = re.compile("TimeMs$|Bytes")


def rows(query):
    return sorted(r[0] for r in spark.sql(query).collect())


def ask(case):
    for w in ("w",):
        spark.sql("DROP VIEW IF EXISTS " + w)
    spark.sql("DROP TABLE IF EXISTS t")
    shutil.rmtree(os.path.join(root, "warehouse", "t"), ignore_errors=True)
    for text in case["setup"]:
        spark.sql(text)
    before = spark.sql("DESCRIBE HISTORY t").first()["version"]
    answer = {}
    try:
        df = spark.sql(case["run"])
        answer["columns"] = df.columns
        answer["result"] = [list(r) for r in df.collect()]
    except Exception as e:
        condition = getattr(e, "getCondition", lambda: None)() or type(e).__name__
        answer["error"] = condition
        answer["message"] = str(e).split("\n\nJVM")[0].split("\n== SQL")[0][:600]
    answer["rows"] = rows("SELECT to_json(struct(*), map('ignoreNullFields', 'false')) FROM t")
    answer["schema"] = spark.table("t").schema.simpleString()
    last = spark.sql("DESCRIBE HISTORY t").first()
    if last["version"] > before:
        answer["history"] = {"operation": last["operation"], "parameters": last["operationParameters"], "isBlindAppend": last["isBlindAppend"],
                             "metrics": {k: v for k, v in last["operationMetrics"].items() if not timing.search(k)},
                             "timing": sorted(k for k in last["operationMetrics"] if timing.search(k))}
        if case.get("changes"):
            answer["changes"] = rows("SELECT _change_type || ' ' || to_json(struct(* except (_change_type, _commit_version, _commit_timestamp)), map('ignoreNullFields', 'false')) "
                                     f"FROM table_changes('t', {last['version']})")
    return answer


began = time.time()
for case in sorted(cases, key=lambda c: (c["name"] in answers, ["replace", "merge", "update", "delete"].index(c["name"].split()[0]))):
    if not any(a in case["name"] for a in sys.argv[1:]) if len(sys.argv) > 1 else not answers.get(case["name"], {"partial": True}).get("partial") or time.time() > began + 270:
        continue
    try:
        answers[case["name"]] = ask(case)
    except Exception as e:
        print("CASE FAILED", case["name"], str(e)[:500])
        continue
    names = [c["name"] for c in cases]
    with open(answers_path + ".new", "w") as f:
        json.dump({n: answers[n] for n in names if n in answers}, f, indent=1, ensure_ascii=False)
    os.replace(answers_path + ".new", answers_path)
shutil.rmtree(root, ignore_errors=True)
