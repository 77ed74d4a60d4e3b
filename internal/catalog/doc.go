// Package catalog keeps the names of schemas and tables as small files on a volume, so that
// processes that share a root see each other's tables at once, without a server:
//
//	_catalog/<catalog>/<schema>/_schema.json     a schema
//	_catalog/<catalog>/<schema>/<table>.json     a table or view
//	_catalog/_clones/<hash of a place>.json      where the log of a shallow clone may name files
//
// An entry is made by put-if-absent: of two that create one name, one wins. Names are kept in lower
// case, percent-encoded where a file name needs it. The session catalog spark_catalog and its schema
// default always exist.
//
// A managed table lies where Spark's warehouse would put it: /user/hive/warehouse/<table>, or
// <schema>.db/<table> outside default; catalogs other than spark_catalog have a folder <catalog>.cat above.
//
// Dropping a managed table happens in three steps, each of which may be the last before a crash: the entry is
// marked as dropped, the files go, the entry goes. Whoever meets a marked entry finishes the job, unless its lock
// (.<table>.lock, where the store has locks) says that another is at it. Who would make a table of that name waits,
// because files removed late would be those of the new table.
package catalog
