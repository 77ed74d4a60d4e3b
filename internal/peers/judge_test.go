package main

import (
	"maps"
	"strings"
	"testing"
)

func TestOutputsMustAgree(t *testing.T) {
	first := map[string]any{"LineItems": 726600.0, "SilverHash": "6707694654583215674195989", "Revenue of CASH": 760390431.25}
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(first)
		changed[name] = value
		return changed
	}
	for _, c := range []struct {
		name  string
		found map[string]any
		want  string // in the error; empty: they agree
	}{
		{"the same", first, ""},
		{"a sum's last digit", with("Revenue of CASH", 760390431.2500001), ""},
		{"a row more", with("LineItems", 726601.0), "LineItems"},
		{"another sum", with("Revenue of CASH", 760390432.25), "Revenue of CASH"},
		{"a hash's last digit", with("SilverHash", "6707694654583215674195988"), "SilverHash"},
		{"nothing", with("LineItems", nil), "LineItems"},
		{"a payment method more", with("Revenue of CARD", 1.0), "4 figures"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := same("ours", first, c.found)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestOutputsHoldWhatWasGenerated(t *testing.T) {
	j := judge{folder: Folder{Invoices: 100, Items: 250}}
	for _, c := range []struct {
		found map[string]any
		holds bool
	}{
		{map[string]any{"Invoices": 100.0, "LineItems": 250.0}, true},
		{map[string]any{"Invoices": 100.0}, true}, // of bronze alone
		{map[string]any{"Invoices": 99.0}, false},
		{map[string]any{"Invoices": 100.0, "LineItems": 251.0}, false},
	} {
		if err := j.complete(c.found); (err == nil) != c.holds {
			t.Errorf("%v: %v", c.found, err)
		}
	}
}
