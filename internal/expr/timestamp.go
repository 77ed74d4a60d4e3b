package expr

import (
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

func itoa(v int32) string { return strconv.Itoa(int(v)) }

var timestampFunctions = table{
	"date_format":   fn(types.String, dateFormat, aTimestamp, aString),
	"from_unixtime": built(1, 2, buildFromUnixtime),

	"to_timestamp":           parsing(types.Timestamp, false, "to_timestamp"),
	"to_timestamp_ltz":       parsing(types.Timestamp, false, "to_timestamp_ltz"),
	"to_timestamp_ntz":       parsing(types.TimestampNTZ, false, "to_timestamp_ntz"),
	"try_to_timestamp":       parsing(types.Timestamp, true, "try_to_timestamp"),
	"to_date":                parsing(types.Date, false, "to_date"),
	"try_to_date":            parsing(types.Date, true, "try_to_date"),
	"unix_timestamp":         built(0, 2, buildUnixTimestamp),
	"to_unix_timestamp":      built(1, 2, buildUnixTimestamp),
	"timestamp_seconds":      built(1, 1, buildTimestampSeconds),
	"timestamp_millis":       fn(types.Timestamp, scaleUp(1000), aLong),
	"timestamp_micros":       fn(types.Timestamp, map1(types.Timestamp, func(v int64) int64 { return v }), aLong).infallible(),
	"unix_seconds":           fn(types.Long, map1(types.Long, func(v int64) int64 { return floorDiv(v, microsPerSecond) }), aTimestamp).infallible(),
	"unix_millis":            fn(types.Long, map1(types.Long, func(v int64) int64 { return floorDiv(v, 1000) }), aTimestamp).infallible(),
	"unix_micros":            fn(types.Long, map1(types.Long, func(v int64) int64 { return v }), aTimestamp).infallible(),
	"from_utc_timestamp":     shiftZone(func(z *zone, at int64) int64 { return z.Local(at) }),
	"to_utc_timestamp":       shiftZone(func(z *zone, at int64) int64 { return z.Instant(at) }),
	"convert_timezone":       built(2, 3, buildConvertTimezone),
	"make_timestamp":         makeTimestamp(types.Timestamp, false),
	"make_timestamp_ltz":     makeTimestamp(types.Timestamp, false),
	"make_timestamp_ntz":     makeTimestamp(types.TimestampNTZ, false),
	"try_make_timestamp":     makeTimestamp(types.Timestamp, true),
	"try_make_timestamp_ltz": makeTimestamp(types.Timestamp, true),
	"try_make_timestamp_ntz": makeTimestamp(types.TimestampNTZ, true),
	"timestampadd":           built(3, 3, buildTimestampAdd), "timestampdiff": built(3, 3, buildTimestampDiff),
}

// compiled remembers the last pattern and zone of a batch: mostly they are the same for all rows.
type compiled struct {
	text    string
	pattern *datetime.Pattern
}

func (c *compiled) get(text string) (*datetime.Pattern, error) {
	if c.pattern != nil && c.text == text {
		return c.pattern, nil
	}
	p, err := datetime.Compile(text)
	c.text, c.pattern = text, p
	return p, err
}

func dateFormat(ctx *Context, n int, args []Vector) (arrow.Array, error) {
	at, ai := operand[int64](args[0])
	text, ti := operand[string](args[1])
	z := newZone(ctx.TimeZone)
	var c compiled
	return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
		p, err := c.get(text[i&ti])
		if err != nil {
			return dst, false, err
		}
		return p.Append(dst, at[i&ai], z), true, nil
	})
}

// defaultPattern is the format of from_unixtime and unix_timestamp.
var defaultPattern = &Constant{Value: "yyyy-MM-dd HH:mm:ss", DataType: types.String}

func buildFromUnixtime(b *builder) (Expr, error) {
	if len(b.args) == 1 {
		b.args = append(b.args, defaultPattern)
	}
	if err := b.coerceTo(aLong, aString); err != nil {
		return nil, err
	}
	return b.make(types.String, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		micros, err := map1(types.Timestamp, func(s int64) int64 { v, _ := secondsToMicros(nil, s); return v })(ctx, args[0].Values.Len(), args[:1])
		if err != nil {
			return nil, err
		}
		return dateFormat(ctx, n, []Vector{{Values: micros, Const: args[0].Const}, args[1]})
	}), nil
}

// parsing is to_timestamp and its kin: without a pattern a cast, with one a parse.
func parsing(to types.Primitive, try bool, name string) function {
	return built(1, 2, func(b *builder) (Expr, error) {
		mode := plan.EvalDefault
		if try {
			mode = plan.EvalTry
		}
		printed := callText(name, b.args)
		from := b.args[0].Type()
		if len(b.args) == 1 || from == types.Date || isTimestamp(from) {
			e, err := NewCast(b.args[0], to, mode, b.ctx.ANSI, false)
			if err != nil {
				return nil, b.wrongInput(0, `("STRING" or "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ")`)
			}
			return renamed(e, printed), nil
		}
		if err := b.coerceTo(aString, aString); err != nil {
			return nil, err
		}
		b.fn.null = nullMaybe
		t := types.Type(to)
		if to == types.Date {
			t = types.TimestampNTZ
		}
		out := b.make(t, parseKernel(t, to, b.ctx.ANSI && !try))
		if to == types.Date {
			e, err := NewCast(out, types.Date, mode, b.ctx.ANSI, true)
			return renamed(e, printed), err
		}
		return renamed(out, printed), nil
	})
}

func parseKernel(t types.Type, to types.Primitive, strict bool) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		run := &caster{ctx: ctx, zone: newZone(ctx.TimeZone)}
		var c compiled
		return try2(t, func(_ *Context, s, text string) (int64, bool, error) {
			p, err := c.get(text)
			if err != nil {
				return 0, false, err
			}
			local, zoneName, at, ok := p.Parse(s)
			if !ok && strict {
				return 0, false, cannotParse(s, at, to)
			}
			if !ok || t == types.TimestampNTZ {
				return local, ok, nil
			}
			z := run.zone
			if zoneName != "" {
				z, _ = run.zoneNamed(zoneName) // it was found when the text was parsed
			}
			return z.Instant(local), true, nil
		})(ctx, n, args)
	}
}

func cannotParse(s string, at int, to types.Primitive) error {
	try := "try_to_timestamp"
	if to == types.Date {
		try = "try_to_date"
	}
	return errclass.CannotParseTimestamp.New("Text '%s' could not be parsed at index %d.", s, at).
		WithHint("Use `%s` to tolerate invalid input string and return NULL instead.", try)
}

// buildUnixTimestamp is seconds since 1970 of a time, or of text by a pattern.
func buildUnixTimestamp(b *builder) (Expr, error) {
	if len(b.args) == 0 {
		now, err := b.sub("current_timestamp")
		if err != nil {
			return nil, err
		}
		b.args = append(b.args, now)
	}
	if len(b.args) == 1 {
		b.args = append(b.args, defaultPattern)
	}
	from := b.args[0].Type()
	if from == types.Date || isTimestamp(from) {
		if err := b.coerceTo(aTimestamp, aString); err != nil {
			return nil, err
		}
		return b.make(types.Long, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
			return map1(types.Long, func(at int64) int64 { return floorDiv(at, microsPerSecond) })(ctx, n, args[:1])
		}), nil
	}
	if err := b.coerceTo(aString, aString); err != nil {
		return nil, err
	}
	parse := parseKernel(types.Timestamp, types.Timestamp, b.ctx.ANSI)
	b.fn.null = nullMaybe
	return b.make(types.Long, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		parsed, err := parse(ctx, n, args)
		if err != nil {
			return nil, err
		}
		return map1(types.Long, func(at int64) int64 { return floorDiv(at, microsPerSecond) })(ctx, n, []Vector{{Values: parsed}})
	}), nil
}

func scaleUp(factor int64) kernel {
	return try1(types.Timestamp, func(_ *Context, v int64) (int64, bool, error) {
		if overflowsMul(v, factor) {
			return 0, false, overflowError("long overflow.", "")
		}
		return v * factor, true, nil
	})
}

func buildTimestampSeconds(b *builder) (Expr, error) {
	if err := b.coerceTo(aNumber); err != nil {
		return nil, err
	}
	switch t := b.args[0].Type().(type) {
	case types.Decimal:
		return b.make(types.Timestamp, try1(types.Timestamp, func(_ *Context, d decimal128.Num) (int64, bool, error) {
			v, ok := rescale(d, t.Scale, 6, types.MaxPrecision)
			micros, fits := fits64(v)
			if !ok || !fits {
				return 0, false, overflowError("long overflow.", "")
			}
			return micros, true, nil
		})), nil
	default:
		if isInteger(t) {
			var err error
			if b.args[0], err = implicit(b.ctx, b.args[0], types.Long); err != nil {
				return nil, err
			}
			return b.make(types.Timestamp, scaleUp(microsPerSecond)), nil
		}
		var err error
		if b.args[0], err = implicit(b.ctx, b.args[0], types.Double); err != nil {
			return nil, err
		}
		b.fn.null = nullMaybe
		return b.make(types.Timestamp, try1(types.Timestamp, func(_ *Context, f float64) (int64, bool, error) {
			return javaLong(f * 1e6), !math.IsNaN(f) && !math.IsInf(f, 0), nil
		})), nil
	}
}

// zones finds time zones by name, each once.
type zones map[string]*zone

func (zs zones) get(name string) (*zone, error) {
	if z := zs[name]; z != nil {
		return z, nil
	}
	loc, ok := ParseZone(name)
	if !ok {
		return nil, errclass.InvalidTimezone.New("The timezone: %s is invalid.", name).
			WithHint("The timezone must be either a region-based zone ID or a zone offset. Region IDs must have the form 'area/city', such as 'America/Los_Angeles'. Zone offsets must be in the format '(+|-)HH', '(+|-)HH:mm' or '(+|-)HH:mm:ss', e.g '-08' , '+01:00' or '-13:33:33'.")
	}
	zs[name] = newZone(loc)
	return zs[name], nil
}

// shiftZone moves a timestamp as if it were a wall-clock time of UTC or of another zone.
func shiftZone(f func(z *zone, at int64) int64) function {
	return fn(types.Timestamp, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		known := zones{}
		return try2(types.Timestamp, func(_ *Context, at int64, name string) (int64, bool, error) {
			z, err := known.get(name)
			if err != nil {
				return 0, false, err
			}
			return f(z, at), true, nil
		})(ctx, n, args)
	}, aTimestamp, aString)
}

// buildConvertTimezone reads a wall-clock time of one zone on the clock of another.
func buildConvertTimezone(b *builder) (Expr, error) {
	if len(b.args) == 2 {
		here, err := b.sub("current_timezone")
		if err != nil {
			return nil, err
		}
		b.args = append([]Expr{here}, b.args...)
	}
	if err := b.coerceTo(aString, aString, is(types.TimestampNTZ)); err != nil {
		return nil, err
	}
	return b.make(types.TimestampNTZ, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		known := zones{}
		return try3(types.TimestampNTZ, func(_ *Context, from, to string, local int64) (int64, bool, error) {
			source, err := known.get(from)
			if err != nil {
				return 0, false, err
			}
			target, err := known.get(to)
			if err != nil {
				return 0, false, err
			}
			return target.Local(source.Instant(local)), true, nil
		})(ctx, n, args)
	}), nil
}
