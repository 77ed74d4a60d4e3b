"""Writes cases.json: small streams, batch by batch, and the queries over them."""

import json

L = "id int, lts timestamp, lv string"
R = "id2 int, rts timestamp, rv string"


def at(s):
    return None if s is None else "2024-01-01 00:%02d:%02d" % (s // 60, s % 60)


def left(*batches):
    return [[{"id": i, "lts": at(t), "lv": v} for i, t, v in b] for b in batches]


def right(*batches):
    return [[{"id2": i, "rts": at(t), "rv": v} for i, t, v in b] for b in batches]


def stream(schema, batches, watermark=None):
    return {"schema": schema, "batches": batches, "watermark": watermark}


def pair(l, r, lw="10 seconds", rw="10 seconds"):
    return {
        "l": stream(L, l, ["lts", lw] if lw else None),
        "r": stream(R, r, ["rts", rw] if rw else None),
    }


CASES = []


def case(name, streams, steps, mode="append", tables=None):
    if isinstance(steps, str):
        steps = [{"name": "q", "sql": steps}]
    CASES.append({"name": name, "streams": streams, "tables": tables or {}, "steps": steps, "mode": mode})


def dedup(of, columns, within=False, name="q"):
    return {"name": name, "of": of, "dropDuplicatesWithinWatermark" if within else "dropDuplicates": columns}


# Deduplication.
some = left(
    [(1, 1, "a"), (2, 2, "b"), (1, 1, "a"), (None, 3, "c")],
    [(1, 1, "a"), (1, 2, "a"), (None, 3, "c"), (3, None, None)],
    [(3, None, None), (2, 2, "b"), (2, 2, "B")],
)
case("dedup all columns", {"l": stream(L, some)}, [dedup("l", [])])
case("dedup one column", {"l": stream(L, some)}, [dedup("l", ["id"])])
case("dedup in update mode", {"l": stream(L, some)}, [dedup("l", ["lv"])], "update")
timed = left(
    [(1, 10, "a"), (2, 12, "b"), (1, 10, "A")],
    [(1, 10, "x"), (1, 30, "c"), (2, 12, "x")],
    [(1, 10, "late"), (1, 19, "late"), (1, 20, "edge"), (1, 21, "in time"), (3, 25, "d"), (1, 30, "x")],
    [(4, 60, "e"), (None, None, "null"), (3, 25, "x")],
    [(5, 61, "f"), (None, None, "x"), (3, 49, "late"), (3, 50, "late"), (3, 51, "g")],
)
wm = ["lts", "10 seconds"]
case("dedup with event time", {"l": stream(L, timed, wm)}, [dedup("l", ["id", "lts"])])
case("dedup with event time in update mode", {"l": stream(L, timed, wm)}, [dedup("l", ["lts", "id"])], "update")
case("dedup beside event time", {"l": stream(L, timed, wm)}, [dedup("l", ["id"])])
case("dedup without event time left", {"l": stream(L, timed, wm)}, [{"name": "p", "sql": "SELECT id, lv FROM l"}, dedup("p", ["id"])])
case("dedup by window", {"l": stream(L, timed, wm)},
     [{"name": "p", "sql": "SELECT id, window(lts, '10 seconds') AS w FROM l"}, dedup("p", ["id", "w"])])
case("dedup within watermark", {"l": stream(L, timed, wm)}, [dedup("l", ["id"], True)])
case("dedup within watermark by all", {"l": stream(L, timed, wm)}, [dedup("l", [], True)])
case("dedup within watermark in update mode", {"l": stream(L, timed, wm)}, [dedup("l", ["lv"], True)], "update")
case("dedup by doubles", {"d": stream("x double, n int", [
    [{"x": 0.0, "n": 1}, {"x": -0.0, "n": 2}, {"x": 1.5, "n": 3}, {"x": "NaN", "n": 4}],
    [{"x": -0.0, "n": 5}, {"x": "NaN", "n": 6}, {"x": None, "n": 7}, {"x": 0.0, "n": 8}],
])}, [dedup("d", ["x"])])
case("dedup then complete aggregate", {"l": stream(L, some)},
     [dedup("l", ["id"], name="p"), {"name": "q", "sql": "SELECT lv, count(*) AS n FROM p GROUP BY lv"}], "complete")
case("dedup then append aggregate", {"l": stream(L, timed, wm)},
     [dedup("l", ["id", "lts"], name="p"), {"name": "q", "sql": "SELECT window.start, count(*) AS n FROM p GROUP BY window(lts, '10 seconds')"}])
case("complete aggregate then dedup", {"l": stream(L, some)},
     [{"name": "p", "sql": "SELECT id, count(*) AS n FROM l GROUP BY id"}, dedup("p", ["n", "id"])], "complete")
case("append aggregate then dedup", {"l": stream(L, timed, wm)},
     [{"name": "p", "sql": "SELECT window(lts, '10 seconds') AS w, count(*) AS n FROM l GROUP BY window(lts, '10 seconds')"}, dedup("p", ["n"])])
case("dedup of dedup", {"l": stream(L, timed, wm)}, [dedup("l", ["id", "lts"], name="p"), dedup("p", ["lv"])])
case("dedup of a union", {"l": stream(L, timed, wm), "r": stream(R, right([(1, 10, "z")], [(7, 30, "y")], [(7, 30, "x")], [(8, 60, "w")], [(8, 61, "w")]), ["rts", "5 seconds"])},
     [{"name": "p", "sql": "SELECT id, lts AS ts, lv FROM l UNION ALL SELECT * FROM r"}, dedup("p", ["id"])])
case("distinct in update mode", {"l": stream(L, some)}, "SELECT DISTINCT id, lv FROM l", "update")
case("distinct in complete mode", {"l": stream(L, some)}, "SELECT DISTINCT id, lv FROM l", "complete")
case("distinct in append mode", {"l": stream(L, timed, wm)}, "SELECT DISTINCT id, lts FROM l")
case("distinct in append mode without watermark", {"l": stream(L, some)}, "SELECT DISTINCT id FROM l")
case("union distinct", {"l": stream(L, some), "r": stream(R, right([(1, 1, "z")], [(9, 1, "z")], [(9, 1, "y")]))},
     "SELECT id FROM l UNION SELECT id2 FROM r", "update")

# Joins of two streams.
ls = left(
    [(1, 10, "a"), (2, 11, "b"), (3, 12, "c"), (None, 13, "n")],
    [(1, 20, "d"), (4, 22, "e"), (4, 22, "e")],
    [(5, 40, "f"), (1, 12, "late?")],
    [(6, 70, "g"), (1, 20, "late")],
    [(7, 100, "h")],
)
rs = right(
    [(1, 11, "A"), (9, 12, "Z"), (None, 13, "N")],
    [(2, 15, "B"), (4, 24, "E"), (1, 21, "D"), (8, 25, "Y")],
    [(5, 41, "F"), (3, 13, "late?"), (1, 11, "again")],
    [(6, 90, "too far"), (4, 20, "late")],
    [(7, 101, "H"), (7, 101, "H")],
)
BOUNDS = "lts BETWEEN rts - INTERVAL 5 SECONDS AND rts + INTERVAL 5 SECONDS"
ON = " ON id = id2 AND " + BOUNDS
case("inner without watermark", pair(ls, rs, None, None), "SELECT * FROM l JOIN r ON id = id2")
case("inner with watermarks and no bounds", pair(ls, rs), "SELECT * FROM l JOIN r ON id = id2")
case("inner with bounds", pair(ls, rs), "SELECT * FROM l JOIN r" + ON)
case("inner in update mode", pair(ls, rs), "SELECT * FROM l JOIN r" + ON, "update")
case("inner with one bound", pair(ls, rs), "SELECT * FROM l JOIN r ON id = id2 AND lts > rts - INTERVAL 3 SECONDS")
case("inner with the other bound", pair(ls, rs), "SELECT * FROM l JOIN r ON id = id2 AND rts >= lts + INTERVAL 1 SECOND")
case("inner with one watermark", pair(ls, rs, "10 seconds", None), "SELECT * FROM l JOIN r" + ON)
case("inner with different delays", pair(ls, rs, "2 seconds", "20 seconds"), "SELECT * FROM l JOIN r" + ON)
case("inner by event time", pair(left([(1, 10, "a"), (2, 20, "b")], [(3, 40, "c"), (4, 10, "d")], [(5, 60, "e")]),
                                 right([(1, 10, "A"), (2, 21, "B")], [(3, 40, "C"), (3, 10, "D"), (3, 20, "E")], [(6, 60, "F")])),
     "SELECT * FROM l JOIN r ON lts = rts")
WL = "(SELECT *, window(lts, '10 seconds') AS lw FROM l)"
WR = "(SELECT *, window(rts, '10 seconds') AS rw FROM r)"
case("inner by window", pair(ls, rs), "SELECT id, lv, rv, lw FROM %s JOIN %s ON id = id2 AND lw = rw" % (WL, WR))
case("inner with more conditions", pair(ls, rs),
     "SELECT lv, rv FROM l JOIN r ON id = id2 AND lower(rv) = lv AND lv <> 'd' AND rv <> 'F' AND " + BOUNDS)
case("inner null safe", pair(ls, rs), "SELECT * FROM l JOIN r ON id <=> id2 AND " + BOUNDS)
case("inner of expressions", pair(ls, rs), "SELECT id, id2, lv, rv FROM l JOIN r ON id * 2 = id2 + id2 AND length(lv) = length(rv)")
case("inner by columns left out", pair(ls, rs), "SELECT lv FROM l JOIN r ON id = id2 WHERE rts > '2024-01-01 00:00:12'")
case("inner using", {"l": stream(L, ls, wm), "r": stream("id int, rts timestamp, rv string", [[{"id": x["id2"], "rts": x["rts"], "rv": x["rv"]} for x in b] for b in rs])},
     "SELECT * FROM l JOIN r USING (id)")
case("full outer of keys that are null", pair(ls, rs), "SELECT * FROM l FULL JOIN r" + ON)
with_nulls = rs
for kind in ["LEFT", "RIGHT", "FULL"]:
    low = kind.lower()
    if kind == "FULL":  # where Spark takes null for equal to null
        rs = [[x for x in b if x["id2"] is not None] for b in with_nulls]
    case(low + " outer with bounds", pair(ls, rs), "SELECT * FROM l %s JOIN r%s" % (kind, ON))
    case(low + " outer by window", pair(ls, rs), "SELECT id, lv, id2, rv, lw, rw FROM %s %s JOIN %s ON id = id2 AND lw = rw" % (WL, kind, WR))
    case(low + " outer with conditions of a side", pair(ls, rs), "SELECT lv, rv FROM l %s JOIN r%s AND lv <> 'b' AND rv <> 'Y'" % (kind, ON))
    case(low + " outer with a side that falls silent", pair(ls, [rs[0], [], [], [], []]), "SELECT lv, rv FROM l %s JOIN r%s" % (kind, ON))
rs = with_nulls
case("left outer with different delays", pair(ls, rs, "20 seconds", "1 second"), "SELECT lv, rv FROM l LEFT JOIN r" + ON)
case("left outer in one direction", pair(ls, rs), "SELECT lv, rv FROM l LEFT JOIN r ON id = id2 AND rts <= lts + INTERVAL 5 SECONDS AND rts >= lts")
case("left outer of rows that come twice", pair(left([(1, 10, "a"), (1, 10, "a"), (2, 10, "b"), (2, 10, "b")], [(1, 10, "a")], [(9, 99, "z")], [(9, 100, "y")]),
                                               right([], [(1, 11, "A")], [(1, 12, "B"), (9, 99, "Z")], [(9, 130, "Y")])),
     "SELECT lv, rv FROM l LEFT JOIN r" + ON)
case("left semi", pair(ls, rs), "SELECT * FROM l LEFT SEMI JOIN r" + ON)
case("left semi in update mode", pair(ls, rs), "SELECT * FROM l LEFT SEMI JOIN r" + ON, "update")
case("left semi by window", pair(ls, rs), "SELECT * FROM %s LEFT SEMI JOIN %s ON id = id2 AND lw = rw" % (WL, WR))
case("left semi with conditions", pair(ls, rs), "SELECT lv FROM l LEFT SEMI JOIN r%s AND lower(rv) = lv AND lv <> 'e'" % ON)
case("self join", {"l": stream(L, ls, wm)},
     "SELECT a.id, a.lv, b.lv AS bv FROM l a JOIN l b ON a.id = b.id AND b.lts >= a.lts AND b.lts <= a.lts + INTERVAL 10 SECONDS")
case("self join without watermark", {"l": stream(L, ls)}, "SELECT a.id, a.lv, b.lv AS bv FROM l a JOIN l b ON a.id = b.id")
case("join then aggregate", pair(ls, rs),
     "SELECT window.start, count(*) AS n FROM (SELECT * FROM l JOIN r%s) GROUP BY window(lts, '10 seconds')" % ON)
case("outer join then aggregate", pair(ls, rs),
     "SELECT window.start, count(rv) AS n, count(*) AS m FROM (SELECT * FROM l LEFT JOIN r%s) GROUP BY window(lts, '10 seconds')" % ON)
case("window join then aggregate", pair(ls, rs),
     "SELECT lw, count(*) AS n FROM (SELECT id, lw FROM %s JOIN %s ON id = id2 AND lw = rw) GROUP BY lw" % (WL, WR))
case("aggregates then join", pair(ls, rs),
     "SELECT a.w, a.n, b.n AS bn FROM (SELECT window(lts, '10 seconds') AS w, count(*) AS n FROM l GROUP BY window(lts, '10 seconds')) a "
     "JOIN (SELECT window(rts, '10 seconds') AS w, count(*) AS n FROM r GROUP BY window(rts, '10 seconds')) b ON a.w = b.w")
case("aggregates then left join", pair(ls, rs),
     "SELECT a.w, a.n, b.n AS bn FROM (SELECT window(lts, '10 seconds') AS w, count(*) AS n FROM l GROUP BY window(lts, '10 seconds')) a "
     "LEFT JOIN (SELECT window(rts, '10 seconds') AS w, count(*) AS n FROM r GROUP BY window(rts, '10 seconds')) b ON a.w = b.w")
case("dedup then join", pair(ls, rs), [dedup("l", ["id", "lts"], name="p"), {"name": "q", "sql": "SELECT lv, rv FROM p JOIN r" + ON}])
case("join then dedup", pair(ls, rs), [{"name": "p", "sql": "SELECT id, lts, lv FROM l JOIN r" + ON}, dedup("p", ["id", "lts"])])
three = dict(pair(ls, rs), t=stream("id3 int, tts timestamp", [[{"id3": 1, "tts": at(10)}], [{"id3": 4, "tts": at(23)}], [{"id3": 5, "tts": at(41)}], [{"id3": 6, "tts": at(71)}], [{"id3": 7, "tts": at(100)}]], ["tts", "10 seconds"]))
case("join of three", three,
     "SELECT lv, rv, tts FROM (SELECT * FROM l JOIN r%s) JOIN t ON id = id3 AND tts BETWEEN lts - INTERVAL 5 SECONDS AND lts + INTERVAL 5 SECONDS" % ON)
case("left joins of three", three,
     "SELECT lv, rv, tts FROM (SELECT id, lts, lv, rv FROM l LEFT JOIN r%s) LEFT JOIN t ON id = id3 AND tts BETWEEN lts - INTERVAL 5 SECONDS AND lts + INTERVAL 5 SECONDS" % ON)
case("join without equality", pair(ls, rs), "SELECT * FROM l JOIN r ON " + BOUNDS)
case("left outer without watermark", pair(ls, rs, None, None), "SELECT * FROM l LEFT JOIN r ON id = id2")
case("left outer with the wrong watermark", pair(ls, rs, "10 seconds", None), "SELECT * FROM l LEFT JOIN r" + ON)
case("left outer without bounds", pair(ls, rs), "SELECT * FROM l LEFT JOIN r ON id = id2")
case("right outer with the wrong watermark", pair(ls, rs, None, "10 seconds"), "SELECT * FROM l RIGHT JOIN r" + ON)
case("full outer with one watermark", pair(ls, rs, None, "10 seconds"), "SELECT * FROM l FULL JOIN r" + ON)
case("left semi without watermark", pair(ls, rs, None, None), "SELECT * FROM l LEFT SEMI JOIN r ON id = id2")
case("left anti", pair(ls, rs), "SELECT * FROM l LEFT ANTI JOIN r" + ON)
case("left outer in update mode", pair(ls, rs), "SELECT * FROM l LEFT JOIN r" + ON, "update")
case("two event times then dedup", pair(ls, rs), [{"name": "p", "sql": "SELECT * FROM l JOIN r" + ON}, dedup("p", ["id"])])

# Joins of a stream and a table.
names = {"names": {"schema": "id2 int, name string", "rows": [{"id2": 1, "name": "one"}, {"id2": 2, "name": "two"}, {"id2": 2, "name": "deux"}, {"id2": None, "name": "none"}, {"id2": 99, "name": "far"}]}}
for kind in ["", "LEFT ", "LEFT SEMI ", "LEFT ANTI ", "RIGHT ", "FULL "]:
    case(("stream %sjoin table" % kind).lower(), {"l": stream(L, ls)}, "SELECT * FROM l %sJOIN names ON id = id2" % kind, "append", names)
for kind in ["", "LEFT ", "LEFT SEMI ", "LEFT ANTI ", "RIGHT ", "FULL "]:
    case(("table %sjoin stream" % kind).lower(), {"l": stream(L, ls)}, "SELECT * FROM names %sJOIN l ON id = id2" % kind, "append", names)
case("stream cross join table", {"l": stream(L, ls)}, "SELECT id, name FROM l CROSS JOIN names", "append", names)
case("stream join table without equality", {"l": stream(L, ls)}, "SELECT id, id2 FROM l LEFT JOIN names ON id < id2", "update", names)
case("table join then aggregate", {"l": stream(L, ls, wm)},
     "SELECT window.start, name, count(*) AS n FROM (SELECT * FROM l LEFT JOIN names ON id = id2) GROUP BY window(lts, '10 seconds'), name", "append", names)

with open("cases.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES) + "\n]\n")
