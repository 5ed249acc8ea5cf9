package control

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/netip"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/util/zstdframe"
)

// keepAlive is shorter than the two minutes after which a node gives up on a silent poll.
const keepAlive = 50 * time.Second

// stream is a node's open long poll.
type stream struct {
	ctx    context.Context
	cancel context.CancelFunc
	woken  chan struct{} // holds at most one, because several changes can go out in one map
	raw    chan json.RawMessage
}

func (st *stream) wake() {
	select {
	case st.woken <- struct{}{}:
	default:
	}
}

// changed is called after every change, with mu held. It sends nodes a new map and wakes [Server.Changed].
func (s *Server) changed() {
	s.note()
	for _, n := range s.nodes {
		if n.stream != nil {
			n.stream.wake()
		}
	}
}

// serveMap accepts a node's updates about itself and streams network maps to it.
func (s *Server) serveMap(w http.ResponseWriter, r *http.Request) {
	var req tailcfg.MapRequest
	if err := readJSON(r, &req); err != nil {
		http.Error(w, "bad map request", http.StatusBadRequest)
		return
	}
	machine := machineOf(r)
	s.mu.Lock()
	n := s.byKey[req.NodeKey]
	if n == nil || n.machine != machine {
		s.mu.Unlock()
		http.Error(w, "node not found", http.StatusNotFound)
		return
	}
	// From version 68 on, a node sends updates in separate requests, which can be newer than a streaming request.
	if !req.ReadOnly && (!req.Stream || req.Version < 68) && r.Context().Err() == nil {
		s.apply(n, &req)
	}
	if !req.Stream {
		res := s.netmap(n)
		s.mu.Unlock()
		writeMap(w, &req, res)
		return
	}
	st := s.open(n, r.Context())
	s.mu.Unlock()
	s.stream(w, &req, n, st)
	s.close(n, st)
}

// apply stores what a node says about itself and tells the others.
func (s *Server) apply(n *node, req *tailcfg.MapRequest) {
	n.endpoints = usable(req.Endpoints)
	n.disco = req.DiscoKey
	n.version = req.Version
	if hi := req.Hostinfo; hi != nil {
		s.follow(n, hi.Hostname)
		n.hostinfo = hi
		if hi.NetInfo != nil && hi.NetInfo.PreferredDERP != 0 {
			n.homeDERP = hi.NetInfo.PreferredDERP
		}
		s.inquire(n)
	}
	s.changed()
}

// usable leaves out IPv6 link-local endpoints, which nodes cannot use yet.
func usable(endpoints []netip.AddrPort) (kept []netip.AddrPort) {
	for _, ep := range endpoints {
		if ip := ep.Addr(); ip.Zone() == "" && !(ip.Is6() && ip.IsLinkLocalUnicast()) {
			kept = append(kept, ep)
		}
	}
	return kept
}

// open starts a long poll and ends the node's previous one.
func (s *Server) open(n *node, ctx context.Context) *stream {
	ctx, cancel := context.WithCancel(ctx)
	st := &stream{ctx: ctx, cancel: cancel, woken: make(chan struct{}, 1), raw: make(chan json.RawMessage, 16)}
	if n.stream != nil {
		n.stream.cancel()
	}
	if n.away != nil {
		n.away.Stop()
	}
	n.stream = st
	s.inquire(n)
	s.changed()
	return st
}

func (s *Server) close(n *node, st *stream) {
	st.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.stream != st {
		return
	}
	n.stream, n.lastSeen = nil, time.Now()
	s.miss(n)
	s.changed()
}

// miss removes an ephemeral node that is offline, unless it comes back in time.
func (s *Server) miss(n *node) {
	if !n.ephemeral || s.nodes[n.id] != n {
		return
	}
	// The timer of an earlier absence would end this one too soon.
	if n.away != nil {
		n.away.Stop()
	}
	n.away = time.AfterFunc(s.opts.EphemeralTimeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		// While control is stopped, nodes cannot come back; the time starts over when control does.
		if n.stream == nil && s.nodes[n.id] == n && s.listener != nil {
			s.forget(n)
		}
	})
}

// stream sends a map right away and after each change, until the node disconnects.
func (s *Server) stream(w http.ResponseWriter, req *tailcfg.MapRequest, n *node, st *stream) {
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	var last []byte
	var peers []tailcfg.NodeID // as the node knows them
	st.wake()
	for {
		var err error
		select {
		case <-st.ctx.Done():
			return
		case <-ticker.C:
			err = writeMap(w, req, &tailcfg.MapResponse{KeepAlive: true})
		case raw := <-st.raw:
			err = writeMap(w, req, raw)
		case <-st.woken:
			s.mu.Lock()
			res := s.netmap(n)
			s.mu.Unlock()
			text, _ := json.Marshal(res)
			if bytes.Equal(text, last) {
				continue
			}
			last = text
			// A full list cannot express that there are no peers, because JSON leaves out an empty one.
			if len(res.Peers) == 0 {
				res.PeersRemoved = peers
			}
			peers = ids(res.Peers)
			now := time.Now()
			res.ControlTime = &now
			err = writeMap(w, req, res)
		}
		if err != nil {
			return
		}
	}
}

func ids(nodes []*tailcfg.Node) (ids []tailcfg.NodeID) {
	for _, n := range nodes {
		ids = append(ids, n.ID)
	}
	return ids
}

// writeMap sends a framed message: its length in four bytes, then JSON, compressed if the node asks for it.
func writeMap(w http.ResponseWriter, req *tailcfg.MapRequest, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if req.Compress == "zstd" {
		body = zstdframe.AppendEncode(nil, body, zstdframe.FastestCompression)
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	if _, err := w.Write(append(frame, body...)); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}
