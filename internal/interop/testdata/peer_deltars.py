"""delta-rs with DataFusion, which skips files by their statistics."""
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


serve(says=f"delta-rs {deltalake.__version__}", read=read, write=write, checkpoint=checkpoint)
