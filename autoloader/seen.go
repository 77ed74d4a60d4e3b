package autoloader

import (
	"crypto/sha256"
	"maps"
	"math"
	"path"
	"time"
)

// A fileID stands for a path. Half of SHA-256 is enough never to take one file for another, also
// when somebody tries.
type fileID [16]byte

// seenFiles are the files that some batch already holds, as far as they are young enough.
type seenFiles struct {
	nameOnly bool
	rewrites bool  // a file with another time is new
	maxAge   int64 // milliseconds; negative: nothing is ever too old
	newest   int64 // modification time of the newest file
	horizon  int64 // files older than this are passed over, and forgotten
	at       map[fileID]int64
	pruneAt  int
}

func newSeenFiles(opts Options) *seenFiles {
	return &seenFiles{
		nameOnly: opts.FileNameOnly,
		rewrites: opts.AllowOverwrites,
		maxAge:   floorMilliseconds(opts.maxFileAge()),
		newest:   math.MinInt64,
		horizon:  math.MinInt64,
		at:       make(map[fileID]int64),
		pruneAt:  minPrune,
	}
}

// floorMilliseconds keeps negative times negative.
func floorMilliseconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Milliseconds()
}

// identify takes a file's URI.
func (s *seenFiles) identify(uri string) fileID {
	if s.nameOnly {
		uri = path.Base(uri)
	}
	sum := sha256.Sum256([]byte(uri))
	return fileID(sum[:16])
}

// A verdict says what a source makes of a file that it finds.
type verdict uint8

const (
	isNew verdict = iota
	isSeen
	isTooOld
)

func (s *seenFiles) judge(uri string, modified int64) verdict {
	if modified < s.horizon {
		return isTooOld
	}
	if at, ok := s.at[s.identify(uri)]; ok && at >= s.horizon && (at == modified || !s.rewrites) {
		return isSeen
	}
	return isNew
}

func (s *seenFiles) addAll(entries []entry) {
	for _, e := range entries {
		s.addID(s.identify(normalURI(e.Path)), e.Timestamp)
	}
}

func (s *seenFiles) addID(id fileID, modified int64) {
	if len(s.at) >= s.pruneAt {
		s.prune()
	}
	s.at[id] = modified
	s.newest = max(s.newest, modified)
}

// minPrune is how many files are remembered before the first look for some to forget.
const minPrune = 1 << 16

// prune drops what lies behind the horizon: when what is remembered has doubled, so that a file costs the
// same however many there are.
func (s *seenFiles) prune() {
	maps.DeleteFunc(s.at, func(_ fileID, at int64) bool { return at < s.horizon })
	s.pruneAt = max(2*len(s.at), minPrune)
}

// age moves the horizon up to the newest file. What lies behind it counts as forgotten at once.
func (s *seenFiles) age() {
	if s.maxAge < 0 || s.newest == math.MinInt64 {
		return
	}
	s.horizon = s.newest - s.maxAge
}
