package medallion_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/medallion"
	"lakehouse/testsuite/crashtest"
)

// journeys remembers the stops of each traveller and tells them once the watermark has passed the last by a minute.
type journeys struct {
	medallion.BaseProcessor
	handle *medallion.StatefulProcessorHandle
	last   *medallion.ValueState
	stops  *medallion.ListState
	visits *medallion.MapState
}

func (j *journeys) Init(h *medallion.StatefulProcessorHandle) error {
	j.handle = h
	j.last = h.ValueState("last", "at timestamp", medallion.NoTTL)
	j.stops = h.ListState("stops", "page string, at timestamp", medallion.NoTTL)
	j.visits = h.MapState("visits", "page string", "n int", medallion.NoTTL)
	return nil
}

func (j *journeys) HandleInputRows(_ medallion.Row, rows iter.Seq[medallion.Row], _ medallion.TimerValues, _ *medallion.Output) error {
	for row := range rows {
		page, at := row.Get("page").(string), row.Get("at").(time.Time)
		j.stops.Append(page, at)
		n := int32(0)
		if before, ok := j.visits.Get(page); ok {
			n = before.Values[0].(int32)
		}
		j.visits.Update([]any{page}, []any{n + 1})
		if before, ok := j.last.Get(); ok {
			j.handle.DeleteTimer(before.Values[0].(time.Time).Add(time.Minute))
		}
		j.last.Update(at)
		j.handle.RegisterTimer(at.Add(time.Minute))
	}
	return nil
}

func (j *journeys) HandleExpiredTimer(key medallion.Row, _ medallion.TimerValues, expiry time.Time, out *medallion.Output) error {
	var stops, visits []string
	for s := range j.stops.Get() {
		stops = append(stops, s.Values[0].(string))
	}
	for page, n := range j.visits.All() {
		visits = append(visits, fmt.Sprintf("%v:%v", page.Values[0], n.Values[0]))
	}
	slices.Sort(visits)
	out.Emit(key.Values[0], expiry, strings.Join(stops, ">"), strings.Join(visits, " "))
	j.last.Clear()
	j.stops.Clear()
	j.visits.Clear()
	return nil
}

// landings are the files of the crash scenario: rows that go on, come again, and close what is open. The last two move no watermark: what
// is closed by then comes out with them. (A batch that the sink holds already is not run again, so that its event times move the
// watermark with the next batch's, as in Spark.)
var landings = []string{
	`{"user":"ann","page":"a","at":"2026-05-01T10:00:00Z"}` + "\n" + `{"user":"bob","page":"x","at":"2026-05-01T10:00:10Z"}`,
	`{"user":"ann","page":"b","at":"2026-05-01T10:00:40Z"}` + "\n" + `{"user":"ann","page":"a","at":"2026-05-01T10:00:50Z"}`,
	`{"user":"cy","page":"q","at":"2026-05-01T10:02:30Z"}`,
	`{"user":"bob","page":"y","at":"2026-05-01T10:10:00Z"}`,
	`{"user":"bob","page":"z","at":"2026-05-01T10:09:59Z"}`,
	`{"user":"bob","page":"z","at":"2026-05-01T10:09:58Z"}`,
}

// What a processor remembers and what it emits counts exactly once, wherever the process is killed.
func TestTransformWithStateSurvivesAKillAnywhere(t *testing.T) {
	every := 11
	if *medallion.CrashAll {
		every = 1
	}
	crashtest.Kill(t, crashtest.Scenario{
		// Without batches without rows: after a kill they would not come again before the next rows.
		Conf: map[string]string{"spark.sql.shuffle.partitions": "2", "spark.sql.streaming.noDataMicroBatches.enabled": "false"}, Every: every,
		Run: func(ctx context.Context, s *medallion.Session) error {
			for i, text := range landings {
				place, err := s.Space().Resolve(fmt.Sprintf("/Volumes/dev/in/visits/%d.json", i))
				if err != nil {
					return err
				}
				if err := place.Store.PutIfAbsent(ctx, place.Key, []byte(text)); err != nil && !errors.Is(err, fs.ErrExist) {
					return err
				}
				if err := runJourneys(ctx, s); err != nil {
					return err
				}
			}
			return nil
		},
		Result: func(ctx context.Context, s *medallion.Session) (string, error) {
			var out strings.Builder
			for _, from := range []string{
				"delta.`/Volumes/dev/out/journeys`", "state('/Volumes/dev/out/cp', stateVarName => 'stops')",
				"state('/Volumes/dev/out/cp', stateVarName => 'visits')", "state('/Volumes/dev/out/cp', readRegisteredTimers => true)",
			} {
				frame, err := s.SQL(ctx, "SELECT * FROM "+from)
				if err != nil {
					return "", err
				}
				rows, err := frame.Collect(ctx)
				if err != nil {
					return "", err
				}
				lines := make([]string, len(rows))
				for i, r := range rows {
					lines[i] = r.String()
				}
				slices.Sort(lines)
				fmt.Fprintf(&out, "%s\n%s\n", from, strings.Join(lines, "\n"))
			}
			return out.String(), nil
		},
	})
}

func runJourneys(ctx context.Context, s *medallion.Session) error {
	frame, err := s.ReadStream().Format("json").Schema(visitColumns).Load(ctx, "/Volumes/dev/in/visits")
	if err != nil {
		return err
	}
	query, err := byUser(frame.WithWatermark("at", "10 seconds")).
		TransformWithState(&journeys{}, "user string, ended timestamp, stops string, visits string", "append", medallion.TimeModeEventTime).
		WriteStream().Format("delta").Trigger(medallion.AvailableNow()).Option("checkpointLocation", "/Volumes/dev/out/cp").
		Start(ctx, "/Volumes/dev/out/journeys")
	if err != nil {
		return err
	}
	_, err = query.AwaitTermination(ctx)
	return err
}
