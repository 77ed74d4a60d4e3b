package handover

import "lakehouse/volumes"

// A Checkpoint is the folder of a query that is to be moved.
type Checkpoint struct {
	Store volumes.Store
	Path  string // for texts: file:///Volumes/…
}

// A Finding is one thing that a checkpoint holds.
type Finding struct {
	Part    string // "query", "batches", "source 0", "state 0", "settings" …
	Found   string // what is there
	Here    string // what becomes of it
	Refused bool   // Here says why the query cannot go on with it
}

// A Report is what was found in a checkpoint.
type Report struct {
	Path     string
	Findings []Finding
	Next     string // what will happen next
}

// Refused reports whether the query cannot go on.
func (r *Report) Refused() bool {
	for _, f := range r.Findings {
		if f.Refused {
			return true
		}
	}
	return false
}

func (r *Report) fine(part, found, here string) {
	r.Findings = append(r.Findings, Finding{Part: part, Found: found, Here: here})
}

func (r *Report) refuse(part, found, why string) {
	r.Findings = append(r.Findings, Finding{Part: part, Found: found, Here: why, Refused: true})
}
