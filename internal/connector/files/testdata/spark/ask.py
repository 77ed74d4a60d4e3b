# Asks Spark what it reads: python ask.py with pyspark 4.2. It makes answers.json from cases.json. All are committed, and small.
import datetime as dt, decimal, json, os, shutil, tempfile
from pyspark.sql import SparkSession

here = os.path.dirname(os.path.abspath(__file__))
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
         .config("spark.driver.memory", "1g").config("spark.sql.session.timeZone", "UTC").getOrCreate())
spark.sparkContext.setLogLevel("OFF")
base = tempfile.mkdtemp()

def answer(case, n):
    folder = os.path.join(base, str(n))
    for name, text in case["files"].items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
    try:
        reader = spark.read.format(case["format"]).options(**case.get("options", {}))
        if "schema" in case:
            reader = reader.schema(case["schema"])
        df = reader.load(folder)
        cached = df.cache() if case["format"] in ("json", "csv", "xml") else df
        return {"schema": df.schema.simpleString(), "rows": sorted(r[0] for r in cached.selectExpr("to_json(struct(*))").collect())}
    except Exception as e:
        return {"error": str(e).split("\n")[0][:200]}

with open(os.path.join(here, "cases.json")) as f:
    cases = json.load(f)
answers = {name: answer(case, n) for n, (name, case) in enumerate(cases.items())}
with open(os.path.join(here, "answers.json"), "w") as f:
    json.dump(answers, f, indent=1, sort_keys=True, ensure_ascii=False)
