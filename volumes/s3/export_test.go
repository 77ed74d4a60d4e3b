package s3

// CheckRange is what tests ask of the range of an answer.
var CheckRange = checkRange
