// An app on Go's net/http: answers each request with its method, path, login, and the length of the body it has read.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var size int64
		if !strings.HasPrefix(r.URL.Path, "/unread") {
			size, _ = io.Copy(io.Discard, r.Body)
		}
		line := fmt.Sprintf("%s %s %s %d\n", r.Method, r.RequestURI, r.Header.Get("Tailscale-User-Login"), size)
		fmt.Print("request ", line)
		io.WriteString(w, line)
	})))
}
