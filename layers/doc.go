// Package layers holds the two pipelines that the product ships with, as models for a user's own: invoices
// (files → bronze table → silver stream → two gold aggregates) and sales (three queries over one folder).
//
// A [Pipeline] is a list of [Layer]s in the order of their dependencies. Each layer is one streaming query: it
// reads files or a table, and writes a table. Layers share nothing but tables, so that each may run in a
// process of its own.
package layers
