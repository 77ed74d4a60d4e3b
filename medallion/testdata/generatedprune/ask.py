"""Asks Spark with Delta how many files it reads for each rule and condition of rules.json, and which rows it answers, and writes that to spark.json.

python ask.py: the rules that have no answer yet, for some minutes; each answer is kept as it comes.
python ask.py name …: rules of these names, anew."""
import glob, json, os, sys, tempfile
from pyspark.sql import SparkSession

here = os.path.dirname(os.path.abspath(__file__))
asked = json.load(open(os.path.join(here, "rules.json")))
answers_path = os.path.join(here, "spark.json")
answers = json.load(open(answers_path)) if os.path.exists(answers_path) else {}
root = tempfile.mkdtemp(prefix="generated-golden-")
spark = (SparkSession.builder.master("local[2]")
         .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
         .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
         .config("spark.sql.shuffle.partitions", "1").config("spark.default.parallelism", "1").config("spark.ui.enabled", "false")
         .config("spark.driver.memory", "1g").config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dderby.system.home=" + root)
         .config("spark.sql.codegen.wholeStage", "false").config("spark.sql.warehouse.dir", os.path.join(root, "warehouse"))
         .config("spark.sql.leafNodeDefaultParallelism", "1").config("spark.databricks.delta.snapshotPartitions", "1")
         .config("spark.sql.adaptive.enabled", "false").config("spark.ui.showConsoleProgress", "false")
         .config("spark.sql.session.timeZone", "UTC").getOrCreate())
spark.sparkContext.setLogLevel("OFF")


def ask(number, rule):
    table = f"t{number}"
    columns = ", ".join(f"{name} {kind} GENERATED ALWAYS AS ({value})" for name, kind, value in rule["columns"])
    names = [name for name, _, _ in rule["columns"]]
    spark.sql(f"CREATE TABLE {table} ({asked['table']}, {columns}) USING delta PARTITIONED BY ({', '.join(names)}) "
              "TBLPROPERTIES ('delta.dataSkippingNumIndexedCols'='0')")
    spark.sql(f"INSERT INTO {table} ({asked['names']}) VALUES {asked['rows']}")
    answer = {"files": len(spark.table(table).inputFiles()), "read": [], "rows": []}
    for where in asked["where"][rule["of"]]:
        df = spark.sql(f"SELECT id FROM {table} WHERE {where}")
        answer["read"].append(len(df.inputFiles()))
        answer["rows"].append(sorted(row.id for row in df.collect()))
    return answer


def keep():
    with open(answers_path, "w") as out:
        out.write("{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(answers[name], sort_keys=True)}" for name in sorted(answers)) + "\n}\n")


for number, rule in enumerate(asked["rules"]):
    name = rule["name"]
    if name in sys.argv[1:] or not sys.argv[1:] and name not in answers:
        answers[name] = ask(number, rule)
        keep()
