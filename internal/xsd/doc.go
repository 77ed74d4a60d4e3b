// Package xsd holds XML records against an XML Schema (XSD 1.0), as Java's validator does for Spark's option rowValidationXSDPath.
//
// A [Schema] is read once, with what it includes and imports from beside it; a [Validator] then follows the tags of one record after the
// other. A record is valid if its element is declared at the top of the schema, and it and all within are of their types.
//
// Schemas are hostile: their bytes, documents, depth and the size of what they compile to are bounded; content models are matched by
// automata, patterns by package regexp, both in linear time; nothing is fetched from a network. What is not supported is refused by
// name when the schema is read, so that no record passes for valid that was not looked at: identity constraints (key, keyref,
// unique), redefine, notations, and some classes of characters in patterns. That a schema obeys the rules for schemas is only
// checked as far as it is needed to follow it.
package xsd
