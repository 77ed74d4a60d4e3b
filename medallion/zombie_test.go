package medallion

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// unlocked is a store without locks, as a network file system may be: what keeps two runs of a query apart there is that each
// step of a log is put once.
type unlocked struct{ volumes.Store }

// A stopped store stops its process at the n-th put that must be the first, until it is told to go on.
type stoppedStore struct {
	unlocked
	at      int
	reached chan struct{}
	goOn    chan struct{}

	mu   sync.Mutex
	puts []string
}

func (s *stoppedStore) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	s.mu.Lock()
	s.puts = append(s.puts, name)
	here := len(s.puts)-1 == s.at
	s.mu.Unlock()
	if here {
		close(s.reached)
		<-s.goOn
	}
	return s.unlocked.PutIfAbsent(ctx, name, data)
}

// numbersRun streams two files, a batch each, into a folder of the format, and gives what ended it.
func numbersRun(t *testing.T, store volumes.Store, format string) error {
	t.Helper()
	session, err := NewSession(Options{Space: volumes.NewSpaceOn(store), Conf: map[string]string{confWorkers: "1", confPartitions: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	frame, err := session.ReadStream().Format("json").Schema("n bigint").Option("maxFilesPerTrigger", "1").Load(t.Context(), filesVolume+"/in")
	if err != nil {
		t.Fatal(err)
	}
	q, err := frame.WriteStream().Format(format).Option("checkpointLocation", filesVolume+"/cp").Trigger(AvailableNow()).Start(t.Context(), filesVolume+"/out")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(t.Context())
	return err
}

// A process that was stopped (SIGSTOP, a machine that slept) at any step of its query, while another one took the query over and
// ran it to its end, changes nothing when it goes on: no row is there twice.
func TestAStoppedProcessThatGoesOnIsFenced(t *testing.T) {
	for _, format := range []string{"delta", "json"} {
		fresh := func() *volumestest.Memory {
			memory := volumestest.NewMemory()
			for i := range 2 {
				if err := memory.Put(t.Context(), fmt.Sprintf("%s/in/%d.json", filesVolume[1:], i), fmt.Appendf(nil, "{\"n\":%d}\n", i)); err != nil {
					t.Fatal(err)
				}
			}
			return memory
		}
		clean := &stoppedStore{unlocked: unlocked{fresh()}, at: -1}
		if err := numbersRun(t, clean, format); err != nil {
			t.Fatal(err)
		}
		fenced := 0
		for at, name := range clean.puts {
			memory := fresh()
			zombie := &stoppedStore{unlocked: unlocked{memory}, at: at, reached: make(chan struct{}), goOn: make(chan struct{})}
			ended := make(chan error, 1)
			go func() { ended <- numbersRun(t, zombie, format) }()
			<-zombie.reached
			if err := numbersRun(t, unlocked{memory}, format); err != nil {
				t.Fatalf("%s: the second process at %s: %v", format, name, err)
			}
			close(zombie.goOn)
			if err := <-ended; err != nil {
				fenced++
			}
			session, err := NewSession(Options{Space: volumes.NewSpaceOn(memory)})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := readAll(t.Context(), session, "SELECT n FROM "+format+".`"+filesVolume+"/out` ORDER BY n")
			session.Close()
			if err != nil || rows != "[[0] [1]]" {
				t.Errorf("%s: stopped at %s: %s, %v", format, name, rows, err)
			}
		}
		t.Logf("%s: stopped at %d steps, %d times its query failed", format, len(clean.puts), fenced)
		if fenced < len(clean.puts)/2 {
			t.Errorf("%s: %d of %d were fenced", format, fenced, len(clean.puts))
		}
	}
}
