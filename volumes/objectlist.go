package volumes

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
)

// errRepeats is a listing that goes in circles, or in no order: nobody could tell what it left out.
var errRepeats = errors.New("the store lists its keys twice, or in no order")

// maxIdlePages may come one after the other without a key. A store with many deleted keys gives some.
const maxIdlePages = 1000

var errIdle = errors.New("the store gives page after page of a listing, and nothing in them")

// List gives the files of a folder in lexical order. Files come as the pages of the cloud do; with opts.Dirs all are gathered before
// the first is given, because "a" comes before "a.json", whose key comes before "a/…".
func (s *ObjectStore) List(ctx context.Context, dir string, opts ListOptions) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := s.begin(ctx, "list", dir, CheckFolder); err != nil {
			yield(Info{}, err)
			return
		}
		l := &objectListing{store: s, dir: dir, base: s.folderKey(dir), opts: opts, yield: yield}
		if opts.Dirs {
			l.yield = l.gather
		}
		err := l.walk(ctx)
		if err == nil && opts.Dirs {
			l.yield = yield
			err = l.giveGathered(ctx)
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(Info{}, s.fail("list", dir, err))
		}
	}
}

type objectListing struct {
	store *ObjectStore
	dir   string
	base  string // what all its keys begin with
	opts  ListOptions
	yield func(Info, error) bool

	any      bool // something has a name in the folder
	gathered []Info
	folders  []string // those that hold the last key, the outermost first
}

// walk asks for page after page.
func (l *objectListing) walk(ctx context.Context) error {
	query := ObjectQuery{Prefix: l.base, Folders: !l.opts.Recursive, StartAfter: l.startAfter()}
	last, idle := "", 0
	for {
		page, err := l.store.page(ctx, query)
		if err != nil {
			return err
		}
		if idle++; len(page.Objects)+len(page.Folders) > 0 {
			idle = 0
		}
		if idle == maxIdlePages {
			return errIdle
		}
		for key, object := range inOrder(page) {
			if key <= last {
				return fmt.Errorf("%w: %q comes after %q", errRepeats, key, last)
			}
			last = key
			l.any = true
			if err := l.give(ctx, key, object); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return l.exists(ctx)
		}
		if page.Next == query.Token {
			return fmt.Errorf("%w: the token of the next page is that of this one", errRepeats)
		}
		query.Token = page.Next
		if beyond := l.beyondHidden(last); beyond != "" {
			query.Token, query.StartAfter = "", beyond
		}
	}
}

// page asks for one page. What is in it has the prefix that was asked for.
func (s *ObjectStore) page(ctx context.Context, query ObjectQuery) (page ObjectPage, err error) {
	err = s.bucket.patience.try(ctx, 0, func(ctx context.Context) error {
		page, err = s.bucket.objects.List(ctx, query)
		return err
	})
	if err != nil {
		return ObjectPage{}, err
	}
	for key := range inOrder(page) {
		if !strings.HasPrefix(key, query.Prefix) {
			return ObjectPage{}, fmt.Errorf("%w: %q does not begin with %q", errRepeats, key, query.Prefix)
		}
	}
	return page, nil
}

// startAfter is the key after which the listing begins; empty: at the first.
func (l *objectListing) startAfter() string {
	if l.opts.StartAfter == "" {
		return ""
	}
	if key := l.store.prefix + l.opts.StartAfter; key > l.base {
		return key
	}
	return ""
}

// inOrder gives the keys of a page, objects and folders, which come apart. A folder has no object.
func inOrder(page ObjectPage) iter.Seq2[string, *Object] {
	return func(yield func(string, *Object) bool) {
		folders := page.Folders
		for i := range page.Objects {
			object := &page.Objects[i]
			for len(folders) > 0 && folders[0] < object.Key {
				if !yield(folders[0], nil) {
					return
				}
				folders = folders[1:]
			}
			if !yield(object.Key, object) {
				return
			}
		}
		for _, folder := range folders {
			if !yield(folder, nil) {
				return
			}
		}
	}
}

// exists tells of a folder in which nothing was found whether it is there.
func (l *objectListing) exists(ctx context.Context) error {
	if l.any || l.dir == "." && l.store.whole {
		return nil
	}
	if l.opts.StartAfter != "" {
		if there, err := l.store.folderIsThere(ctx, l.dir); err != nil || there {
			return err
		}
	}
	return fs.ErrNotExist
}

// hadoopFolder ends the keys of the empty objects by which old Hadoop file systems mark a folder.
const hadoopFolder = "_$folder$"

// give hands one key on, as a file or a folder, if it is wanted.
func (l *objectListing) give(ctx context.Context, key string, object *Object) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	below := key[len(l.base):]
	isFolder := object == nil || strings.HasSuffix(key, "/")
	if marked, ok := strings.CutSuffix(below, hadoopFolder); ok && object != nil && object.Size == 0 && marked != "" {
		below, isFolder = marked, true
	}
	below = strings.TrimSuffix(below, "/")
	if below == "" || !l.opts.Hidden && hiddenPart(below) != "" || isTemp(below[strings.LastIndexByte(below, '/')+1:]) {
		return nil
	}
	if l.opts.Dirs {
		if err := l.giveFolders(below, isFolder); err != nil {
			return err
		}
	}
	if isFolder {
		return nil
	}
	info := l.store.describe(*object)
	info.Lost = nameFault(info.Name) != nil // no name of ours leads to it: to be told, and not overlooked
	return l.hand(info)
}

// hiddenPart is the first part of a name that is hidden, with what is before it; empty: there is none.
func hiddenPart(name string) string {
	for start := 0; start < len(name); {
		length := strings.IndexByte(name[start:], '/')
		if length < 0 {
			length = len(name) - start
		}
		if length > 0 && isHidden(name[start:]) {
			return name[:start+length]
		}
		start += length + 1
	}
	return ""
}

// beyondHidden is the key behind all those of a hidden folder in which a page has ended; empty: it has not. A table's log, say, is
// passed over by one request, however long it is.
func (l *objectListing) beyondHidden(last string) string {
	if l.opts.Hidden || !l.opts.Recursive || !strings.HasPrefix(last, l.base) {
		return ""
	}
	part := hiddenPart(last[len(l.base):])
	if part == "" || !strings.HasPrefix(last[len(l.base)+len(part):], "/") {
		return ""
	}
	return l.base + part + "/\U0010FFFF"
}

// giveFolders hands on the folders of a name that were not given yet.
func (l *objectListing) giveFolders(below string, isFolder bool) error {
	parts := strings.Split(below, "/")
	if !isFolder {
		parts = parts[:len(parts)-1]
	}
	if !l.opts.Recursive {
		parts = parts[:min(len(parts), 1)]
	}
	for i, part := range parts {
		if i < len(l.folders) && l.folders[i] == part {
			continue
		}
		l.folders = append(l.folders[:i], part)
		info := Info{Name: under(l.dir, strings.Join(parts[:i+1], "/")), IsDir: true}
		if err := l.hand(info); err != nil {
			return err
		}
	}
	return nil
}

// hand gives one that is wanted to the consumer.
func (l *objectListing) hand(info Info) error {
	if info.Name <= l.opts.StartAfter || l.yield(info, nil) {
		return nil
	}
	return errStopped
}

func (l *objectListing) gather(info Info, _ error) bool {
	l.gathered = append(l.gathered, info)
	return true
}

func (l *objectListing) giveGathered(ctx context.Context) error {
	slices.SortFunc(l.gathered, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	for i, info := range l.gathered {
		if err := ctx.Err(); err != nil {
			return err
		}
		if i > 0 && info.IsDir && l.gathered[i-1].IsDir && l.gathered[i-1].Name == info.Name {
			continue // marked in two ways
		}
		if err := l.hand(info); err != nil {
			return err
		}
	}
	return nil
}
