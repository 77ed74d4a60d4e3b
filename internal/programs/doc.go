// Package programs is a harness for acceptance tests: programs written for Spark run here, step by step, and are
// compared with the answers that Spark gave. Only tests import it.
//
// Which program is shown by which tests, and by which example (go run ./examples/<name>):
//
//	sales      layers: TestSalesGivesSparksTables, …Lifecycle, …GoldFileByFile, …ProgressIsSparks,       examples/sales
//	           …WritesSparksCheckpoints
//	invoices   layers: TestInvoicesGoesThroughSparksSteps, …GivesSparksAnswers, …CleanSourceVariants,    examples/invoices
//	           …WritesSparksLogsAndCheckpoints; the suite: TestInvoicesSuiteManyTimes; cmd/medallion test
//	events     TestEventsCountedByHour, TestEventsCountedAfterEachFile                                   examples/events
//	orders     at rest: TestOrdersInferredAtRest, TestOrdersSchemas                                      examples/orders
//	           once: TestOrdersOnceADay; archive: TestOrdersArchiveSteps; triggers: TestOrdersBatchesByTrigger
//	           foreachBatch: TestForeachBatch, …IsAtLeastOnce, …AsSQL
//	           windows: TestWindowOverATableStream, TestWindowsInAllModes, TestSlidingWindowsAtRest
//	module 5   1 TestModule5Console, …WithoutASchema; 2 …AggregateIntoMemory; 3 …DatePartsIntoMemory;    examples/module5
//	           4 TestExample4KafkaToConsole, …FromEarliest; 5 TestExample5KafkaToKafka; 6 TestModule5AverageFromDeltaToDelta;
//	           7 TestModule5TumblingWindowsInUpdateMode; 8 TestModule5WatermarkOnTheConsole; 9 TestTwoSinks
//	files      TestFileNamesOfAFolder
//	mistakes   TestMistakesGetSparksAnswers, TestKafkaMistakes, TestBadIntervalsAreRefused, TestCheckpointInUse, TestBadLinesByMode
package programs
