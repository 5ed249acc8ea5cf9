package fastpath

import "bytes"

// Limits of a request head. What is beyond them is handed over, and refused there.
const (
	maxHead    = 128 << 10
	maxHeaders = 1024
)

// field is one header of a message, in the buffer that it was read into.
type field struct{ name, value []byte }

// head is the head of a request that may be forwarded as it stands. Everything in it points into the read buffer.
type head struct {
	size           int // bytes of the whole head
	method, target []byte
	fields         []field

	host      []byte
	length    int64 // of the body; -1 for chunks, 0 for none
	hasLength bool  // whether there is a Content-Length
	chunked   bool
	trailers  bool   // TE: trailers
	keepAlive bool   // whether the caller goes on with the connection
	named     bool   // whether Connection names headers
	upgrade   []byte // the protocol to change to; nil for none
	expects   bool   // Expect: 100-continue
	hasLogin  bool   // an Authorization that may log in the connection
	refers    bool   // a header that names another resource of the target
	accept    []byte // Accept
}

// outcome is what to do with what has been read.
type outcome uint8

const (
	incomplete outcome = iota // read on
	accepted                  // carry it
	general                   // hand it over
)

var crlf = []byte("\r\n")

// parse reads a head. It accepts what RFC 9112 allows and every parser reads the same way; the rest is for the general
// path, which refuses it or knows what to do with it.
func (h *head) parse(b []byte) outcome {
	if len(b) > 0 && !isToken[b[0]] {
		return general // TLS, an empty line, or nothing that is HTTP
	}
	line, rest, found := cutLine(b)
	if !found {
		if bytes.IndexByte(b, '\n') >= 0 || len(b) > maxHead {
			return general
		}
		return incomplete
	}
	if line == nil || !h.parseRequestLine(line) {
		return general
	}
	h.fields, h.host = h.fields[:0], nil
	h.length, h.hasLength, h.chunked, h.trailers, h.keepAlive, h.named = 0, false, false, false, true, false
	h.upgrade, h.expects, h.hasLogin, h.refers, h.accept = nil, false, false, false, nil
	for {
		line, after, found := cutLine(rest)
		if !found {
			if len(b) > maxHead {
				return general
			}
			return incomplete
		}
		if line == nil {
			return general
		}
		rest = after
		if len(line) == 0 {
			if h.size = len(b) - len(rest); h.size > maxHead {
				return general
			}
			return h.check()
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || len(h.fields) == maxHeaders || !all(line[:colon], &isToken) || !all(line[colon+1:], &isValue) {
			return general
		}
		// Node's parser refuses a length with a tab behind it.
		if bytes.HasSuffix(bytes.TrimRight(line, " "), []byte{'\t'}) {
			return general
		}
		h.fields = append(h.fields, field{line[:colon], trim(line[colon+1:])})
	}
}

// cutLine returns the first line without its end. A line that ends without a carriage return is nil.
func cutLine(b []byte) (line, rest []byte, found bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, b, false
	}
	if i == 0 || b[i-1] != '\r' {
		return nil, b, true
	}
	return b[:i-1], b[i+1:], true
}

func (h *head) parseRequestLine(line []byte) bool {
	space := bytes.IndexByte(line, ' ')
	if space <= 0 || !bytes.HasSuffix(line, []byte(" HTTP/1.1")) || len(line) < space+len("/ HTTP/1.1")+1 {
		return false
	}
	h.method, h.target = line[:space], line[space+1:len(line)-len(" HTTP/1.1")]
	if len(h.target) == 0 || h.target[0] != '/' || !all(h.method, &isToken) {
		return false
	}
	for _, b := range h.target {
		if b <= ' ' || b == 0x7f || b == '#' {
			return false
		}
	}
	switch string(h.method) {
	case "CONNECT", "TRACE", "PRI":
		return false
	}
	return true
}

// check reads what the fields say about the message. What two programs may read differently is not accepted.
func (h *head) check() outcome {
	hosts, lengths, encodings := 0, 0, 0
	var upgrades bool
	for _, f := range h.fields {
		// Only names of these lengths matter, so most fields cost one comparison.
		switch len(f.name) {
		case len("te"):
			if is(f.name, "te") {
				eachToken(f.value, func(token []byte) { h.trailers = h.trailers || is(token, "trailers") })
			} else if is(f.name, "if") {
				h.refers = true
			}
		case len("host"):
			if is(f.name, "host") {
				hosts++
				h.host = f.value
			}
		case len("expect"):
			if is(f.name, "expect") {
				if !is(f.value, "100-continue") {
					return general
				}
				h.expects = true
			} else if is(f.name, "accept") {
				h.accept = f.value
			}
		case len("upgrade"):
			if is(f.name, "upgrade") {
				if h.upgrade != nil || !all(f.value, &isUpgrade) || len(f.value) == 0 || is(f.value, "h2c") {
					return general
				}
				h.upgrade = f.value
			}
		case len("connection"):
			if is(f.name, "connection") {
				eachToken(f.value, func(token []byte) {
					switch {
					case is(token, "close"):
						h.keepAlive = false
					case is(token, "upgrade"):
						upgrades = true
					case !is(token, "keep-alive"):
						h.named = true
					}
				})
			}
		case len("destination"):
			h.refers = h.refers || is(f.name, "destination")
		case len("authorization"):
			h.hasLogin = h.hasLogin || is(f.name, "authorization") && logsInConnection(f.value)
		case len("content-length"):
			if is(f.name, "content-length") {
				n, ok := parseLength(f.value)
				if !ok {
					return general
				}
				lengths++
				h.length, h.hasLength = n, true
			}
		case len("transfer-encoding"):
			if is(f.name, "transfer-encoding") {
				if !is(f.value, "chunked") {
					return general
				}
				encodings++
				h.chunked, h.length = true, -1
			}
		}
	}
	if hosts != 1 || lengths+encodings > 1 {
		return general
	}
	if !upgrades {
		h.upgrade = nil
	}
	return h.checkUpgrade()
}

// checkUpgrade leaves to the general path what would not be an upgrade.
func (h *head) checkUpgrade() outcome {
	if h.upgrade == nil {
		return accepted
	}
	// Where the tunnel starts has to be certain.
	if h.chunked || h.expects {
		return general
	}
	if is(h.upgrade, "websocket") && (string(h.method) != "GET" || h.length != 0) {
		return general
	}
	return accepted
}

// parseLength reads a Content-Length of at most 15 digits, which is exact in every language.
func parseLength(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 15 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// logsInConnection returns whether the value of an Authorization or a WWW-Authenticate is of a scheme whose login belongs
// to the connection, so that the next request on it counts as from the same person.
func logsInConnection(value []byte) bool {
	scheme := value
	if i := bytes.IndexAny(value, " \t,"); i >= 0 {
		scheme = value[:i]
	}
	for _, name := range []string{"ntlm", "negotiate", "kerberos", "nego2", "credssp"} {
		if is(scheme, name) {
			return true
		}
	}
	return false
}
