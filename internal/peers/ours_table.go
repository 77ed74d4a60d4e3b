package main

import (
	"context"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"lakehouse/deltalog"
	"lakehouse/medallion"
	"lakehouse/volumes"
)

// runCheckpoint opens a table and writes its checkpoint.
func runCheckpoint(ctx context.Context, table string) (answer, error) {
	store, err := volumes.OpenLocal(table)
	if err != nil {
		return answer{}, err
	}
	took := stopwatch()
	snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(ctx)
	if err != nil {
		return answer{}, err
	}
	err = snapshot.Checkpoint(ctx)
	return answer{Seconds: took()}, err
}

// withSession gives a session whose warehouse is nobody's.
func withSession(use func(*medallion.Session) error) error {
	root, err := os.MkdirTemp("", "peers-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root) //nolint:errcheck // a temporary folder
	s, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		return err
	}
	defer s.Close()
	return use(s)
}

// runOptimize makes few files of many small ones.
func runOptimize(ctx context.Context, table string) (done answer, err error) {
	err = withSession(func(s *medallion.Session) error {
		took := stopwatch()
		_, err := s.SQL(ctx, "OPTIMIZE delta.`file:"+table+"`")
		done.Seconds = took()
		return err
	})
	return done, err
}

// appendRow appends one row.
func appendRow(ctx context.Context, s *medallion.Session, table string) error {
	row, err := s.SQL(ctx, "SELECT 1L AS id, 'a' AS name")
	if err != nil {
		return err
	}
	return row.Write().Mode("append").Save(ctx, "file:"+table)
}

// runAppend appends one row after another; the first opens the table.
func runAppend(ctx context.Context, asked request) (done answer, err error) {
	err = withSession(func(s *medallion.Session) error {
		whole := stopwatch()
		for range asked.Times {
			took := stopwatch()
			if err := appendRow(ctx, s, asked.Table); err != nil {
				return err
			}
			done.Arrivals = append(done.Arrivals, took()*1000)
		}
		done.Seconds = whole()
		return nil
	})
	return done, err
}

// runCommits has writers append one row after another, each in a session of its own.
func runCommits(ctx context.Context, asked request) (done answer, err error) {
	var lock sync.Mutex // of done
	took := stopwatch()
	var writers errgroup.Group
	for range asked.Writers {
		writers.Go(func() error {
			return withSession(func(s *medallion.Session) error {
				for range asked.Times {
					if err := appendRow(ctx, s, asked.Table); err != nil {
						lock.Lock()
						done.Dropped++
						lock.Unlock()
						if ctx.Err() != nil {
							return ctx.Err()
						}
					}
				}
				return nil
			})
		})
	}
	err = writers.Wait()
	done.Seconds = took()
	return done, err
}
