// Package files reads folders of files: which files a path means ([Listing]), what the folders' names say
// ([Partitions]), how each format turns a file into pieces of rows ([Format]), and, for batch reads, all of it together
// as a relation ([NewSource]). Package autoloader builds its stream on the same parts.
package files
