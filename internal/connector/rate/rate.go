package rate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"time"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// OptionTable lists the options of source rate.
var OptionTable = option.Table{
	{Name: "rowsPerSecond", Doc: "How many rows a second has. Default: 1."},
	{Name: "rampUpTime", Kind: option.Duration, Default: "0s", Doc: "How long the rows of a second grow in number until they are rowsPerSecond, in whole seconds."},
	{Name: "numPartitions", Doc: "How many partitions the rows of a batch are dealt out to. Default: the number of cores."},
}

// A Provider is the source before a query reads it.
type Provider struct {
	perSecond  int64
	rampUp     int64 // seconds
	partitions int64
	given      string // numPartitions, for the description
	clock      func() time.Time
}

var _ stream.Provider = (*Provider)(nil)

// New checks the options; partitions is their number where the options do not say it.
func New(given map[string]string, partitions int, clock func() time.Time) (*Provider, error) {
	v, err := OptionTable.Parse(given)
	if err != nil {
		return nil, err
	}
	p := &Provider{perSecond: 1, partitions: int64(partitions), given: "default", rampUp: int64(v.Duration("rampUpTime") / time.Second), clock: clock}
	if err := positive(v, "rowsPerSecond", &p.perSecond); err != nil {
		return nil, err
	}
	if err := positive(v, "numPartitions", &p.partitions); err != nil {
		return nil, err
	}
	if v.Has("numPartitions") {
		p.given = v.String("numPartitions")
	}
	return p, nil
}

// positive reads a number in Spark's words.
func positive(v option.Values, name string, into *int64) error {
	if !v.Has(name) && *into > 0 {
		return nil
	}
	n, err := strconv.ParseInt(v.String(name), 10, 64)
	if err != nil && v.Has(name) {
		return errclass.InvalidOptionValue.New("Invalid value '%s' for option '%s', must be a positive integer", v.String(name), name)
	}
	if n <= 0 {
		return errclass.InvalidOptionValue.New("Invalid value '%d'. The option '%s' must be positive", n, name)
	}
	*into = n
	return nil
}

// Schema is timestamp and value.
func (p *Provider) Schema() types.Struct { return schema }

// String is Spark's, with its missing bracket.
func (p *Provider) String() string {
	return fmt.Sprintf("RateStreamV2[rowsPerSecond=%d, rampUpTimeSeconds=%d, numPartitions=%s", p.perSecond, p.rampUp, p.given)
}

// Open makes the source for a query. It keeps when the query was made in sources/N/0.
func (p *Provider) Open(ctx context.Context, start stream.SourceStart) (stream.Source, error) {
	if most := math.MaxInt64 / p.perSecond; p.rampUp > most {
		return nil, errclass.IncorrectRampUpRate.New("Max offset with %d rowsPerSecond is %d, but 'rampUpTimeSeconds' is %d.", p.perSecond, most, p.rampUp)
	}
	began, err := began(ctx, start, p.clock)
	return &source{Provider: p, began: began, last: began}, err
}

// began reads or writes when the query was made.
func began(ctx context.Context, start stream.SourceStart, clock func() time.Time) (int64, error) {
	name := path.Join(start.Dir, "0")
	ms := clock().UnixMilli()
	err := start.Checkpoint.PutIfAbsent(ctx, name, fmt.Appendf(nil, "v1\n%d", ms))
	if !errors.Is(err, fs.ErrExist) {
		return ms, err
	}
	data, err := volumes.ReadFileMax(ctx, start.Checkpoint, name, 1<<20)
	if err != nil {
		return 0, err
	}
	return parseBegan(name, data)
}

func parseBegan(name string, data []byte) (int64, error) {
	lines, err := checkpoint.Lines(name, data)
	if err != nil {
		return 0, err
	}
	if len(lines) != 1 {
		return 0, errclass.MalformedLogFile.New("Failed to read log file %s. Log file was malformed: it has %d lines.", name, len(lines))
	}
	ms, err := strconv.ParseInt(string(lines[0]), 10, 64)
	if err != nil {
		return 0, errclass.MalformedLogFile.New("Failed to read log file %s. Log file was malformed: %w.", name, err)
	}
	return ms, nil
}

// source counts seconds.
type source struct {
	*Provider
	began, last int64 // milliseconds since the epoch
	frozen      bool
	end         int64 // under availableNow
}

func (s *source) Description() string { return s.String() }

// Commit does nothing.
func (s *source) Commit(context.Context, stream.Offset) error { return nil }

// Stop does nothing.
func (s *source) Stop() error { return nil }

// Freeze ends the query with what there is now.
func (s *source) Freeze(context.Context) error {
	s.frozen, s.end = true, s.seconds()
	return nil
}

// Latest is the seconds that have passed since the query was made. A clock that goes back is waited for.
func (s *source) Latest(_ context.Context, _ int64, start stream.Offset, _ stream.ReadLimit) (stream.Offset, error) {
	now := s.end
	if !s.frozen {
		now = s.seconds()
	}
	if start != nil {
		at, err := parseSeconds(start)
		if err != nil {
			return nil, err
		}
		now = max(now, at)
	}
	return strconv.AppendInt(nil, now, 10), nil
}

func (s *source) seconds() int64 {
	s.last = max(s.last, s.clock().UnixMilli())
	return (s.last - s.began) / 1000
}

// Rows are those of the seconds between two offsets, spread evenly over them.
func (s *source) Rows(_ context.Context, start, end stream.Offset) (logical.Source, error) {
	var from int64
	var err error
	if start != nil {
		if from, err = parseSeconds(start); err != nil {
			return nil, err
		}
	}
	until, err := parseSeconds(end)
	if err != nil {
		return nil, err
	}
	if from > until {
		return nil, fmt.Errorf("startSeconds(%d) > endSeconds(%d)", from, until)
	}
	if most := math.MaxInt64 / s.perSecond; until > most {
		return nil, errclass.IncorrectEndOffset.New("Max offset with %d rowsPerSecond is %d, but it's %d now.", s.perSecond, most, until)
	}
	s.last = max(s.last, s.began+until*1000)
	first, last := s.valueAt(from), s.valueAt(until)
	each := float64((until-from)*1000) / float64(last-first) // milliseconds
	return &rows{
		name: s.String(), from: first, until: last, partitions: s.partitions,
		time: func(value int64) int64 {
			return (s.began + from*1000 + int64(math.Floor(float64(value-first)*each+0.5))) * 1000
		},
	}, nil
}

// valueAt is the value after the last of a second.
func (p *Provider) valueAt(second int64) int64 {
	delta := p.perSecond / (p.rampUp + 1)
	if second > p.rampUp {
		return p.valueAt(p.rampUp) + (second-p.rampUp)*p.perSecond
	}
	if second%2 == 1 {
		return (second + 1) / 2 * delta * second
	}
	return second / 2 * delta * (second + 1)
}

func parseSeconds(o stream.Offset) (int64, error) {
	var n *int64
	if err := json.Unmarshal(o, &n); err != nil || n == nil || *n < 0 {
		return 0, errclass.MalformedLogFile.New("The checkpoint's offset %.100s is not that of a rate source.", o).WithHint("Start the query with a new checkpoint.")
	}
	return *n, nil
}
