// Package catalog keeps the names of schemas and tables as small files on a volume, so that
// processes that share a root see each other's tables at once, without a server:
//
//	_catalog/<catalog>/<schema>/_schema.json     a schema
//	_catalog/<catalog>/<schema>/<table>.json     a table or view
//	_catalog/_places/<hash of a place>           a folder that goes by another table's name
//	_catalog/_clones/<hash of a place>.json      where the log of a shallow clone may name files
//
// An entry is made by put-if-absent: of two that create one name, one wins. Names are kept in lower
// case, percent-encoded where a file name needs it. The session catalog spark_catalog and its schema
// default always exist.
//
// A managed table lies below its schema's location or, without one, where Spark's warehouse would put it:
// /user/hive/warehouse/<table>, or <schema>.db/<table> outside default; catalogs other than spark_catalog have a folder
// <catalog>.cat above. A table that gets another name stays where it is, and its folder is reserved: the next of the old name
// lies in <table>.2.tbl.
//
// Getting another name happens in steps, too: the old entry is marked with the new name, the new entry is made with the
// old name, the old entry goes, the new one forgets. The second step decides; who changes either entry ends what was begun.
//
// Dropping a managed table happens in three steps, each of which may be the last before a crash: the entry is
// marked as dropped, the files go, the entry goes. Whoever meets a marked entry finishes the job, unless its lock
// (.<table>.lock, where the store has locks) says that another is at it. Who would make a table of that name waits,
// because files removed late would be those of the new table.
package catalog
