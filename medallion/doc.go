// Package medallion is Spark's DataFrame and streaming API in Go, over Delta tables, without a cluster.
//
// A [Session] has a root folder, where /Volumes, /FileStore, the warehouse and the catalog lie. From it come
// frames: Session.SQL, Session.Table, Session.Read and, for streams, Session.ReadStream. A [DataFrame] is a
// query, not rows: its methods have Spark's names and build the next query; Collect, Show, Count and
// Write run it. A chain keeps its first mistake for the call that runs it, so one error check serves.
//
//	session, err := medallion.NewSession(medallion.Options{Root: "lake"})
//	...
//	invoices, err := session.ReadStream().Format("json").Schema("InvoiceNumber string, TotalAmount double").
//		Option("cleanSource", "archive").Option("sourceArchiveDir", "/Volumes/dev/sales/landing_archive").
//		Load(ctx, "/Volumes/dev/sales/landing")
//	...
//	query, err := invoices.WriteStream().QueryName("bronze").
//		Option("checkpointLocation", "/Volumes/dev/sales/checkpoints/bronze").
//		ToTable(ctx, "invoices_bz")
//
// Paths in /Volumes, /FileStore, /mnt, /user/hive/warehouse and dbfs: lie under the root; any other is the machine's.
//
// Names are Spark's; tables are Delta by default; ANSI mode is on; option names are read in any letter case,
// and an option that does not exist is an error.
//
// # Delta tables
//
// A [DeltaTable] does what PySpark's delta.tables does:
//
//	DeltaTable.forName, forPath, isDeltaTable   Session.DeltaTable, DeltaTableForPath, IsDeltaTable
//	DeltaTable.create, createIfNotExists        Session.CreateDeltaTable, CreateDeltaTableIfNotExists
//	DeltaTable.replace, createOrReplace         Session.ReplaceDeltaTable, CreateOrReplaceDeltaTable
//	DeltaTableBuilder, IdentityGenerator        DeltaTableBuilder, TableColumn, Identity
//	DeltaTable.convertToDelta                   Session.ConvertToDelta
//	toDF, alias                                 ToDF, Alias or As
//	delete, update, updateExpr, merge           Delete, Update, Merge; conditions and values are Col, Lit and Expr
//	whenMatchedUpdate, …, execute               MergeBuilder
//	optimize().where().executeCompaction()      Optimize, Where, ExecuteCompaction, ExecuteZOrderBy
//	vacuum, history, detail, generate           Vacuum, History, Detail, Generate
//	restoreToVersion, restoreToTimestamp        RestoreToVersion, RestoreToTimestamp
//	clone, cloneAtVersion, cloneAtTimestamp     Clone with CloneOptions
//	upgradeTableProtocol                        UpgradeTableProtocol
//	addFeatureSupport, dropFeatureSupport       AddFeatureSupport, DropFeatureSupport
package medallion
