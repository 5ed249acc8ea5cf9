// Package inside runs the sandbox's own nodes: the devices that doors and services stand for.
package inside

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"tailscale.com/ipn/store/mem"
	"tailscale.com/tsnet"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"

	"tsexpose/src/sandbox/go/control"
)

// Device is a tagged device that doors and services can stand for.
type Device struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

// Host starts nodes when they are first needed.
type Host struct {
	Control *control.Server
	Devices []Device
	// Dir is for the nodes' files.
	Dir string
	// Roots are the authorities of the certificates of the tailnet, for doors with TLS.
	Roots *x509.CertPool
	Logf  logger.Logf
	// Relayed returns whether a node is connected to the relay.
	Relayed func(key.NodePublic) bool

	mu      sync.Mutex
	nodes   map[string]*Node // by owner and hostname
	doors   map[string]*Door
	serving map[string]*Service
	closed  bool
}

// Node returns the running node of a person or device; a person has one per hostname. Without a hostname it is the
// person's laptop, or the tagged device.
func (h *Host) Node(ctx context.Context, who, hostname string) (*Node, error) {
	owner, err := h.owner(who)
	if err != nil {
		return nil, err
	}
	if hostname == "" {
		hostname = owner.hostname
	}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil, net.ErrClosed
	}
	if h.nodes == nil {
		h.nodes = map[string]*Node{}
	}
	id := owner.id + "/" + hostname
	n := h.nodes[id]
	if n != nil && n.removed() {
		go n.close()
		n = nil
	}
	if n == nil {
		n = &Node{host: h, up: make(chan struct{})}
		h.nodes[id] = n
		go h.start(n, id, owner, hostname)
	}
	h.mu.Unlock()
	select {
	case <-n.up:
		return n, n.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *Host) start(n *Node, id string, owner owner, hostname string) {
	defer close(n.up)
	authKey, err := h.Control.NewAuthKey(control.AuthKey{Person: owner.person, Tags: owner.tags, Ephemeral: true, Inside: true})
	if err != nil {
		n.err = err
		h.drop(n)
		return
	}
	n.server = &tsnet.Server{
		Hostname: hostname, AuthKey: authKey.Key, ControlURL: h.Control.URL(), Ephemeral: true,
		Dir: filepath.Join(h.Dir, strings.NewReplacer("/", "-", ":", "-").Replace(id)), Store: new(mem.Store),
		Logf: logger.WithPrefix(h.Logf, hostname+": "), UserLogf: logger.Discard,
	}
	if err := n.start(); err != nil {
		n.err = fmt.Errorf("node %s did not come up: %w", hostname, err)
		h.drop(n)
		n.close()
	}
}

func (h *Host) drop(n *Node) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, have := range h.nodes {
		if have == n {
			delete(h.nodes, id)
		}
	}
}

type owner struct {
	id, hostname, person string
	tags                 []string
}

// owner finds a person by ID or login, a tagged device by name, or any device by its tag.
func (h *Host) owner(who string) (owner, error) {
	if id, ok := h.Control.PersonID(who); ok {
		return owner{id: id, hostname: id + "-laptop", person: id}, nil
	}
	if who == Funnel {
		return funnelOwner, nil
	}
	for _, d := range h.Devices {
		if d.Name == who || slices.Contains(d.Tags, who) {
			return owner{id: d.Name, hostname: d.Name, tags: d.Tags}, nil
		}
	}
	if tag, ok := strings.CutPrefix(who, "tag:"); ok {
		return owner{id: who, hostname: tag, tags: []string{who}}, nil
	}
	return owner{}, fmt.Errorf("no person, device or tag %q", who)
}

// Close ends all doors, services and nodes; the nodes log out.
func (h *Host) Close() {
	h.mu.Lock()
	nodes := h.nodes
	h.nodes, h.closed = nil, true
	for _, d := range h.doors {
		d.listener.Close()
	}
	h.mu.Unlock()
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() {
			<-n.up
			n.close()
		})
	}
	wg.Wait()
}
