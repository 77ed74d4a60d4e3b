package medallion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"time"

	"lakehouse/deltalog"
	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/volumes"
)

// resolver tells package logical what the names in a session's queries stand for.
type resolver struct {
	*Session
	views    []string      // the views that are being opened, outermost first
	home     *catalog.Name // inside a stored view: the catalog and schema that its names belong to
	creating bool          // the innermost is being made
}

var _ logical.Catalog = resolver{}

// Table resolves a temporary view, a table by path (delta.`…`, json.`…`), or a name of the catalog.
func (r resolver) Table(ctx context.Context, t *plan.NamedTable) (logical.Node, error) {
	if len(t.Name) == 1 {
		v, ok, err := r.temporary(t.Name[0])
		if err != nil {
			return nil, err
		}
		if ok {
			return r.tempViewNode(ctx, t.Name[0], v)
		}
	}
	if len(t.Name) == 2 && isPath(t.Name) {
		opts, err := r.atVersion(ctx, t)
		if err != nil {
			return nil, err
		}
		return r.DataSource(ctx, &plan.DataSource{Format: strings.ToLower(t.Name[0]), Paths: t.Name[1:], Options: opts, Streaming: t.Streaming})
	}
	name, err := r.fullName(t.Name)
	if err != nil {
		return nil, err
	}
	entry, err := r.catalog.Lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	if entry.Type == catalog.View {
		return r.storedView(ctx, entry)
	}
	table, err := r.deltaTable(entry.Location)
	if err != nil {
		return nil, err
	}
	return r.deltaNode(ctx, table, name.Parts(), t)
}

// isPath reports whether a two-part name is a format and a path rather than a schema and a table.
func isPath(name []string) bool {
	format := strings.ToLower(name[0])
	return format == "delta" || (strings.ContainsAny(name[1], "/:") && files.Known(format))
}

// atVersion are a table's options, among them the version or the time that its AS OF names.
func (r resolver) atVersion(ctx context.Context, t *plan.NamedTable) (map[string]string, error) {
	if t.VersionAsOf == nil && t.TimestampAsOf == nil {
		return t.Options, nil
	}
	opts := maps.Clone(t.Options)
	if opts == nil {
		opts = map[string]string{}
	}
	if t.VersionAsOf != nil {
		opts["versionAsOf"] = fmt.Sprint(*t.VersionAsOf)
		return opts, nil
	}
	at, err := r.constantTime(ctx, t.TimestampAsOf)
	opts["timestampAsOf"] = at.UTC().Format(time.RFC3339Nano)
	return opts, err
}

// DataSource resolves a read by format and options.
func (r resolver) DataSource(ctx context.Context, d *plan.DataSource) (logical.Node, error) {
	if strings.EqualFold(d.Format, "delta") {
		return r.deltaByPath(ctx, d)
	}
	if node, ok, err := r.stateSource(ctx, d); ok {
		return node, err
	}
	if node, ok, err := r.feed(ctx, d); ok {
		return node, err
	}
	if d.Streaming {
		return r.fileStream(ctx, d)
	}
	if len(d.Paths) == 0 {
		return nil, errclass.PathRequired.New("'path' is not specified.").WithHint("Give it to load(path) or as option path.")
	}
	source, err := files.NewSource(ctx, files.SourceOptions{
		Space: r.space, Format: d.Format, Paths: d.Paths, Schema: d.Schema, Options: r.withConf(files.SourceOptionTable, d.Options), Now: r.clock,
	})
	if err != nil {
		return nil, err
	}
	return &logical.Relation{Source: source}, nil
}

// fullName completes a name where it stands: in the session's query, or in a view's.
func (r resolver) fullName(parts []string) (catalog.Name, error) {
	if r.home != nil {
		return qualify(parts, *r.home)
	}
	return r.qualify(parts)
}

// deltaTable opens the table at a location; no I/O.
func (s *Session) deltaTable(location string) (delta.Table, error) {
	at, err := s.space.Resolve(location)
	if err != nil {
		return delta.Table{}, err
	}
	return s.deltaTableAt(at)
}

func (s *Session) deltaTableAt(at volumes.Location) (delta.Table, error) {
	store, err := volumes.Sub(at.Store, at.Key)
	if err != nil {
		return delta.Table{}, err
	}
	return delta.Table{Log: deltalog.Open(store, deltalog.Options{
		Clock: s.clock, Location: strings.TrimPrefix(at.URI, "file://"), Elsewhere: s.elsewhere(at.URI),
	}), Store: store, URI: at.URI}, nil
}

func (r resolver) deltaByPath(ctx context.Context, d *plan.DataSource) (logical.Node, error) {
	if len(d.Paths) != 1 {
		return nil, errclass.PathRequired.New("'path' is not specified.").WithHint("A Delta table is one folder: load(path).")
	}
	at, err := r.space.Resolve(strings.TrimRight(d.Paths[0], "/"))
	if err != nil {
		return nil, err
	}
	table, err := r.deltaTableAt(at)
	if err != nil {
		return nil, err
	}
	opts, err := delta.ParseReadOptions(d.Options, d.Streaming)
	if err != nil {
		return nil, err
	}
	node, err := r.deltaWith(ctx, table, nil, d.Streaming, opts)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		if _, missing := at.Store.Stat(ctx, at.Key); errors.Is(missing, fs.ErrNotExist) {
			return nil, errclass.PathNotFound.New("Path does not exist: %s.", d.Paths[0])
		}
	}
	return node, err
}

func (r resolver) deltaNode(ctx context.Context, table delta.Table, name []string, t *plan.NamedTable) (logical.Node, error) {
	given, err := r.atVersion(ctx, t)
	if err != nil {
		return nil, err
	}
	opts, err := delta.ParseReadOptions(given, t.Streaming)
	if err != nil {
		return nil, err
	}
	return r.deltaWith(ctx, table, name, t.Streaming, opts)
}

func (r resolver) deltaWith(ctx context.Context, table delta.Table, name []string, streaming bool, opts delta.ReadOptions) (logical.Node, error) {
	opts.Zone = r.TimeZone()
	if streaming {
		opts.Session = delta.Session{Resolve: r.space.Resolve, Conf: r.Conf}
		provider, err := delta.NewProvider(ctx, table, opts)
		if err != nil {
			return nil, err
		}
		return &logical.StreamRelation{Name: name, Provider: provider}, nil
	}
	source, err := delta.NewSource(ctx, table, opts)
	if err != nil {
		return nil, err
	}
	return &logical.Relation{Name: name, Source: source}, nil
}
