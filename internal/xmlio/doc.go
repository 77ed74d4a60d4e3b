// Package xmlio reads XML: each element of the row's tag is a record. A record's attributes, child elements and text are its
// columns, as Spark 4.2 has it (StaxXmlParser, XmlInferSchema).
//
// Each record is parsed alone. What is wrong with one makes it malformed and leaves the others as they are, where Spark gives
// up the rest of the file; and a value that does not fit its column takes no other value with it.
//
// The text is hostile: there are no entities but the five of XML itself and characters by number, so that nothing expands; no
// document type is read, nothing is fetched; depth and the length of a record are bounded.
package xmlio
