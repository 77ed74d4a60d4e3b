package s3test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// authorize checks the signature of a request (Signature Version 4), its time, and that the body is the one signed.
func (s *Server) authorize(r *http.Request, body []byte) (reply, bool) {
	const scheme = "AWS4-HMAC-SHA256 "
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), scheme)
	if !ok {
		return refuse(http.StatusForbidden, "AccessDenied", "Access Denied"), false
	}
	field := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		field[name] = value
	}
	scope := strings.Split(field["Credential"], "/")
	if len(scope) != 5 {
		return refuse(http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header is malformed"), false
	}
	if refused, ok := s.credential(scope, r.Header.Get("X-Amz-Security-Token")); !ok {
		return refused, false
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if skew := s.now().Sub(at); err != nil || skew > 15*time.Minute || skew < -15*time.Minute {
		refused := refuse(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
		refused.header["Date"] = s.now().UTC().Format(http.TimeFormat)
		return refused, false
	}
	hash := r.Header.Get("X-Amz-Content-Sha256")
	if hash != "UNSIGNED-PAYLOAD" && hash != hexHash(body) {
		return refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."), false
	}
	if field["Signature"] != sign(r, field["SignedHeaders"], scope, hash) {
		return refuse(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."), false
	}
	return reply{}, true
}

func (s *Server) credential(scope []string, token string) (reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.expired[scope[0]]:
		return refuse(http.StatusBadRequest, "ExpiredToken", "The provided token has expired."), false
	case scope[0] != AccessKey && !strings.HasPrefix(scope[0], AccessKey+"-"):
		return refuse(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."), false
	case token != s.Token:
		return refuse(http.StatusBadRequest, "InvalidToken", "The provided token is malformed or otherwise invalid."), false
	case scope[2] != Region:
		refused := refuse(http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region is wrong")
		refused.header["X-Amz-Bucket-Region"] = Region
		return refused, false
	}
	return reply{}, true
}

func sign(r *http.Request, signedHeaders string, scope []string, hash string) string {
	var canonical strings.Builder
	canonical.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for name := range strings.SplitSeq(signedHeaders, ";") {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
		}
		canonical.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	canonical.WriteString("\n" + signedHeaders + "\n" + hash)
	text := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + strings.Join(scope[1:], "/") + "\n" + hexHash([]byte(canonical.String()))
	key := []byte("AWS4" + SecretKey)
	for _, part := range scope[1:] {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func canonicalQuery(q url.Values) string {
	var parts []string
	for name, values := range q {
		for _, value := range values {
			parts = append(parts, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
