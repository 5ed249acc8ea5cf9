package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/netip"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"tailscale.com/envknob"
	_ "tailscale.com/feature/acme" // certificates
	"tailscale.com/hostinfo"
	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/tsnet"
	"tsexpose/src/internal/isolated"
)

func init() {
	// Writing to a closed stdout or stderr raises SIGPIPE in Go, and the host decides what is printed.
	log.SetOutput(io.Discard)
	hostinfo.SetApp("tsexpose")
}

// config is what the host says about a node; see tsx_node_new.
type config struct {
	Hostname    string   `json:"hostname"`
	AuthKey     string   `json:"authKey"`
	ControlURL  string   `json:"controlUrl"`
	StateDir    string   `json:"stateDir"`
	ResetState  bool     `json:"resetState"`
	Ephemeral   bool     `json:"ephemeral"`
	Tags        []string `json:"tags"`
	SupportLogs bool     `json:"supportLogs"`
	Verbose     bool     `json:"verbose"`
}

// node is one tailnet node and everything that belongs to it.
type node struct {
	id, sink int64
	config   config
	ctx      context.Context // ends when closing begins
	stop     context.CancelFunc
	closed   chan struct{} // closed when the node is down

	// life serializes start and close: tsnet panics or leaks when they overlap.
	life   sync.Mutex
	server *tsnet.Server // nil until started
	dir    *stateDir

	lastEnd atomic.Pointer[time.Time] // when a connection last ended

	met sync.Map // key of a device → channel that is closed once the device knows this node

	services      services
	catchServices sync.Once

	mu        sync.Mutex
	backend   *ipnlocal.LocalBackend // set with server
	dismissed error                  // why the control server has ended the node
}

func newNode(sink int64, text string) int64 {
	n := nodes.add(func(id int64) *node {
		n := &node{id: id, sink: sink, closed: make(chan struct{})}
		n.ctx, n.stop = context.WithCancel(context.Background())
		return n
	})
	heapLimit.Node(1)
	json.Unmarshal([]byte(text), &n.config) // the host writes it from a typed value
	return n.id
}

// report sends a TSX_NODE event.
func (n *node) report(value map[string]any) { send(n.sink, eventNode, n.id, value) }

// lb returns the backend, or an error if the node is not up or is closed.
func (n *node) lb() (*ipnlocal.LocalBackend, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() != nil {
		return nil, n.closedErrorLocked()
	}
	if n.backend == nil {
		return nil, errNotUp
	}
	return n.backend, nil
}

func (n *node) up(r *request) {
	started := make(chan error, 1)
	go func() {
		var err error
		if p := guard(func() { err = n.start() }); p != nil {
			err = p
		}
		started <- err
	}()
	select {
	case err := <-started:
		if err != nil {
			r.reject(err)
			return
		}
	case <-r.ctx.Done():
		r.reject(context.Cause(r.ctx))
		return
	}
	value, err := n.awaitRunning(r.ctx)
	if err != nil {
		r.reject(err)
		return
	}
	n.clearServices()
	r.resolve(value)
}

// start starts the tsnet server unless it is running. It can be called again after an error.
func (n *node) start() error {
	n.life.Lock()
	defer n.life.Unlock()
	if n.ctx.Err() != nil {
		return errClosed
	}
	if n.server != nil {
		return nil
	}
	dir, err := openStateDir(n.config.StateDir)
	if err != nil {
		return err
	}
	if n.config.ResetState {
		if err := dir.reset(); err != nil {
			dir.close()
			return err
		}
		n.config.ResetState = false
	}
	if dir.temporary != nil {
		n.report(map[string]any{"type": "temporary", "path": dir.path})
	}
	if !n.config.SupportLogs {
		envknob.SetNoLogsNoSupport()
	}
	if isLoopback(n.config.ControlURL) {
		pretendNetwork()
	}
	s := &tsnet.Server{
		Dir: dir.path, Hostname: n.config.Hostname, AuthKey: n.config.AuthKey,
		ControlURL: n.config.ControlURL, Ephemeral: n.config.Ephemeral, AdvertiseTags: n.config.Tags,
		Logf: n.logf, UserLogf: n.logf,
	}
	if dir.temporary != nil {
		// Keys on disk would outlive a process that is killed, and tsnet may write after it has been closed.
		s.Store = new(memory)
	}
	if err := s.Start(); err != nil {
		if sys := s.Sys(); sys != nil {
			takeBackend(sys)
		}
		dir.close()
		return startError(dir, err)
	}
	lb := takeBackend(s.Sys())
	if lb == nil {
		s.Close()
		dir.close()
		return codedText("ERR_TSEXPOSE_INTERNAL", "tsnet did not hand over its backend")
	}
	skipTimeWait(s.Sys())
	n.server, n.dir = s, dir
	n.mu.Lock()
	n.backend = lb
	n.mu.Unlock()
	go guard(func() { n.watch(lb) })
	return nil
}

// pretendNetwork is for a tailnet on this machine only, which must not wait for a network that it does not use.
var pretendNetwork = sync.OnceFunc(isolated.PretendNetwork)

func isLoopback(controlURL string) bool {
	u, err := url.Parse(controlURL)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback() || u.Hostname() == "localhost"
}

// closeGrace bounds tsnet's shutdown, which waits up to 5 s for an ephemeral node to log out.
const closeGrace = 12 * time.Second

func (n *node) close(r *request, drain time.Duration) {
	n.stop()
	go guard(func() { n.shutdown(drain) })
	<-n.closed
	r.resolve(nil)
}

func (n *node) shutdown(drain time.Duration) {
	n.life.Lock()
	defer n.life.Unlock()
	select {
	case <-n.closed:
		return
	default:
	}
	n.withdraw()
	for _, l := range listeners.all() {
		if l.node == n {
			l.close()
		}
	}
	for _, s := range sockets.all() {
		if s.node == n {
			s.close()
		}
	}
	n.drain(drain)
	n.flush()
	if n.server != nil {
		down := make(chan struct{})
		go func() {
			defer close(down)
			guard(func() {
				n.forgetServices()
				settle(n.backend)
				n.server.Close()
			})
		}()
		select {
		case <-down:
		case <-time.After(closeGrace):
		}
		n.dir.close()
	}
	nodes.remove(n.id)
	heapLimit.Node(-1)
	close(n.closed)
	// A node's buffers are large, and Go would hold on to them for minutes.
	go debug.FreeOSMemory()
}

func closeSink(sink int64) {
	for _, n := range nodes.all() {
		if n.sink == sink {
			n.stop()
			go guard(func() { n.shutdown(0) })
		}
	}
}
