package medallion

import "testing"

// visitsIn is a stream of page visits from the files of a folder, with a watermark.
func (d desk) visitsIn(folder string) *DataFrame {
	d.Helper()
	frame, err := d.ReadStream().Format("json").Schema("at timestamp, page string").Option("maxFilesPerTrigger", "1").Load(d.Context(), folder)
	d.must(err)
	return frame.WithWatermark("at", "0 seconds")
}

func (d desk) visits(folder, name, text string) {
	d.Helper()
	d.must(d.FS().Put(d.Context(), folder+"/"+name, []byte(text)))
}

// Sessions of a stream, and days of the sessions' last moments, by the DataFrame API.
func TestSessionsAndWindowTimesOfAStream(t *testing.T) {
	d := newDesk(t)
	d.visits("/Volumes/a/b/c/in", "1.json", `{"at":"2025-01-01T10:00:00Z","page":"a"}
{"at":"2025-01-01T10:04:00Z","page":"a"}
{"at":"2025-01-01T10:20:00Z","page":"a"}`)
	d.visits("/Volumes/a/b/c/in", "2.json", `{"at":"2025-01-03T10:00:00Z","page":"b"}`)
	sessions := d.visitsIn("/Volumes/a/b/c/in").GroupBy(SessionWindow(Col("at"), "5 minutes"), Col("page")).Count()
	start := func(f *DataFrame, name string) {
		q, err := f.WriteStream().Format("memory").QueryName(name).OutputMode("append").Trigger(AvailableNow()).Start(t.Context())
		d.must(err)
		_, err = q.AwaitTermination(t.Context())
		d.must(err)
	}
	start(sessions, "sessions")
	d.want("sessions", d.rows("SELECT page, date_format(session_window.start, 'HH:mm'), date_format(session_window.end, 'HH:mm'), count FROM sessions ORDER BY 2"),
		"a 10:00 10:09 2; a 10:20 10:25 1")
	days := sessions.Select(WindowTime(Col("session_window")).As("last"), Col("count")).
		GroupBy(Window(Col("last"), "1 day")).Agg(Sum(Col("count")).As("visits"))
	start(days, "days")
	d.want("days", d.rows("SELECT date_format(window.start, 'yyyy-MM-dd'), visits FROM days"), "2025-01-01 3")

	perRow := d.visitsIn("/Volumes/a/b/c/in").GroupBy(Col("page"), SessionWindow(Col("at"), Expr("CASE WHEN minute(at) = 4 THEN '20 minutes' ELSE '1 minute' END"))).Count()
	start(perRow, "per_row")
	d.want("gaps by row", d.rows("SELECT date_format(session_window.end, 'HH:mm'), count FROM per_row ORDER BY 1"), "10:01 1; 10:24 2")
}
