package socks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

var errRefused = errors.New("refused")

// open starts a proxy that leads every name to the upstream, but "nowhere", and returns what it reports.
func open(t *testing.T, upstream string) (*Server, <-chan string) {
	t.Helper()
	failures := make(chan string, 8)
	s, err := Listen(0, Options{
		Dial: func(_ context.Context, network, address string) (net.Conn, error) {
			if address == "nowhere:80" {
				return nil, errRefused
			}
			return net.Dial(network, upstream)
		},
		Join: join,
		Code: func(err error) string {
			if errors.Is(err, errRefused) {
				return "ECONNREFUSED"
			}
			return ""
		},
		Failed: func(address string, _ error) { failures <- address },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	go s.Serve()
	return s, failures
}

func join(a, b net.Conn) {
	var both sync.WaitGroup
	carry := func(dst, src net.Conn) {
		io.Copy(dst, src)
		dst.(*net.TCPConn).CloseWrite()
	}
	both.Go(func() { carry(a, b) })
	both.Go(func() { carry(b, a) })
	both.Wait()
}

// listen runs a TCP server that answers what it has read once its client has finished.
func listen(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				read, _ := io.ReadAll(c)
				c.Write(read)
			}()
		}
	}()
	return ln.Addr().String()
}

// ask sends bytes, ends that direction, and returns all that comes back.
func ask(t *testing.T, s *Server, request []byte) []byte {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write(request)
	c.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Error(err)
	}
	return answer
}

func request(command, kind byte, address string, rest string) []byte {
	b := []byte{5, 1, 0, 5, command, 0, kind}
	if kind == 3 {
		b = append(b, byte(len(address)))
	}
	return append(append(append(b, address...), 0, 80), rest...)
}

func TestAHalfClosedConnectionIsAnswered(t *testing.T) {
	s, _ := open(t, listen(t))
	answer := ask(t, s, request(1, 3, "web", "hello"))
	if !bytes.HasPrefix(answer, []byte{5, 0, 5, 0, 0, 1}) || !bytes.HasSuffix(answer, []byte("hello")) {
		t.Errorf("got %q", answer)
	}
}

func TestAReplySaysWhy(t *testing.T) {
	s, failures := open(t, "127.0.0.1:1")
	for _, test := range []struct {
		name    string
		request []byte
		reply   byte
		failed  string
	}{
		{"a refused connection", request(1, 3, "nowhere", ""), connectionRefused, "nowhere:80"},
		{"another error", request(1, 3, "web", ""), generalFailure, "web:80"},
		{"an unknown type of address", request(1, 9, "web", ""), addressTypeNotSupported, ""},
		{"an unknown command", request(2, 3, "web", ""), 7, ""},
	} {
		want := []byte{5, 0, 5, test.reply, 0, 1, 0, 0, 0, 0, 0, 0}
		if got := ask(t, s, test.request); !bytes.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", test.name, got, want)
		}
		if failed := <-failures; failed != test.failed {
			t.Errorf("%s: reported %q, want %q", test.name, failed, test.failed)
		}
	}
}

func TestClosingCutsTheClients(t *testing.T) {
	s, _ := open(t, listen(t))
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write(request(1, 3, "web", "hello"))
	if _, err := io.ReadFull(c, make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	io.Copy(io.Discard, c) // returns once the connection is cut
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("still accepts clients")
	}
}
