"""ClickHouse, embedded: chdb."""
import io, os

os.chdir("/")  # it opens only what lies below the folder in which it starts
import chdb
import pyarrow as pa
from exchange import save, serve


def read(path, out, version=None, where=None):
    query = f"select * from deltaLakeLocal('{path}')" + ("" if where is None else f" where {where}")
    at = "" if version is None else f" settings delta_lake_snapshot_version = {version}"
    save(pa.ipc.open_file(io.BytesIO(chdb.query(query + at, "Arrow").bytes())).read_all(), out)
    return {"schema": str(chdb.query(f"describe deltaLakeLocal('{path}')" + at, "JSONCompact"))}


serve(says=f"ClickHouse {chdb.engine_version} (chdb {chdb.chdb_version[0]})", read=read)
