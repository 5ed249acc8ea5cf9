package fastpath

import (
	"bytes"
	"errors"
	"strconv"
	"time"
)

// maxAnswer is the most that the head of a response may have.
const maxAnswer = 1 << 20

// answer is the head of a target's response, read as leniently as Go's net/http and curl do, since targets are trusted
// and old. It is framed anew for the caller. What is in it points into the read buffer.
type answer struct {
	size       int
	status     int
	reason     []byte
	fields     []field
	length     int64 // -1 if the headers do not say
	chunked    bool
	closes     bool // whether the target closes the connection after it
	hasDate    bool
	named      bool
	trailer    []byte
	upgrade    []byte
	challenges bool // whether it asks for a login that belongs to the connection
}

var errMalformed = errors.New("the response is malformed")

// parse reads a head. It returns whether it was complete.
func (a *answer) parse(b []byte) (bool, error) {
	start := 0
	for start < len(b) && (b[start] == '\r' || b[start] == '\n') {
		start++
	}
	if n := min(len(b)-start, len(version)); string(b[start:][:n]) != version[:n] {
		return false, errMalformed
	}
	line, rest, found := cutLenient(b[start:])
	if !found {
		return false, tooLong(b)
	}
	*a = answer{fields: a.fields[:0], length: -1}
	old, err := a.parseStatusLine(line)
	if err != nil {
		return false, err
	}
	value := 0 // where the last one starts
	for {
		at := len(b) - len(rest)
		line, after, found := cutLenient(rest)
		if !found {
			return false, tooLong(b)
		}
		rest = after
		if len(line) == 0 {
			a.size = len(b) - len(rest)
			return true, a.check(old)
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(a.fields) == 0 || !all(line, &isValue) {
				return false, errMalformed
			}
			// RFC 9112 §5.2: the line break becomes spaces.
			for i := at - 1; b[i] == '\n' || b[i] == '\r'; i-- {
				b[i] = ' '
			}
			a.fields[len(a.fields)-1].value = trim(b[value : at+len(line)])
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || !all(line[:colon], &isToken) || !all(line[colon+1:], &isValue) {
			return false, errMalformed
		}
		value = at + colon + 1
		a.fields = append(a.fields, field{line[:colon], trim(line[colon+1:])})
	}
}

// version is how every response begins.
const version = "HTTP/1."

func tooLong(b []byte) error {
	if len(b) > maxAnswer {
		return errMalformed
	}
	return nil
}

func cutLenient(b []byte) (line, rest []byte, found bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, b, false
	}
	return bytes.TrimSuffix(b[:i], []byte{'\r'}), b[i+1:], true
}

// parseStatusLine returns whether the response is of HTTP/1.0.
func (a *answer) parseStatusLine(line []byte) (old bool, err error) {
	if len(line) < len("HTTP/1.1 200") || line[7] != '0' && line[7] != '1' || line[8] != ' ' {
		return false, errMalformed
	}
	code := line[9:12]
	for _, b := range code {
		if b < '0' || b > '9' {
			return false, errMalformed
		}
	}
	a.status = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
	if a.status < 100 || len(line) > 12 && line[12] != ' ' {
		return false, errMalformed
	}
	if len(line) > 13 {
		a.reason = line[13:]
		for _, b := range a.reason {
			if (b < ' ' || b > '~') && b != '\t' {
				a.reason = nil
				break
			}
		}
	}
	return line[7] == '0', nil
}

func (a *answer) check(old bool) error {
	var persistent, encoded bool
	for _, f := range a.fields {
		switch len(f.name) {
		case len("date"):
			a.hasDate = a.hasDate || is(f.name, "date")
		case len("trailer"):
			if is(f.name, "trailer") {
				a.trailer = f.value
			} else if is(f.name, "upgrade") {
				a.upgrade = f.value
			}
		case len("connection"):
			if is(f.name, "connection") {
				eachToken(f.value, func(token []byte) {
					switch {
					case is(token, "close"):
						a.closes = true
					case is(token, "keep-alive"):
						persistent = true
					case !is(token, "upgrade"):
						a.named = true
					}
				})
			}
		case len("content-length"):
			if is(f.name, "content-length") {
				if err := a.readLength(f.value); err != nil {
					return err
				}
			}
		case len("www-authenticate"):
			if is(f.name, "www-authenticate") && a.status == 401 {
				eachToken(f.value, func(token []byte) { a.challenges = a.challenges || logsInConnection(token) })
			}
		case len("transfer-encoding"):
			if is(f.name, "transfer-encoding") && !is(f.value, "identity") {
				if encoded || !is(f.value, "chunked") {
					return errMalformed
				}
				encoded = true
			}
		}
	}
	// What a 204 announces, and must not have, could come later, in place of another response.
	a.closes = a.closes || old && !persistent || a.status == 204 && (encoded || a.length > 0)
	if encoded {
		// A length beside it is wrong, and so may be what else is on the connection.
		a.closes = a.closes || a.length >= 0
		a.chunked, a.length = true, -1
	}
	return nil
}

// readLength reads a Content-Length, which may be there several times if it is the same.
func (a *answer) readLength(value []byte) (err error) {
	eachToken(value, func(token []byte) {
		n, e := strconv.ParseUint(string(token), 10, 63)
		if e != nil || a.length >= 0 && a.length != int64(n) {
			err = errMalformed
			return
		}
		a.length = int64(n)
	})
	if a.length < 0 {
		return errMalformed
	}
	return err
}

// hasBody returns whether bytes of a body follow the response to a method.
func (a *answer) hasBody(method string) bool {
	return method != "HEAD" && a.status >= 200 && a.status != 204 && a.status != 304
}

// appendHead appends the head as the caller gets it, up to and without the empty line. mapped replaces the fields that
// [mapping] finds.
func (a *answer) appendHead(dst []byte, rules *Rules, mapped []byte, mapping []int, chunk, last bool) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(a.status), 10)
	dst = append(dst, ' ')
	dst = append(dst, a.reason...)
	dst = append(dst, crlf...)
	var named map[string]struct{}
	if a.named {
		named = namedBy(a.fields)
		delete(named, "content-length") // without it the caller could not tell where the body ends
	}
	lengths := 0
	for i, f := range a.fields {
		if len(mapping) > 0 && mapping[0] == i {
			mapping = mapping[1:]
			continue
		}
		if a.isDropped(f.name, rules, named) {
			continue
		}
		if is(f.name, "content-length") {
			if lengths++; lengths > 1 || a.chunked || a.status < 200 || a.status == 204 {
				continue
			}
			dst = append(dst, "Content-Length: "...)
			dst = strconv.AppendInt(dst, a.length, 10)
			dst = append(dst, crlf...)
			continue
		}
		dst = appendField(dst, f.name, f.value)
	}
	dst = append(dst, mapped...)
	if a.status < 200 {
		return dst
	}
	if chunk {
		if a.trailer != nil {
			dst = appendField(dst, []byte("Trailer"), a.trailer)
		}
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	if !a.hasDate {
		dst = append(dst, "Date: "...)
		dst = time.Now().UTC().AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 GMT")
		dst = append(dst, crlf...)
	}
	if last {
		dst = append(dst, "Connection: close\r\n"...)
	}
	return dst
}

func (a *answer) isDropped(name []byte, rules *Rules, named map[string]struct{}) bool {
	var space [32]byte
	if len(name) > len(space) && named == nil {
		return false
	}
	lower := appendLower(space[:0], name)
	if _, ok := rules.hop[string(lower)]; ok {
		return true
	}
	_, ok := named[string(lower)]
	return ok
}

func appendLower(dst, text []byte) []byte {
	for _, b := range text {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

func appendField(dst, name, value []byte) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, crlf...)
}

// namedBy returns the names that Connection lists, in lower case.
func namedBy(fields []field) map[string]struct{} {
	named := map[string]struct{}{}
	for _, f := range fields {
		if is(f.name, "connection") {
			eachToken(f.value, func(token []byte) { named[string(appendLower(nil, token))] = struct{}{} })
		}
	}
	return named
}
