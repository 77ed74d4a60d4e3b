"""DuckDB with its extension for Delta, which stands on delta-kernel-rs."""
import duckdb, duckdb_extensions
from exchange import rows, save, serve

connection = duckdb.connect()
duckdb_extensions.import_extension("delta", con=connection)
connection.execute("load delta; set timezone = 'UTC'")


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
