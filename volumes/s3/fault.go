package s3

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"lakehouse/volumes"
)

// codes are the error codes of S3 that say more than the status.
var codes = map[string]volumes.Fault{
	"NoSuchKey": volumes.FaultAbsent, "NotFound": volumes.FaultAbsent, "NoSuchVersion": volumes.FaultAbsent,
	"NoSuchBucket":                       volumes.FaultOther,
	"NoSuchUpload":                       volumes.FaultNoUpload,
	"PreconditionFailed":                 volumes.FaultCondition,
	"ConditionalRequestConflict":         volumes.FaultRace,
	"OperationAborted":                   volumes.FaultRace,
	"InvalidRange":                       volumes.FaultRange,
	"SlowDown":                           volumes.FaultBusy,
	"ServiceUnavailable":                 volumes.FaultBusy,
	"RequestLimitExceeded":               volumes.FaultBusy,
	"BandwidthLimitExceeded":             volumes.FaultBusy,
	"TooManyRequests":                    volumes.FaultBusy,
	"ThrottlingException":                volumes.FaultBusy,
	"InternalError":                      volumes.FaultUnknown,
	"RequestTimeout":                     volumes.FaultUnknown,
	"RequestTimeoutException":            volumes.FaultUnknown,
	"IncompleteBody":                     volumes.FaultUnknown,
	"BadDigest":                          volumes.FaultUnknown, // the bytes were damaged on their way
	"XAmzContentSHA256Mismatch":          volumes.FaultUnknown,
	"XAmzContentChecksumMismatch":        volumes.FaultUnknown,
	"ExpiredToken":                       volumes.FaultExpired,
	"ExpiredTokenException":              volumes.FaultExpired,
	"TokenRefreshRequired":               volumes.FaultExpired,
	"RequestExpired":                     volumes.FaultExpired,
	"RequestTimeTooSkewed":               volumes.FaultExpired,
	"AccessDenied":                       volumes.FaultDenied,
	"InvalidAccessKeyId":                 volumes.FaultDenied,
	"SignatureDoesNotMatch":              volumes.FaultDenied,
	"AllAccessDisabled":                  volumes.FaultDenied,
	"AccountProblem":                     volumes.FaultDenied,
	"MethodNotAllowed":                   volumes.FaultOther,
	"InvalidPart":                        volumes.FaultOther,
	"EntityTooSmall":                     volumes.FaultOther,
	"InvalidTokenId":                     volumes.FaultDenied,
	"InvalidToken":                       volumes.FaultDenied,
	"CredentialsNotSupported":            volumes.FaultDenied,
	"AuthorizationHeaderMalformed":       volumes.FaultOther, // another region: see protocol.moved
	"PermanentRedirect":                  volumes.FaultOther,
	"IllegalLocationConstraintException": volumes.FaultOther,
}

// statuses decide where there is no code: the answer to HEAD has none.
var statuses = map[int]volumes.Fault{
	http.StatusNotFound:                     volumes.FaultAbsent,
	http.StatusPreconditionFailed:           volumes.FaultCondition,
	http.StatusNotModified:                  volumes.FaultCondition,
	http.StatusConflict:                     volumes.FaultRace,
	http.StatusRequestedRangeNotSatisfiable: volumes.FaultRange,
	http.StatusTooManyRequests:              volumes.FaultBusy,
	http.StatusServiceUnavailable:           volumes.FaultBusy,
	http.StatusRequestTimeout:               volumes.FaultUnknown,
	http.StatusForbidden:                    volumes.FaultDenied,
	http.StatusUnauthorized:                 volumes.FaultDenied,
}

// An answer is an error as S3 gave it, in a few words.
type answer struct {
	op, code, message, request string
	status                     int
}

func (a *answer) Error() string {
	text := a.op
	if a.status != 0 {
		text += ": " + strconv.Itoa(a.status)
	}
	switch {
	case a.code != "" && a.code != "Unknown" && a.code != "UnknownError":
		text += " " + a.code
	case a.status != 0:
		text += " " + http.StatusText(a.status)
	}
	if a.message != "" && a.message != a.code && a.message != "UnknownError" {
		text += ": " + a.message
	}
	if a.request != "" {
		text += " (request " + a.request + ")"
	}
	return text
}

// fail makes an error of the store of one of the library.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if missing, ok := errors.AsType[*noCredentials](err); ok {
		return &volumes.ObjectError{Fault: volumes.FaultDenied, Err: missing}
	}
	a := &answer{op: op}
	out := &volumes.ObjectError{Fault: volumes.FaultUnknown, Err: a}
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.Response != nil {
		a.status = response.HTTPStatusCode()
		out.After = retryAfter(response.Response.Header)
	}
	if named, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		a.request = named.RequestID
	}
	api, coded := errors.AsType[smithy.APIError](err)
	if coded {
		a.code, a.message = shortened(api.ErrorCode()), shortened(api.ErrorMessage())
	}
	if a.status == 0 && !coded {
		out.Err = fmt.Errorf("%s: %w", op, cause(err))
	}
	out.Fault = faultOf(a, err)
	return out
}

const maxMessage = 1000

// shortened is what a server says, as far as an error can hold it.
func shortened(text string) string {
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text
}

// faultOf decides by the code, then by the status; where there is neither, no answer came.
func faultOf(a *answer, err error) volumes.Fault {
	if fault, ok := codes[a.code]; ok {
		return fault
	}
	if a.status == http.StatusConflict && a.code != "" && a.code != http.StatusText(a.status) {
		return volumes.FaultOther // a conflict with what is there, not with another request
	}
	if fault, ok := statuses[a.status]; ok {
		return fault
	}
	if a.status >= 400 && a.status < 500 || errors.Is(err, errIgnored) {
		return volumes.FaultOther
	}
	if a.status == 0 {
		if _, never := errors.AsType[*smithy.SerializationError](err); never {
			return volumes.FaultOther
		}
		if _, never := errors.AsType[*smithy.InvalidParamsError](err); never {
			return volumes.FaultOther
		}
	}
	return volumes.FaultUnknown
}

// cause is the error below what the library says about itself.
func cause(err error) error {
	if send, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return send.Err
	}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok {
		return op.Err
	}
	return err
}

// retryAfter is how long the server asks to wait.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// errIgnored is a server that answers something else than it was asked.
var errIgnored = errors.New("the server ignores what it was asked")
