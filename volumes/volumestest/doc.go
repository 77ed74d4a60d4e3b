// Package volumestest holds what tests of storage need.
//
//   - [Run] says whether an implementation keeps the promises of [volumes.Store].
//   - [Memory] is a disk in memory that knows what has been synced: [Memory.CrashClone] is what a
//     power cut leaves of it.
//   - [Record], [StopAfter], [StopBefore], [FailAt], [FailFrom], [LoseReply] and [TearAt] wrap a store: they
//     write down its operations and let one of them go wrong.
//
// Everything is deterministic: the same seed and the same operations give the same outcome.
package volumestest
