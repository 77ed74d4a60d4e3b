"""PyArrow's datasets over the files that delta-rs finds: how most Python programs read a Delta table."""
import pyarrow
from deltalake import DeltaTable
from exchange import save, serve


def read(path, out, version=None, where=None):
    save(DeltaTable(path, version=version).to_pyarrow_table(), out)


serve(says=f"PyArrow {pyarrow.__version__}", read=read)
