// Command sandbox is a private tailnet on loopback in one process: control server, DERP relay, STUN and certificate
// authority, with named people and devices. It prints one JSON line when it is ready and exits when its stdin ends, so
// that it never outlives the process that started it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tailscale.com/types/logger"

	"tsexpose/src/sandbox/go/processor"
)

// grace bounds how long nodes may take to log out at the end.
const grace = 3 * time.Second

const usage = `A private tailnet on loopback: control, DERP, STUN and ACME in one process, with named people.

Usage: sandbox [flags]

It prints one JSON line to stdout when it is ready, with the control URL, the auth keys
and the admin interface. It exits when stdin ends, or on SIGINT or SIGTERM:

    mkfifo hold; sandbox < hold & exec 3> hold

Flags:
`

func main() {
	processor.LeaveOne()
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	port := flag.Int("port", 0, "port of the control server; 0 picks a free one")
	text := flag.String("config", "", `people, devices and grants as JSON: {"people":[{"id":"dave","login":"dave@example.com","name":"Dave"}]}`)
	timeout := flag.Duration("ephemeral-timeout", 5*time.Minute, "how long an ephemeral node may be offline before it is removed")
	verbose := flag.Bool("verbose", false, "log to stderr")
	flag.Parse()

	log.SetOutput(io.Discard)
	logf := logger.Logf(logger.Discard)
	if *verbose {
		log.SetOutput(os.Stderr)
		logf = log.Printf
	}
	if err := run(*text, options{port: *port, ephemeralTimeout: *timeout, logf: logf}); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(text string, o options) (err error) {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if o.config, err = parseConfig(text); err != nil {
		return err
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	s, err := start(o)
	if err != nil {
		return err
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		end <- syscall.SIGTERM
	}()
	if err := json.NewEncoder(os.Stdout).Encode(s.ready); err != nil {
		s.close()
		return err
	}
	<-end
	// A node that hangs must not keep the process or its files around.
	time.AfterFunc(grace, func() {
		s.dir.Remove()
		os.Exit(0)
	})
	s.close()
	return nil
}
