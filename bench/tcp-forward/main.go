// The tcp-forward command joins a port of a tailnet node to a local port, byte for byte: the yardstick of the benchmarks.
//
//	tcp-forward [-tls] -dir DIR NAME LOCAL TAILNET
package main

import (
	"flag"
	"io"
	"log"
	"net"

	"tailscale.com/tsnet"
)

func main() {
	dir := flag.String("dir", "", "directory for the node's state")
	useTLS := flag.Bool("tls", false, "terminate TLS with the node's certificate")
	flag.Parse()
	if flag.NArg() != 3 {
		log.Fatal("usage: tcp-forward [-tls] -dir DIR NAME LOCAL TAILNET")
	}
	name, target, address := flag.Arg(0), "127.0.0.1:"+flag.Arg(1), ":"+flag.Arg(2)
	node := &tsnet.Server{Hostname: name, Dir: *dir}
	defer node.Close()
	listen := node.Listen
	if *useTLS {
		listen = node.ListenTLS
	}
	listener, err := listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	for {
		caller, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go forward(caller, target)
	}
}

func forward(caller net.Conn, target string) {
	defer caller.Close()
	upstream, err := net.Dial("tcp", target)
	if err != nil {
		log.Print(err)
		return
	}
	defer upstream.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		pipe(upstream, caller)
	}()
	pipe(caller, upstream)
	<-done
}

// pipe copies one direction and passes its end on.
func pipe(to, from net.Conn) {
	io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	} else {
		to.Close()
	}
}
