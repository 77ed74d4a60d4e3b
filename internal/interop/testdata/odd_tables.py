"""Makes Delta tables as their many writers make them: files in every encoding and neighbouring type, odd paths, odd logs.

python odd_tables.py FOLDER"""
import datetime as dt, decimal, json, os, sys, uuid
from urllib.parse import quote

import pyarrow as pa, pyarrow.parquet as pq

root = sys.argv[1]
plain = {"minReaderVersion": 1, "minWriterVersion": 2}
longs = pa.table({"a": pa.array([1, 2, None], pa.int64())})


def named(*features, reader=3):
    p = {"minReaderVersion": reader, "minWriterVersion": 7, "writerFeatures": list(features)}
    return dict(p, readerFeatures=list(features)) if reader == 3 else p


def field(name, kind, **metadata):
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def array(element):
    return {"type": "array", "elementType": element, "containsNull": True}


def mapping(key, value):
    return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}


def struct(*fields):
    return {"type": "struct", "fields": list(fields)}


a = [field("a", "long")]


def metadata(fields, partitions=(), configuration=None, **more):
    return {"metaData": {"id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9", "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps(struct(*fields)),
                         "partitionColumns": list(partitions), "configuration": configuration or {}, "createdTime": 1587968585495, **more}}


def add(path, size, values=None, **more):
    return {"add": {"path": path, "partitionValues": values or {}, "size": size, "modificationTime": 1587968586000, "dataChange": True, **more}}


def put(name, path, rows, **options):
    at = f"{root}/{name}/{path}"
    os.makedirs(os.path.dirname(at), exist_ok=True)
    pq.write_table(rows, at, **options)
    return os.path.getsize(at)


def log(name, *commits):
    os.makedirs(f"{root}/{name}/_delta_log", exist_ok=True)
    for version, actions in enumerate(commits):
        with open(f"{root}/{name}/_delta_log/{version:020d}.json", "w") as out:
            out.write(actions if isinstance(actions, str) else "".join(json.dumps(x) + "\n" for x in actions))


def table(name, fields, rows, values=None, path="a.parquet", spelled=None, protocol=plain, configuration=None, partitions=None, added=None, **options):
    size = put(name, path, rows, **options)
    log(name, [{"protocol": protocol}, metadata(fields, partitions or list(values or {}), configuration), add(spelled or path, size, values, **(added or {}))])


def one(name, kind, column, **options):
    table(name, [field("a", kind)], pa.table({"a": column}), **options)


# codecs and encodings
many = range(1000)
numbers = pa.table({"a": pa.array(many, pa.int64()), "i": pa.array([i * 3 - 5 for i in many], pa.int32()), "d": [i / 3 for i in many],
                    "f": pa.array([i / 3 for i in many], pa.float32()), "s": [f"pre{i % 70}" for i in many]})
numbered = a + [field("i", "integer"), field("d", "double"), field("f", "float"), field("s", "string")]
for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    table("codec " + codec, numbered, numbers, compression=codec)
for name, encodings in {"delta": ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", "DELTA_BYTE_ARRAY"], "split": ["BYTE_STREAM_SPLIT", "PLAIN", "DELTA_LENGTH_BYTE_ARRAY"]}.items():
    table("encoding " + name, numbered, numbers, use_dictionary=False, data_page_version="2.0",
          column_encoding=dict(zip("aidfs", [encodings[0], encodings[0], encodings[1], encodings[1], encodings[2]])))
table("encoding dictionary", numbered, numbers, data_page_version="2.0", data_page_size=512)
one("encoding of booleans", "boolean", pa.array([True, False, None] * 100), use_dictionary=False, column_encoding={"a": "RLE"}, data_page_version="2.0")

# times
instants = [dt.datetime(2024, 1, 2, 3, 4, 5, 678000), dt.datetime(1900, 1, 1), None]
for unit in ["ms", "us", "ns"]:
    for zone in ["UTC", None]:
        one(f"timestamp {unit} {zone}", "timestamp", pa.array(instants, pa.timestamp(unit, tz=zone)))
        one(f"timestamp_ntz {unit} {zone}", "timestamp_ntz", pa.array(instants, pa.timestamp(unit, tz=zone)), protocol=named("timestampNtz"))
for kind, protocol in {"timestamp": plain, "timestamp_ntz": named("timestampNtz")}.items():
    one(kind + " INT96", kind, pa.array(instants, pa.timestamp("us")), protocol=protocol, use_deprecated_int96_timestamps=True)
one("timestamp_ntz by another name", "timestamp_ntz", pa.array(instants, pa.timestamp("us")), protocol=named("timestampWithoutTimezone"))
one("date64", "date", pa.array([dt.date(2024, 1, 2), None], pa.date64()))

# numbers in neighbouring types
for kind, stored in [("short", "uint8"), ("integer", "uint8"), ("integer", "uint16"), ("long", "uint32"), ("long", "uint8"), ("byte", "int8"), ("short", "int16"),
                     ("integer", "int8"), ("long", "int32"), ("byte", "int32"), ("short", "int32"), ("double", "float32"), ("decimal(20,0)", "uint64"), ("integer", "int64")]:
    one(f"{stored} as {kind}", kind, pa.array([1, 100, None], getattr(pa, stored)()))
one("uint32 above int32", "long", pa.array([1, 2**32 - 1, None], pa.uint32()))
for precision, scale in [(5, 2), (9, 0), (18, 4), (20, 5), (38, 10)]:
    exact = pa.array([decimal.Decimal(1).scaleb(-scale), decimal.Decimal(-1), None], pa.decimal128(precision, scale))
    for whole in [False, True]:
        one(f"decimal({precision},{scale}) {'as integer' if whole else 'as bytes'}", f"decimal({precision},{scale})", exact, store_decimal_as_integer=whole)
one("decimal narrower", "decimal(20,2)", pa.array([decimal.Decimal("1.25"), None], pa.decimal128(8, 2)))
one("decimal wider", "decimal(10,2)", pa.array([decimal.Decimal("1.25"), None], pa.decimal128(20, 2)))

# texts and bytes
for name, kind, column in [
    ("large", "string", pa.array(["x", None], pa.large_string())), ("view", "string", pa.array(["x", None], pa.string_view())),
    ("of bytes", "string", pa.array([b"x", None])), ("dictionary", "string", pa.array(["x", "y", "x", None]).dictionary_encode()),
    ("json", "string", pa.array(['{"a":1}', None], pa.json_(pa.utf8()))), ("as bytes", "binary", pa.array(["x", None])),
    ("fixed", "binary", pa.array([b"0123456789abcdef", None], pa.binary(16))), ("uuid", "string", pa.array([uuid.UUID(int=5).bytes, None], pa.uuid())),
    ("of nothing", "string", pa.nulls(3)),
]:
    one("text " + name, kind, column)

# columns
table("column missing", a + [field("z", "string")], longs)
table("column more", a, pa.table({"x": ["q", "r"], "a": pa.array([7, 8], pa.int64()), "y": [1, 2]}))
table("column order", a + [field("b", "string")], pa.table({"b": ["x"], "a": pa.array([1], pa.int64())}))
table("column case", [field("aB", "long")], pa.table({"AB": pa.array([7, 8], pa.int64())}))
table("column names", [field(n, "long") for n in ["a.b", "c d", "e`f", "ü"]], pa.table({n: pa.array([1], pa.int64()) for n in ["a.b", "c d", "e`f", "ü"]}))
table("column of partition", a + [field("p", "string")], pa.table({"a": pa.array([7], pa.int64()), "p": ["no"]}), {"p": "yes"})
table("no rows", a, longs.slice(0, 0))
inner = pa.struct([("x", pa.int64()), ("y", pa.list_(pa.int32()))])
table("nested", [field("l", array(struct(field("x", "long"), field("y", array("integer"))))), field("m", mapping("string", struct(field("x", "long"), field("y", array("integer")))))],
      pa.table({"l": pa.array([[{"x": 1, "y": [1, None]}, None], [], None], pa.list_(inner)), "m": pa.array([[("k", {"x": 1, "y": None})], [], None], pa.map_(pa.string(), inner))}))
table("nested names", [field("l", array("long"))], pa.table({"l": pa.array([[1, None], [], None], pa.list_(pa.int64()))}), use_compliant_nested_type=False)
table("nested large, fixed", [field("l", array("long")), field("k", array("long"))],
      pa.table({"l": pa.array([[1, None], [], None], pa.large_list(pa.int64())), "k": pa.array([[1, 2], [3, 4], None], pa.list_(pa.int64(), 2))}))
table("nested missing", [field("s", struct(field("x", "long"), field("new", "string")))], pa.table({"s": pa.array([{"x": 1}, None], pa.struct([("x", pa.int64())]))}))
table("nested all missing", [field("s", struct(field("new", "string")))] + a,
      pa.table({"s": pa.array([{"x": 1}, None], pa.struct([("x", pa.int64())])), "a": pa.array([1, 2], pa.int64())}))

# column mapping
mapped = [field("a", "long", **{"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-1"}), field("b", "string", **{"delta.columnMapping.id": 2, "delta.columnMapping.physicalName": "col-2"})]
physical = pa.table({"col-1": pa.array([1, 2], pa.int64()), "col-2": ["x", "y"]})
ids = pa.table([physical["col-1"], physical["col-2"]], schema=pa.schema([pa.field(n, t, metadata={b"PARQUET:field_id": i}) for n, t, i in [("zz", pa.int64(), b"1"), ("yy", pa.string(), b"2")]]))
for mode, rows in {"name": physical, "id": ids}.items():
    table("mapped by " + mode, mapped, rows, protocol={"minReaderVersion": 2, "minWriterVersion": 5}, configuration={"delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "2"})
table("mapped by id, without ids", mapped, physical, protocol={"minReaderVersion": 2, "minWriterVersion": 5}, configuration={"delta.columnMapping.mode": "id", "delta.columnMapping.maxColumnId": "2"})

# values of partitions
typed = {"p1": ("decimal(10,2)", "12.50"), "p2": ("date", "2024-01-02"), "p3": ("timestamp", "2024-01-02 03:04:05.678"), "p4": ("boolean", "true"), "p5": ("double", "1.5E10"),
         "p6": ("byte", "-7"), "p8": ("string", "a=b/c%20d é"), "p9": ("timestamp", "2024-01-02T03:04:05.678901Z"), "p0": ("integer", None)}
table("partition types", a + [field(n, t) for n, (t, _) in typed.items()], longs, {n: v for n, (_, v) in typed.items()})
odd = {"p1": ("decimal(10,2)", "1.2E1"), "p2": ("timestamp", "2024-01-02"), "p3": ("boolean", "TRUE"), "p4": ("double", "NaN"), "p5": ("double", "-Infinity"), "p6": ("integer", "+5"), "p8": ("date", "2024-1-2")}
table("partition oddly", a + [field(n, t) for n, (t, _) in odd.items()], longs, {n: v for n, (_, v) in odd.items()})
table("partition unsaid", a + [field("p", "integer"), field("q", "string")], longs, {"p": "1"}, partitions=["p", "q"])
table("partition of Hive's null", a + [field("p", "string")], longs, {"p": "__HIVE_DEFAULT_PARTITION__"})
table("partition alone", [field("p", "string")], pa.table({"x": [1, 2]}), {"p": "only"}, added={"stats": '{"numRecords":2}'})

# paths
for name, path, spelled in [
    ("encoded", "p=a b%25c/x y.parquet", "p=a%20b%2525c/x%20y.parquet"), ("space", "x y.parquet", None), ("unicode", "é=ü/x.parquet", None),
    ("unicode encoded", "é=ü/x.parquet", quote("é=ü/x.parquet")), ("plus", "a+b.parquet", None), ("colon", "p=12:30/x.parquet", None), ("colon encoded", "p=12%3A30/x.parquet", "p=12%253A30/x.parquet"),
    ("hash", "a#b?c.parquet", "a%23b%3Fc.parquet"), ("brackets", "a[b]{c}|d.parquet", None),
]:
    table("path " + name, a, longs, path=path, spelled=spelled)

# logs
line = lambda *actions: "\n".join(json.dumps(x) for x in actions)
size = lambda name: put(name, "a.parquet", longs)
start = [{"protocol": plain}, metadata(a)]
log("log with odd fields", [{"commitInfo": {"timestamp": 1, "operation": "WRITE", "operationParameters": {"n": 5, "o": {"x": [1]}}, "userMetadata": "x", "isBlindAppend": True, "engineInfo": None}},
    {"protocol": dict(plain, more=1)}, metadata(a, name=None, description=None), add("a.parquet", size("log with odd fields"), tags={"INSERTION_TIME": "1"}, clusteringProvider=None, baseRowId=None, deletionVector=None, stats=None, more={"x": 1})])
log("log with unknown actions", start + [add("a.parquet", size("log with unknown actions")), {"teleport": {"x": 1}}, {"txn": {"appId": "a", "version": 1, "lastUpdated": None}}])
log("log of nulls", [dict({"protocol": plain}, add=None, remove=None, metaData=None), dict(metadata(a), protocol=None), dict(add("a.parquet", size("log of nulls")), remove=None)])
log("log of Windows", line(*start, add("a.parquet", size("log of Windows"))).replace("\n", "\r\n") + "\r\n\r\n")
log("log with a mark", "\ufeff" + line(*start, add("a.parquet", size("log with a mark"))))
for name, stats in {"broken": "{broken", "of other types": json.dumps({"numRecords": 3, "minValues": {"a": "x"}, "maxValues": {"a": {"b": 1}}, "nullCount": {"a": "1"}})}.items():
    log("statistics " + name, start + [add("a.parquet", size("statistics " + name), stats=stats)])
for name, bytes_ in {"too large": 5000, "zero": 0, "too small": 10}.items():
    size("size " + name)
    log("size " + name, start + [add("a.parquet", bytes_)])
log("added twice", start + [add("a.parquet", size("added twice"))], [add("a.parquet", size("added twice"), stats='{"numRecords":3}')])
log("added again", start + [add("a.parquet", size("added again"))], [{"remove": {"path": "a.parquet", "dataChange": True}}], [add("a.parquet", size("added again"))])
for name, configuration in {"vorder": {"delta.parquet.vorder.enabled": "true"}, "uniform": {"delta.universalFormat.enabledFormats": "iceberg"}, "other": {"delta.tomorrow": "1", "x": "y"}}.items():
    table("property " + name, a, longs, configuration=configuration, added={"tags": {"VORDER": "true"}})
for name, protocol in {"writers": named("appendOnly", "teleport", reader=1), "2/6": {"minReaderVersion": 2, "minWriterVersion": 6}, "1/1": {"minReaderVersion": 1, "minWriterVersion": 1}, "3/7": named(),
                       "previews": named("columnMapping", "vacuumProtocolCheck", "typeWidening-preview", "variantType-preview")}.items():
    table("protocol " + name.replace("/", "-"), a, longs, protocol=protocol)
log("widened", [{"protocol": plain}, metadata([field("a", "integer")]), add("a.parquet", put("widened", "a.parquet", pa.table({"a": pa.array([1], pa.int32())})))],
    [{"protocol": named("typeWidening")}, metadata([field("a", "long", **{"delta.typeChanges": [{"fromType": "integer", "toType": "long"}]}), field("b", "string")]),
     add("b.parquet", put("widened", "b.parquet", pa.table({"a": pa.array([2**40], pa.int64()), "b": ["x"]})))])
