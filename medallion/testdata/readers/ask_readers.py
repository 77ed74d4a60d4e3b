"""Spark 4.2 writes small files of parquet, avro, orc and text into files/, and says in spark.jsonl what its readers make of them under
their options: schema and rows, or the class of the error. Both are committed. What is there already is not made again."""
import datetime as dt, decimal, glob, json, os, re, shutil
from pyspark.sql import SparkSession

here = os.path.dirname(os.path.abspath(__file__))
files = here + "/files"
spark = (
    SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.memory", "1g").config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    .config("spark.sql.shuffle.partitions", "2").config("spark.sql.codegen.wholeStage", "false").config("spark.sql.codegen.factoryMode", "NO_CODEGEN").config("spark.sql.session.timeZone", "UTC").getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
os.makedirs(files, exist_ok=True)


def source(format):
    """Avro is in Spark 4.2's jars, and not registered by its name."""
    return "org.apache.spark.sql.avro.AvroFileFormat" if format == "avro" else format


def put(format, name, df, at=1700000000, **options):
    """Writes one file of a frame as files/name."""
    if os.path.exists(files + "/" + name):
        return
    out = "/tmp/ask_readers"
    shutil.rmtree(out, ignore_errors=True)
    try:
        df.coalesce(1).write.format(source(format)).options(**options).save(out)
    except Exception as e:  # what cannot be made is not asked about
        print("not made:", name, str(e).split("\n")[0][:200], flush=True)
        return
    part = [f for f in glob.glob(out + "/part-*") if not f.endswith(".crc")][0]
    os.makedirs(os.path.dirname(files + "/" + name), exist_ok=True)
    shutil.copyfile(part, files + "/" + name)
    os.utime(files + "/" + name, (at, at))
    shutil.rmtree(out)


def raw(name, data, at=1700000000):
    os.makedirs(os.path.dirname(files + "/" + name), exist_ok=True)
    with open(files + "/" + name, "wb") as f:
        f.write(data)
    os.utime(files + "/" + name, (at, at))


sql = spark.sql
all_types = sql("""SELECT CAST(id AS INT) AS i, id * 3000000000 AS l, CAST(id AS TINYINT) AS y, CAST(id AS SMALLINT) AS h, id / 4 AS d, CAST(id / 3 AS FLOAT) AS f,
  concat('s', id) AS s, id % 2 = 0 AS b, CAST(concat('x', id) AS BINARY) AS x, DATE'2020-02-28' + CAST(id AS INT) AS day,
  timestamp_micros(1600000000123456 + id * 1000001) AS ts, CAST(timestamp_micros(1600000000123456 + id * 1000001) AS TIMESTAMP_NTZ) AS ntz,
  CAST(id * 1.25 AS DECIMAL(10, 2)) AS dec, CAST(id AS DECIMAL(30, 3)) AS big, IF(id = 2, NULL, sequence(1, id + 1)) AS a,
  map('k', id) AS m, named_struct('p', id, 'q', IF(id = 1, NULL, 'z')) AS r FROM range(4)""")
for format in ["parquet", "orc", "avro"]:
    put(format, format + "/types." + format, all_types)
    put(format, format + "/more/a." + format, sql("SELECT 1 AS a, 'x' AS b"), at=1700000001)
    put(format, format + "/more/b." + format, sql("SELECT 2 AS a, 2.5D AS c"), at=1700000002)
    put(format, format + "/wide/a." + format, sql("SELECT 1 AS a"), at=1700000001)
    put(format, format + "/wide/b." + format, sql("SELECT 5000000000 AS a"), at=1700000002)
    put(format, format + "/parts/k=1/a." + format, sql("SELECT 'one' AS v"))
    put(format, format + "/parts/k=2/b." + format, sql("SELECT 'two' AS v"))
    put(format, format + "/deep/a." + format, sql("SELECT 'top' AS v"))
    put(format, format + "/deep/below/b." + format, sql("SELECT 'below' AS v"))
    put(format, format + "/names/a." + format, sql("SELECT 1 AS Id, 'n' AS NAME"))
    put(format, format + "/other/a.data", sql("SELECT 'no extension' AS v"))
    put(format, format + "/old." + format, sql("SELECT DATE'1500-03-01' AS d, TIMESTAMP'1500-03-01 00:00:00' AS t"))
    raw(format + "/broken/a." + format, b"this is no file of that format")
    put(format, format + "/broken/b." + format, sql("SELECT 'whole' AS v"))
spark.conf.set("spark.sql.parquet.outputTimestampType", "INT96")
put("parquet", "parquet/int96.parquet", sql("SELECT timestamp_micros(1600000000123456) AS t, TIMESTAMP'1960-01-01 00:00:00.5' AS u"))
spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MILLIS")
put("parquet", "parquet/millis.parquet", sql("SELECT timestamp_millis(1600000000123) AS t"))
spark.conf.unset("spark.sql.parquet.outputTimestampType")
spark.conf.set("spark.sql.parquet.writeLegacyFormat", "true")
put("parquet", "parquet/legacy.parquet", sql("SELECT array(1, 2, NULL) AS a, map('k', 1) AS m, CAST(1.5 AS DECIMAL(5, 2)) AS c, CAST(2.5 AS DECIMAL(15, 2)) AS d"))
spark.conf.unset("spark.sql.parquet.writeLegacyFormat")
for format in ["parquet", "avro"]:
    spark.conf.set("spark.sql.%s.datetimeRebaseModeInWrite" % format, "LEGACY")
    put(format, format + "/julian." + format, sql("SELECT DATE'1500-03-01' AS d, TIMESTAMP'1500-03-01 00:00:00' AS t"))
    spark.conf.unset("spark.sql.%s.datetimeRebaseModeInWrite" % format)
for codec in ["uncompressed", "snappy", "gzip", "zstd", "lz4_raw"]:
    put("parquet", "parquet/%s.parquet" % codec, sql("SELECT id, concat('v', id % 3) AS v FROM range(50)"), compression=codec)
for codec in ["none", "snappy", "zlib", "zstd", "lz4"]:
    put("orc", "orc/%s.orc" % codec, sql("SELECT id, concat('v', id % 3) AS v FROM range(50)"), compression=codec)
for codec in ["uncompressed", "deflate", "snappy", "bzip2", "xz", "zstandard"]:
    put("avro", "avro/%s.avro" % codec, sql("SELECT id, concat('v', id % 3) AS v FROM range(50)"), compression=codec)
union = json.dumps({"type": "record", "name": "r", "fields": [{"name": "u", "type": ["int", "string"]}, {"name": "n", "type": ["null", "long"]}, {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}}]})
put("avro", "avro/union.avro", sql("SELECT named_struct('member0', CAST(NULL AS INT), 'member1', 'text') AS u, 5L AS n, 'A' AS e UNION ALL SELECT named_struct('member0', 7, 'member1', NULL), NULL, 'B'"), avroSchema=union)
raw("text/a.txt", b"one\ntwo\r\nthree\rfour\n\nlast")
raw("text/semicolons.txt", b"a;b;;c\nd;")
raw("text/latin.txt", "käse\nöl".encode("latin-1"))
raw("text/utf16.txt", "\ufeffkäse\nöl\n".encode("utf-16-le"))
raw("text/bom.txt", b"\xef\xbb\xbfone\ntwo")
raw("text/empty.txt", b"")

renamed = json.dumps({"type": "record", "name": "topLevelRecord", "fields": [
    {"name": "first", "aliases": ["a"], "type": "long"}, {"name": "b", "type": ["string", "null"], "default": "none"}, {"name": "extra", "type": "int", "default": 7}]})
narrow = json.dumps({"type": "record", "name": "topLevelRecord", "fields": [{"name": "b", "type": ["string", "null"]}]})
cases = []


def ask(format, path, schema=None, **options):
    if not os.path.exists(files + "/" + format):
        return
    cases.append({"format": format, "path": path, "schema": schema, "options": options})


for format in ["parquet", "orc", "avro"]:
    path = lambda name: format + "/" + name
    ask(format, path("types." + format))
    for more in ["more", "wide"]:
        ask(format, path(more), mergeSchema="true")
        ask(format, path(more + "/a." + format), schema="a bigint, z string")
    ask(format, path("more"), schema="c double, a int, b string")
    ask(format, path("wide"), schema="a bigint")
    ask(format, path("types." + format), schema="i bigint, f double, day timestamp_ntz")
    ask(format, path("types." + format), schema="i string")
    ask(format, path("types." + format), schema="l int")
    ask(format, path("types." + format), schema="dec decimal(12,4)")
    ask(format, path("types." + format), schema="i decimal(12,2)")
    ask(format, path("types." + format), schema="s int")
    ask(format, path("types." + format), schema="r struct<q:string,w:int>, a array<bigint>")
    ask(format, path("parts"))
    ask(format, path("parts/k=1"))
    ask(format, path("parts/k=1"), basePath=files + "/" + format + "/parts")
    ask(format, path("parts"), pathGlobFilter="a*")
    ask(format, path("deep"))
    ask(format, path("deep"), recursiveFileLookup="true")
    ask(format, path("names"), schema="ID int, name string")
    ask(format, path("names"), schema="name string, missing int")
    ask(format, path("other"))
    ask(format, path("more"), schema="a int", modifiedAfter="2023-11-14T22:13:21")
    ask(format, path("more"), schema="a int", modifiedBefore="2023-11-14T22:13:22")
    ask(format, path("broken"), schema="v string")
    ask(format, path("broken"), schema="v string", ignoreCorruptFiles="true")
    ask(format, path("old." + format))
    ask(format, path("nowhere"))
for mode in ["CORRECTED", "LEGACY", "EXCEPTION"]:
    for format in ["parquet", "avro"]:
        for name in ["old", "julian"]:
            ask(format, "%s/%s.%s" % (format, name, format), datetimeRebaseMode=mode)
    ask("parquet", "parquet/int96.parquet", int96RebaseMode=mode)
for name in ["int96", "millis", "legacy", "uncompressed", "snappy", "gzip", "zstd", "lz4_raw"]:
    ask("parquet", "parquet/%s.parquet" % name)
for name in ["none", "snappy", "zlib", "zstd", "lz4"]:
    ask("orc", "orc/%s.orc" % name)
for name in ["uncompressed", "deflate", "snappy", "bzip2", "xz", "zstandard"]:
    ask("avro", "avro/%s.avro" % name)
ask("avro", "avro/union.avro")
ask("avro", "avro/union.avro", enableStableIdentifiersForUnionType="true")
ask("avro", "avro/union.avro", enableStableIdentifiersForUnionType="true", stableIdentifierPrefixForUnionType="of_")
ask("avro", "avro/more/a.avro", avroSchema=renamed)
ask("avro", "avro/more/a.avro", avroSchema=narrow)
ask("avro", "avro/more", avroSchema=renamed, schema="first bigint, extra int")
ask("avro", "avro/more/a.avro", schema="x int, y string", positionalFieldMatching="true")
ask("avro", "avro/more/a.avro", schema="x int", positionalFieldMatching="true")
ask("avro", "avro/other", ignoreExtension="false")
ask("avro", "avro/other", ignoreExtension="true")
ask("avro", "avro/more/a.avro", avroSchema="{no json")
for name in ["a", "semicolons", "latin", "utf16", "bom", "empty"]:
    ask("text", "text/%s.txt" % name)
    ask("text", "text/%s.txt" % name, wholetext="true")
ask("text", "text/semicolons.txt", lineSep=";")
ask("text", "text/a.txt", lineSep="\r")
ask("text", "text/a.txt", lineSep="")
ask("text", "text/latin.txt", encoding="ISO-8859-1")
ask("text", "text/utf16.txt", encoding="UTF-16LE")
ask("text", "text/a.txt", schema="line string")
ask("text", "text/a.txt", schema="line int")
ask("text", "text/a.txt", schema="line string, more string")

answers = here + "/spark.jsonl"
done = []
if os.path.exists(answers):
    with open(answers) as f:
        done = [{k: a[k] for k in ("format", "path", "schema", "options")} for a in map(json.loads, f)]
with open(answers, "a") as out:
    for c in cases:
        if dict(c, options={k: v.replace(files, "FILES") for k, v in c["options"].items()}) in done:
            continue
        answer = dict(c)
        answer["options"] = {k: v.replace(files, "FILES") for k, v in c["options"].items()}
        try:
            reader = spark.read.format(source(c["format"])).options(**c["options"])
            if c["schema"]:
                reader = reader.schema(c["schema"])
            df = reader.load(files + "/" + c["path"])
            answer["columns"] = df.schema.simpleString()
            answer["rows"] = sorted(r[0] for r in df.selectExpr("to_json(struct(*), map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS', 'timestampNTZFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS'))").collect())
        except Exception as e:
            found = re.search(r"\[([A-Z][A-Z0-9_.]+)\]", str(e))
            answer["error"] = found.group(1) if found else str(e).split("\n")[0][:200]
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
        print(c["format"], c["path"], answer.get("error", ""), flush=True)
