package differential

import (
	"fmt"
	"strings"
	"time"
)

// input draws what arrives: rows out of order, late, twice, without a key or a time; files without rows; several starts.
func (d *drawer) input() {
	base := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	id, seen := 0, map[string][]string{}
	for range 1 + d.IntN(3) {
		var run Run
		for range 1 + d.IntN(4) {
			files := Files{}
			for _, s := range d.Sources {
				if len(d.Sources) > 1 && d.chance(10) {
					continue
				}
				lines := []string{}
				rows := d.IntN(8)
				if d.chance(8) {
					rows = 0
				}
				for range rows {
					if d.chance(8) && len(seen[s.Name]) > 0 {
						lines = append(lines, pick(d, seen[s.Name]...))
						continue
					}
					id++
					lines = append(lines, d.row(id, base))
				}
				seen[s.Name] = append(seen[s.Name], lines...)
				files[s.Name] = lines
			}
			if len(files) > 0 {
				run = append(run, files)
			}
			base = base.Add(time.Duration(d.IntN(25)) * time.Second)
			if d.chance(5) {
				base = base.Add(5 * time.Minute)
			}
		}
		if len(run) > 0 {
			d.Runs = append(d.Runs, run)
		}
	}
	if d.Runs == nil {
		d.Runs = []Run{{Files{d.Sources[0].Name: {d.row(1, base)}}}}
	}
}

// row is a line of JSON; a field that is null is most often left out.
func (d *drawer) row(id int, base time.Time) string {
	fields := []string{fmt.Sprintf(`"id":%d`, id)}
	add := func(nulls int, name, value string) {
		switch {
		case !d.chance(nulls):
			fields = append(fields, fmt.Sprintf(`%q:%s`, name, value))
		case d.chance(30):
			fields = append(fields, fmt.Sprintf(`%q:null`, name))
		}
	}
	at := base.Add(time.Duration(d.IntN(20)-5) * time.Second)
	switch {
	case d.chance(10):
		at = at.Add(-time.Duration(20+d.IntN(100)) * time.Second)
	case d.chance(15):
		at = at.Add(time.Duration(d.IntN(1000)) * time.Millisecond)
	}
	add(8, "k", pick(d, `"a"`, `"a"`, `"b"`, `"c"`, `""`))
	add(8, "g", fmt.Sprint(d.IntN(4)))
	add(8, "v", fmt.Sprint(d.IntN(80)-20))
	add(8, "d", fmt.Sprint(float64(d.IntN(200)-50)/4))
	add(4, "t", `"`+at.Format("2006-01-02T15:04:05.000Z")+`"`)
	return "{" + strings.Join(fields, ",") + "}"
}
