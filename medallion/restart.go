package medallion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/tabwriter"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// A Verdict says what becomes of a change of a query at its next start.
type Verdict string

// The verdicts, from good to bad.
const (
	Unchanged    Verdict = "same"
	Compatible   Verdict = "compatible"
	Risky        Verdict = "risky"          // it starts, and what it gives may surprise
	Incompatible Verdict = "not compatible" // it does not start, or not on this checkpoint
)

// A RestartFinding is one property of a query, as its checkpoint has it and as the query that would be started has it.
type RestartFinding struct {
	What     string // "source 0", "state operator 0", "output mode"
	Was, Now string
	Verdict  Verdict
	Why      string // empty where nothing changed
}

// A RestartPlan says what a start on a checkpoint will do: see [Session.CheckRestart].
type RestartPlan struct {
	Checkpoint string
	QueryID    string // empty: no query has run there, every query may begin
	Batch      int64  // the batch that would run first
	Again      bool   // that batch was cut short, and is run again over the same input
	Findings   []RestartFinding
}

// Compatible tells that nothing keeps the query from going on from the checkpoint.
func (p RestartPlan) Compatible() bool {
	for _, f := range p.Findings {
		if f.Verdict == Incompatible {
			return false
		}
	}
	return true
}

// String is the plan as a table.
func (p RestartPlan) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "checkpoint %s\n", p.Checkpoint)
	if p.QueryID == "" {
		text.WriteString("no query has run there: it begins with batch 0, from the beginning of each source\n")
		return text.String()
	}
	again := ""
	if p.Again {
		again = " again, over the same input: it was cut short"
	}
	fmt.Fprintf(&text, "query id   %s\nnext       batch %d%s\n\n", p.QueryID, p.Batch, again)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT\tCHECKPOINT\tQUERY\tVERDICT\tWHY")
	for _, f := range p.Findings {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", f.What, f.Was, f.Now, f.Verdict, f.Why)
	}
	_ = table.Flush() // into a strings.Builder
	if p.Compatible() {
		text.WriteString("\nThe query can go on from this checkpoint.\n")
	} else {
		text.WriteString("\nThe query can NOT go on from this checkpoint: give it one of its own, or undo what is not compatible.\n")
	}
	return text.String()
}

// CheckRestart compares a query with the checkpoint that it names, by Spark's rules of recovery, before it is started: number and
// kind of the sources, the stateful operators with their order, names and schemas, the settings that the state depends on,
// watermark, output mode and sink. table is what the query would be given to [DataStreamWriter.ToTable]; empty: it has another
// sink. Nothing is changed; the query may be running.
//
// What a checkpoint does not tell is not found: it does not hold filters, projections and triggers, which may all change, nor
// which columns a file's rows had.
func (s *Session) CheckRestart(ctx context.Context, w DataStreamWriter, table string) (RestartPlan, error) {
	if w.err != nil {
		return RestartPlan{}, w.err
	}
	node, err := w.frame.resolve(ctx)
	if err != nil {
		return RestartPlan{}, err
	}
	if !logical.IsStreaming(node) {
		return RestartPlan{}, errclass.WriteStreamNotAllowed.New("`writeStream` can be called only on streaming Dataset/DataFrame.")
	}
	if err := logical.CheckStreaming(node, w.mode); err != nil {
		return RestartPlan{}, err
	}
	at, err := w.checkpointNamed()
	if err != nil {
		return RestartPlan{}, err
	}
	store, err := at.Sub()
	if err != nil {
		return RestartPlan{}, err
	}
	cp, err := checkpoint.Read(ctx, store, at.URI)
	if err != nil {
		return RestartPlan{}, err
	}
	c := &restartCheck{session: s, writer: w, node: node, cp: cp, store: store, table: table}
	c.plan.Checkpoint, c.plan.QueryID = at.URI, cp.ID()
	return c.plan, c.run(ctx, &c.plan)
}

// checkpointNamed is where the writer's query keeps its progress.
func (w DataStreamWriter) checkpointNamed() (volumes.Location, error) {
	named := map[string]string{}
	if location, ok := w.options["checkpointlocation"]; ok {
		named["checkpointLocation"] = location
	}
	opts, err := streamOptions.Parse(named)
	if err != nil {
		return volumes.Location{}, err
	}
	return w.checkpoint(opts, true)
}

// restartCheck is a comparison on its way.
type restartCheck struct {
	session *Session
	writer  DataStreamWriter
	node    logical.Node
	cp      *checkpoint.Checkpoint
	store   volumes.Store
	table   string

	entry checkpoint.Offsets // of the newest batch
	plan  RestartPlan
}

func (c *restartCheck) found(what, was, now string, verdict Verdict, why string) {
	c.plan.Findings = append(c.plan.Findings, RestartFinding{what, was, now, verdict, why})
}

func (c *restartCheck) run(ctx context.Context, out *RestartPlan) error {
	defer func() { *out = c.plan }()
	planned, entry, found, err := c.cp.Offsets.Latest(ctx)
	if err != nil {
		return err
	}
	committed, commit, done, err := c.cp.Commits.Latest(ctx)
	if err != nil {
		return err
	}
	if c.plan.QueryID == "" && (found || done) {
		c.found("metadata", "lost", "", Incompatible, "the file metadata is missing while there are batches: under a new id a sink could not tell a batch that it has")
	}
	if !found {
		return nil
	}
	c.entry = entry
	c.plan.Batch, c.plan.Again = planned+1, false
	if !done || committed < planned {
		c.plan.Batch, c.plan.Again = planned, true
	}
	if err := c.sources(ctx); err != nil {
		return err
	}
	if err := c.state(ctx); err != nil {
		return err
	}
	c.watermark(max(entry.WatermarkMs, commit.NextWatermarkMs))
	c.settings()
	return c.sink(ctx)
}

// settings compares what the checkpoint froze with what the session says: the checkpoint wins.
func (c *restartCheck) settings() {
	for _, s := range checkpoint.DefaultConf(c.session.confInt(confPartitions)) {
		was, ok := c.entry.Conf.Get(s.Key)
		now := cmp.Or(c.session.Conf(s.Key), s.Value)
		if !ok || was == now {
			continue
		}
		verdict, why := Compatible, "the checkpoint's value is kept"
		if s.Key == checkpoint.ShufflePartitions {
			why = "the checkpoint's value is kept: state stays in as many partitions as it was made in"
		}
		c.found(s.Key, was, now, verdict, why)
	}
}

func (c *restartCheck) watermark(ms int64) {
	var delays []string
	for _, w := range logical.Watermarks(c.node) {
		delays = append(delays, fmt.Sprintf("%s, %s", w.Input.Schema().Fields[w.Column].Name, w.Delay))
	}
	was := "none yet"
	if ms > 0 {
		was = "at " + momentText(ms)
	}
	switch now := strings.Join(delays, "; "); {
	case ms == 0 && now == "":
	case now == "":
		c.found("watermark", was, "none", Risky, "without it no row is late and no state is let go of")
	default:
		c.found("watermark", was, now, Compatible, "the delay may change; the watermark never goes back")
	}
}

// state compares the stateful operators with those of a rehearsal of the query in an empty checkpoint.
func (c *restartCheck) state(ctx context.Context) error {
	was, err := describeState(ctx, c.store)
	if err != nil {
		return err
	}
	now, err := c.rehearsed(ctx)
	if err != nil {
		return err
	}
	if len(was) > 0 {
		if err := stream.CheckState(c.entry.Conf); err != nil {
			c.found("state format", "as Spark wrote it", "", Incompatible, reason(err))
		}
	}
	for i := range max(len(was), len(now)) {
		c.operator(i, was, now)
	}
	return nil
}

// reason is what an error says, on one line.
func reason(err error) string {
	text := err.Error()
	if e := (*errclass.Error)(nil); errors.As(err, &e) {
		text = string(e.Class) + ": " + e.Detail
	}
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// sink looks whether the sink knows the query.
func (c *restartCheck) sink(ctx context.Context) error {
	switch format := strings.ToLower(cmp.Or(c.writer.format, "delta")); {
	case format == "delta":
		return c.deltaSink(ctx)
	case c.writer.options["path"] != "":
		return c.fileSink(ctx, format, c.writer.options["path"])
	}
	return nil
}

// fileSink: the folder's manifest has to hold the batches that are committed, else readers of it would miss them.
func (c *restartCheck) fileSink(ctx context.Context, format, path string) error {
	at, err := c.session.space.Resolve(strings.TrimRight(path, "/"))
	if err != nil {
		return err
	}
	store, err := at.Sub()
	if err != nil {
		return err
	}
	newest := int64(-1)
	for info, err := range store.List(ctx, "_spark_metadata", volumes.ListOptions{Hidden: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(info.Name, "_spark_metadata/"), ".compact")
		var batch int64
		if n, err := fmt.Sscan(name, &batch); n == 1 && err == nil {
			newest = max(newest, batch)
		}
	}
	if newest+1 >= c.plan.Batch || c.plan.Batch == 0 {
		c.found("sink", "", format+" "+at.URI, Unchanged, "")
		return nil
	}
	c.found("sink", fmt.Sprintf("%d batches", c.plan.Batch), fmt.Sprintf("%s %s, with %d batches", format, at.URI, newest+1), Incompatible,
		"the folder of a file sink must not change: this one does not hold what the query has written")
	return nil
}
