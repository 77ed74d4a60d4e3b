"""delta-rs with DataFusion, which skips files by their statistics."""
import json
import deltalake
from deltalake import DeltaTable, QueryBuilder, write_deltalake
import pyarrow as pa
from exchange import rows, save, serve


def read(path, out, version=None, where=None):
    table = DeltaTable(path, version=version)
    query = "select * from t" + ("" if where is None else f" where {where}")
    save(pa.table(QueryBuilder().register("t", table).execute(query).read_all()), out)
    return {"schema": table.schema().to_json(), "version": table.version()}


def write(path, data, mode, by=None, evolve=False):
    write_deltalake(path, rows(data), mode=mode, partition_by=by, schema_mode="merge" if evolve else None)


def checkpoint(path):
    DeltaTable(path).create_checkpoint()


def delete(path, where):
    DeltaTable(path).delete(where)


def update(path, text, where):
    DeltaTable(path).update(predicate=where, updates={"n": text})


def merge(path, text):
    id, engine, n = json.loads(text)
    source = pa.table({"id": pa.array([id], pa.int64()), "engine": [engine], "n": pa.array([n], pa.int64())})
    (DeltaTable(path).merge(source, "t.id = s.id", source_alias="s", target_alias="t")
     .when_matched_update({"n": "s.n"}).when_not_matched_insert_all().execute())


def optimize(path):
    DeltaTable(path).optimize.compact()


serve(says=f"delta-rs {deltalake.__version__}", read=read, write=write, checkpoint=checkpoint, delete=delete, update=update, merge=merge, optimize=optimize)
