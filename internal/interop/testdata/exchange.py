"""A peer takes requests, one JSON object a line, and answers each by a line; rows go by files of Arrow."""
import json, os, sys
import pyarrow as pa


answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what a library prints is no answer, nor what a process does that it starts


def serve(says="", **actions):
    """Says is the name and version of the engine."""
    actions["hello"] = lambda: {"says": says}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = actions[request.pop("do")](**request) or {}
        except BaseException as e:  # some engines raise no Exception
            answer = {"error": f"{type(e).__name__}: {e}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    sys.stderr.flush()
    os._exit(0)  # the interpreter's own end is at times aborted by the threads of a library


def save(table, out):
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)


def rows(path):
    with pa.ipc.open_stream(path) as stream:
        return stream.read_all()
