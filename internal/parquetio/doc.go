// Package parquetio turns Arrow record batches into Parquet files and back.
//
// Writing is a column writer of its own: typed slices go in, pages come out. Each leaf of the schema
// is a column that nothing else touches; it tries a dictionary, drops it where it does not pay,
// keeps bounds for each page, chunk and file, and hands a finished column chunk to the [Writer],
// which lays chunks, page indexes and footer down in order. Files are Parquet 2.x with version 1
// data pages, in Spark's physical layout, so that Spark, Delta and everything else opens them.
//
// Reading takes bytes from an [io.ReaderAt] and trusts none of them: footers, page headers, levels and
// dictionary indexes are bounds-checked, decompression is bounded by what the page header promises
// and by a fixed limit, and a mistake is an error that names the part of the file. The memory of a
// read is bounded by one row group's compressed columns plus one batch.
//
// The terms are those of the format's specification, https://parquet.apache.org/docs/file-format/:
// a file has row groups, a row group a column chunk per leaf, a chunk pages; a repetition level says
// at which list a value starts anew, a definition level how much of its path is present.
//
// Types follow Spark's ParquetReadSupport and ParquetWriteSupport: see [types] for the Arrow side.
// Not written: void and calendar intervals, which Spark refuses as well, and encrypted files. Not
// read: encrypted files, LZO, Brotli and the unframed LZ4 of old Hadoop. Variants are read shredded or not, and written whole.
package parquetio
