// Package handover moves a query between Spark and this engine by its checkpoint. Looking at one (Inspect) tells what it
// holds and whether this engine can go on with it, and changes nothing. Handing one over (Prepare) leaves what Spark needs:
// compactions of the logs of file sources where Spark looks for them, no lock, and no checksum file that speaks of another
// content than what lies there.
package handover
