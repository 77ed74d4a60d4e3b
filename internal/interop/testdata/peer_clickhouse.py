"""ClickHouse, embedded: chdb."""
import io, os

os.chdir("/")  # it opens only what lies below the folder in which it starts
import chdb
import pyarrow as pa
from exchange import save, serve


def place(path):
    """The table function that reads a table there."""
    if not path.startswith("s3://"):
        return f"deltaLakeLocal('{path}')"
    keys = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    return f"deltaLake('{os.environ['AWS_ENDPOINT_URL']}/{path.removeprefix('s3://')}/', '{keys[0]}', '{keys[1]}')"


def read(path, out, version=None, where=None):
    query = f"select * from {place(path)}" + ("" if where is None else f" where {where}")
    at = "" if version is None else f" settings delta_lake_snapshot_version = {version}"
    save(pa.ipc.open_file(io.BytesIO(chdb.query(query + at, "Arrow").bytes())).read_all(), out)
    return {"schema": str(chdb.query(f"describe {place(path)}" + at, "JSONCompact"))}


serve(says=f"ClickHouse {chdb.engine_version} (chdb {chdb.chdb_version[0]})", read=read)
