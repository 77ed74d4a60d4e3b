"""DuckDB with its extension for Delta, which stands on delta-kernel-rs."""
import os
from urllib.parse import urlsplit
import duckdb, duckdb_extensions
from exchange import rows, save, serve

connection = duckdb.connect()
duckdb_extensions.import_extension("delta", con=connection)
connection.execute("load delta; set timezone = 'UTC'")
if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
    duckdb_extensions.import_extension("httpfs", con=connection)
    connection.execute(f"""load httpfs; create secret (type s3, key_id '{os.environ["AWS_ACCESS_KEY_ID"]}', secret '{os.environ["AWS_SECRET_ACCESS_KEY"]}',
        region '{os.environ["AWS_REGION"]}', endpoint '{urlsplit(endpoint).netloc}', url_style 'path', use_ssl {urlsplit(endpoint).scheme == "https"})""")


def read(path, out, version=None, where=None):
    at = "" if version is None else f", version := {version}"
    query = f"from delta_scan('{path}'{at})" + ("" if where is None else f" where {where}")
    save(connection.execute(query).to_arrow_table(), out)
    return {"schema": [row[:3] for row in connection.execute("describe " + query).fetchall()]}


def write(path, data, mode, by=None, evolve=False):
    table = rows(data)
    connection.execute(f"attach '{path}' as target (type delta)")
    try:
        connection.execute("insert into target from \"table\"")
    finally:
        connection.execute("detach target")


serve(says=f"DuckDB {duckdb.__version__}", read=read, write=write)
