"""Writes cases.json: windows, sessions, limits and chains of aggregates over small streams. Then: python ../stateful/spark.py"""

import json

S = "at timestamp, key string, n int"


def rows(*batches):
    return [[{"at": None if a is None else "2025-01-01 " + a, "key": k, "n": n} for a, k, n in b] for b in batches]


def stream(batches, delay="0 minutes"):
    return {"schema": S, "batches": batches, "watermark": ["at", delay] if delay else None}


CASES = []


def case(name, batches, sql, modes="append", delay="0 minutes", more=None):
    streams = {"s": stream(batches, delay)}
    streams.update(more or {})
    for mode in modes.split():
        CASES.append({"name": name + ", " + mode, "streams": streams, "tables": {}, "steps": [{"name": "q", "sql": sql}], "mode": mode})


ALL = "append update complete"
hours = rows(
    [("01:10:00", "a", 1), ("01:50:00", "b", 2), ("01:59:59", None, 4), (None, "a", 8)],
    [("02:00:00", "a", 16), ("01:59:00", "a", 32), ("01:00:00", "c", None)],
    [("01:30:00", "b", 64), ("02:30:00", None, 128)],
    [],
    [("04:00:00", "a", 256), ("01:30:00", "b", 512), ("01:31:00", None, 1024), ("02:10:00", "x", 2048)],
    [("03:59:59", "a", 1), ("04:00:01", "a", 2), ("02:10:00", "y", 3)],
    [("09:00:00", "z", 1)],
)
case("tumbling", hours, "SELECT window.start, key, sum(n) AS n, count(*) AS c FROM s GROUP BY window(at, '1 hour'), key", ALL)
case("tumbling with a delay", hours, "SELECT key, window.end, sum(n) AS n FROM s GROUP BY key, window(at, '1 hour')", ALL, "10 minutes")
case("tumbling from a start", hours, "SELECT window.start, max(n), min(key), avg(n) FROM s GROUP BY window(at, '1 hour', '1 hour', '15 minutes')", ALL)
case("sliding", hours, "SELECT window.start, count(n), approx_count_distinct(key) FROM s GROUP BY window(at, '1 hour', '20 minutes')", ALL)
case("sliding unevenly", hours, "SELECT window.start, window.end, sum(n) FROM s GROUP BY window(at, '50 minutes', '20 minutes', '5 minutes')", ALL)
case("event time as the key", hours, "SELECT at, sum(n) FROM s GROUP BY at", ALL)
case("event time and a key", hours, "SELECT key, at, first(n), last(n) FROM s GROUP BY key, at", ALL)
case("having", hours, "SELECT window.start, sum(n) AS n FROM s GROUP BY window(at, '1 hour') HAVING sum(n) > 100", ALL)
case("filter over the watermark", hours, "SELECT window.start, count(*) FROM s WHERE hour(at) < 3 AND key = 'a' GROUP BY window(at, '1 hour')", ALL)
case("lists", hours, "SELECT window.start, sort_array(collect_list(n)), sort_array(collect_set(key)) FROM s GROUP BY window(at, '1 hour')", ALL)
case("spread", hours, "SELECT window.start, stddev(n), var_pop(n), bool_or(n > 100), max_by(key, n), count_if(n > 3) FROM s GROUP BY window(at, '1 hour')", "append update")
case("by key under a watermark", hours, "SELECT key, sum(n) FROM s GROUP BY key", ALL)
case("by nothing under a watermark", hours, "SELECT count(*), sum(n) FROM s", ALL)
case("by nothing", hours, "SELECT count(*), sum(n), max(at) FROM s", "update complete", None)
case("window without watermark", hours, "SELECT window.start, count(*) FROM s GROUP BY window(at, '1 hour')", ALL, None)
case("sorted", hours, "SELECT key, sum(n) AS n FROM s GROUP BY key ORDER BY n DESC NULLS LAST LIMIT 2", "complete", None)
case("union of windows", hours, "SELECT window.start, count(*) FROM (SELECT at, n FROM s UNION ALL SELECT at, n FROM s WHERE n > 3) GROUP BY window(at, '1 hour')", ALL)
case("window of a window", hours, "SELECT window(window, '2 hours') AS w, sum(n) AS n, count(*) AS c FROM (SELECT window, key, sum(n) AS n FROM s GROUP BY window(at, '1 hour'), key) GROUP BY window(window, '2 hours')", ALL)
case("window of window_time", hours, "SELECT window.start, sum(n) AS n FROM (SELECT window_time(window) AS t, n FROM (SELECT window, key, sum(n) AS n FROM s GROUP BY window(at, '1 hour'), key)) GROUP BY window(t, '2 hours')", ALL)
case("the same window again", hours, "SELECT window.start, count(*) AS c FROM (SELECT window, key, sum(n) AS n FROM s GROUP BY window(at, '1 hour'), key) GROUP BY window", ALL)
case("window.end is no event time", hours, "SELECT e, count(*) FROM (SELECT window.end AS e FROM (SELECT window FROM s GROUP BY window(at, '1 hour'))) GROUP BY e", "append")
case("three in a chain", hours, "SELECT window(window, '4 hours').end AS e, sum(c) FROM (SELECT window(window, '2 hours') AS window, sum(c) AS c FROM (SELECT window, count(*) AS c FROM s GROUP BY window(at, '1 hour')) GROUP BY window(window, '2 hours')) GROUP BY window(window, '4 hours')", "append")

visits = rows(
    [("01:00:00", "a", 1), ("01:16:00", "a", 2), ("01:00:00", "b", 4), (None, "a", 8)],
    [("01:07:00", "a", 8), ("01:05:00", "c", 16), ("01:20:00", "a", 32)],
    [("01:26:00", "d", 64), ("01:10:00", "b", None)],
    [("01:30:00", "a", 128), ("01:35:00", "d", 256), ("01:06:00", "b", 3)],
    [],
    [("01:25:00", "e", 1), ("01:24:59", "e", 1)],
    [("02:00:00", "e", 512), ("01:36:00", None, 7)],
    [("04:00:00", None, 7)],
    [("05:00:00", "z", 7)],
)
SESSION = "SELECT key, session_window.start, session_window.end, sum(n) AS n, count(*) AS c FROM s GROUP BY session_window(at, %s), key"
case("sessions", visits, SESSION % "'10 minutes'", ALL)
case("sessions with a delay", visits, SESSION % "'10 minutes'", "append complete", "20 minutes")
case("sessions of two keys", visits, "SELECT session_window, key, n % 2 AS odd, count(*) FROM s GROUP BY key, session_window(at, '10 minutes'), n % 2", "append complete")
case("sessions with gaps of their own", visits, SESSION % "CASE WHEN key = 'a' THEN '5 minutes' WHEN n > 100 THEN '30 minutes' WHEN key = 'e' THEN '0 minutes' ELSE '10 minutes' END", "append complete")
case("sessions by nothing else", visits, "SELECT session_window, count(*) FROM s GROUP BY session_window(at, '10 minutes')", "append")
case("windows of sessions", visits, "SELECT window.start, count(*), sum(n) FROM (SELECT key, session_window, sum(n) AS n FROM s GROUP BY key, session_window(at, '10 minutes')) GROUP BY window(session_window, '1 hour')", "append")

few = rows([("01:00:00", "a", 1)], [("01:00:00", "b", 2)], [("01:00:00", "c", 3)], [("01:00:00", "d", 4)])
case("limit", few, "SELECT key, n FROM s LIMIT 3", ALL, None)
case("limit below an aggregate", few, "SELECT count(*), sum(n) FROM (SELECT n FROM s LIMIT 3)", "complete", None)
case("limit above and below", few, "SELECT key, n FROM (SELECT key, n FROM s LIMIT 3) WHERE n > 1 LIMIT 1", "append", None)
case("limit of windows", hours, "SELECT window.start, count(*) FROM s GROUP BY window(at, '1 hour') LIMIT 1", "append")
case("limit of a whole result", few, "SELECT key FROM (SELECT key, sum(n) FROM s GROUP BY key ORDER BY key DESC) LIMIT 2", "complete", None)

slow = rows([("01:10:00", "a", 1)], [("01:20:00", "a", 2)], [("01:30:00", "a", 4)], [("06:00:00", "b", 8)], [("06:30:00", "b", 8)])
fast = rows([("03:10:00", "x", 1)], [("01:59:00", "x", 2)], [("04:30:00", "x", 4)], [("01:58:00", "y", 8)], [("08:00:00", "y", 8)])
case("two watermarks", slow, "SELECT window.start, key, sum(n) FROM (SELECT * FROM s UNION ALL SELECT * FROM r) GROUP BY window(at, '1 hour'), key", "append update", "0 minutes", {"r": stream(fast, "10 minutes")})
case("two watermarks, one without rows", slow, "SELECT window.start, key, sum(n) FROM (SELECT * FROM s UNION ALL SELECT * FROM r) GROUP BY window(at, '1 hour'), key", "append", "0 minutes", {"r": stream(rows([]), "10 minutes")})

with open("cases.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES) + "\n]\n")
