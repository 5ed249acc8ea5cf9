package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"time"

	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnlocal"
)

const (
	watchMask = ipn.NotifyInitialState | ipn.NotifyInitialHealthState | ipn.NotifyNoNetMap | ipn.NotifyPeerChanges
	// The bus does not announce every change of the network map (not that of the packet filter, which contains the
	// capabilities), so the identities of open connections are also compared at this interval.
	identityInterval = time.Second
)

// warmingUp is Tailscale's "is starting, please wait", which the state already says.
const warmingUp = "warming-up"

// watch reports the node's state to the host until the node closes.
func (n *node) watch(lb *ipnlocal.LocalBackend) {
	changed := make(chan struct{}, 1)
	go guard(func() { n.follow(lb, changed) })
	var running, wasUp bool
	for n.ctx.Err() == nil {
		// The bus drops a watcher that falls behind; a new one starts with the current state.
		lb.WatchNotifications(n.ctx, watchMask, nil, func(v *ipn.Notify) bool {
			if v.State != nil {
				running = n.reportState(lb, *v.State, running)
				wasUp = wasUp || running
			}
			// While the node comes up, awaitRunning fails with the error.
			if v.ErrMessage != nil && wasUp && lb.State() == ipn.NeedsLogin && !isRateLimit(*v.ErrMessage) {
				n.loginWithoutKey(lb, *v.ErrMessage)
			}
			if v.BrowseToURL != nil && *v.BrowseToURL != "" {
				n.report(map[string]any{"type": "state", "state": "needs-login"})
				n.report(map[string]any{"type": "login", "url": *v.BrowseToURL})
			}
			if v.Health != nil {
				messages := []string{}
				for code, w := range v.Health.Warnings {
					if code != warmingUp {
						messages = append(messages, w.Text)
					}
				}
				sort.Strings(messages)
				n.report(map[string]any{"type": "health", "messages": messages})
			}
			if len(v.PeersChanged)+len(v.PeersRemoved) > 0 || v.SelfChange != nil {
				n.report(map[string]any{"type": "peers"})
			}
			select {
			case changed <- struct{}{}:
			default:
			}
			return true
		})
	}
}

func (n *node) reportState(lb *ipnlocal.LocalBackend, s ipn.State, wasRunning bool) (running bool) {
	switch s {
	case ipn.Running:
		n.report(map[string]any{"type": "state", "state": "running"})
		return true
	case ipn.NeedsMachineAuth:
		n.report(map[string]any{"type": "state", "state": "needs-approval"})
	case ipn.Starting, ipn.NoState:
		n.report(map[string]any{"type": "state", "state": "starting"})
	case ipn.Stopped, ipn.InUseOtherUser:
		n.report(map[string]any{"type": "state", "state": "stopped"})
	case ipn.NeedsLogin:
		// On the way up, a node passes through this state even with an auth key; only a login URL means that it needs a
		// login. Later it means that the key has expired. tsnet does not print a URL then, so request one.
		if wasRunning {
			n.report(map[string]any{"type": "state", "state": "needs-login", "message": "the node key has expired"})
			go guard(func() { lb.StartLoginInteractive(n.ctx) })
		}
	}
	return false
}

// reportSelf tells the host the node's name, addresses and certificate names if they have changed.
func (n *node) reportSelf(lb *ipnlocal.LocalBackend, told self) self {
	now, ok := selfOf(lb)
	if !ok || reflect.DeepEqual(*now, told) {
		return told
	}
	n.report(map[string]any{"type": "change", "self": now})
	return *now
}

// follow tells the host when the network map has changed the node itself, or who a connected peer is.
func (n *node) follow(lb *ipnlocal.LocalBackend, changed <-chan struct{}) {
	tick := time.NewTicker(identityInterval)
	defer tick.Stop()
	var told self
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-changed:
		case <-tick.C:
		}
		told = n.reportSelf(lb, told)
		for _, c := range connections.all() {
			if c.node == n {
				c.refreshIdentity()
			}
		}
		n.tellServices()
	}
}

// settleWait bounds how long closing waits for a node that is still coming up.
const settleWait = 500 * time.Millisecond

// settle waits until the node is no longer in the middle of coming up. Closing it while its first network map arrives can
// cause a panic in one of Tailscale's goroutines, where it cannot be recovered: magicsock sees the maps of the logout and
// of the login at the same time.
func settle(lb *ipnlocal.LocalBackend) {
	ctx, cancel := context.WithTimeout(context.Background(), settleWait)
	defer cancel()
	lb.WatchNotifications(ctx, ipn.NotifyInitialState|ipn.NotifyNoNetMap, nil, func(v *ipn.Notify) bool {
		state := lb.State()
		arrived := state == ipn.Running || state == ipn.NeedsMachineAuth || state == ipn.Stopped
		return !arrived && v.BrowseToURL == nil && v.ErrMessage == nil
	})
}

// awaitRunning waits until the node is on the tailnet and has an address.
func (n *node) awaitRunning(request context.Context) (*self, error) {
	lb, err := n.lb()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(request)
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)()
	var up *self
	var failure error
	for ctx.Err() == nil && up == nil && failure == nil {
		lb.WatchNotifications(ctx, ipn.NotifyInitialState|ipn.NotifyNoNetMap, nil, func(v *ipn.Notify) bool {
			// The client tries again after the time that the control server has set.
			if v.ErrMessage != nil && !isRateLimit(*v.ErrMessage) {
				failure = n.backendError(*v.ErrMessage)
			}
			if lb.State() == ipn.Running {
				if s, ok := selfOf(lb); ok {
					up = s
				}
			}
			return up == nil && failure == nil
		})
	}
	if up != nil {
		return up, nil
	}
	if failure != nil {
		return nil, failure
	}
	if cause := context.Cause(request); cause != nil {
		return nil, cause
	}
	return nil, n.closedError()
}

// isRateLimit returns whether an error is a 429 of the control server.
func isRateLimit(message string) bool {
	return strings.HasPrefix(message, "node registration rate limited")
}

// aboutKey matches what Tailscale and Headscale say about auth keys that they do not accept.
var aboutKey = regexp.MustCompile(`(?i)\b(auth[ _-]?key|pre-?auth[ _-]?key|api key|invalid key|key (has )?expired)\b`)

// backendError returns the error of a node that the control server has refused.
func (n *node) backendError(message string) error {
	if n.hasKey() && aboutKey.MatchString(message) {
		return coded("ERR_TSEXPOSE_AUTH_KEY", fmt.Errorf("the control server did not accept the auth key: %s", message))
	}
	return coded("ERR_TSEXPOSE_CONTROL", errors.New("the control server refused the node: "+message))
}

func (n *node) hasKey() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.config.AuthKey != ""
}

// loginWithoutKey asks for a login after the control server has refused to renew the node's key with its auth key, which
// may have been used up or revoked since. The client would keep trying the same key.
func (n *node) loginWithoutKey(lb *ipnlocal.LocalBackend, message string) {
	n.mu.Lock()
	had := n.config.AuthKey != ""
	n.config.AuthKey = ""
	n.mu.Unlock()
	if !had {
		return
	}
	n.report(map[string]any{
		"type": "state", "state": "needs-login",
		"message": "the node key has expired, and the control server did not accept the auth key: " + message,
	})
	go guard(func() {
		n.life.Lock()
		defer n.life.Unlock()
		if n.ctx.Err() != nil {
			return
		}
		// The client keeps its auth key until it starts again.
		if err := lb.Start(ipn.Options{}); err != nil {
			n.logf("starting without the auth key: %v", err)
			return
		}
		lb.StartLoginInteractive(n.ctx)
	})
}
