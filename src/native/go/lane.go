package main

import (
	"encoding/json"
	"fmt"
	"net"
	"time"

	"tsexpose/src/native/go/fastpath"
)

// lane joins the fast path of a listener to the host.
type lane struct {
	*fastpath.Lane
	listener *listener
}

// carried is a connection that the fast path has.
type carried struct {
	lane *lane
	conn *fastpath.Conn
}

func (l *listener) openLane() error {
	rules, err := fastpath.ParseRules(l.config.HTTP)
	if err != nil {
		return coded("ERR_TSEXPOSE_INTERNAL", fmt.Errorf("the rules of the fast path are unreadable: %w", err))
	}
	l.lane = &lane{listener: l}
	l.lane.Lane = fastpath.New(l.lane, rules)
	lanes.put(l.id, l.lane)
	return nil
}

// carry gives a connection to the fast path, and to the host what that hands over.
func (l *listener) carry(tcp net.Conn) {
	lb, err := l.node.lb()
	if err != nil {
		tcp.Close()
		return
	}
	c := newConnection(l.node, tcp, nil)
	who := c.identify(lb)
	giveBack := l.node.lend(who)
	if giveBack == nil {
		c.discard()
		return
	}
	defer giveBack()
	unread, handOver := l.lane.serve(c, who)
	if !handOver {
		c.discard()
		return
	}
	lb, err = l.node.lb()
	if l.pending.Add(1) > l.backlog || err != nil {
		l.refuse(c)
		return
	}
	l.pass(c, c.identify(lb).text(), unread)
}

// serve carries the requests of a connection until something comes that is for the host. It returns false if the
// connection has ended.
func (l *lane) serve(c *connection, who identity) (unread []byte, handOver bool) {
	caller := l.Caller(anyPort(who))
	l.Connected(caller)
	defer l.Left(caller)
	if !l.listener.tls.terminate(c) {
		return nil, false
	}
	if c.secure != nil && (c.secure.ALPN == "h2" || c.secure.Plain) {
		return nil, true
	}
	conn := l.Open(c.tcp, caller, who.IP.String())
	if conn == nil {
		return nil, false
	}
	c.mu.Lock()
	c.carried = &carried{l, conn}
	c.identity = who.text()
	c.mu.Unlock()
	// A defect ends one connection, and leaves nothing of it behind.
	if guard(func() { unread, handOver = conn.Serve() }) != nil {
		conn.Cut()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.carried, c.identity = nil, nil
	return unread, handOver
}

// anyPort describes a caller for all of its connections.
func anyPort(who identity) []byte {
	who.Port = 0
	return who.text()
}

// recognize tells the fast path that whois says something else now.
func (c *carried) recognize(who identity) {
	guard(func() { c.conn.Recognize(c.lane.Caller(anyPort(who))) })
}

// tell passes on what the host says; see tsx_listener_tell.
func (l *lane) tell(text string) bool {
	var message struct {
		Type    string           `json:"type"`
		Rules   json.RawMessage  `json:"rules"`
		Number  int64            `json:"number"`
		Verdict fastpath.Verdict `json:"verdict"`
		Bytes   []byte           `json:"bytes"`
	}
	if json.Unmarshal([]byte(text), &message) != nil {
		return false
	}
	switch message.Type {
	case "rules":
		rules, err := fastpath.ParseRules(message.Rules)
		if err != nil {
			return false
		}
		l.Follow(rules)
	case "verdict":
		l.Judged(message.Number, message.Verdict)
	case "answer":
		l.Answered(message.Number, message.Bytes)
	default:
		return l.listener.tell(text)
	}
	return true
}

func (l *lane) drain(limit time.Duration) {
	l.Drain(limit)
	lanes.remove(l.listener.id)
}

func (l *lane) update(value any) { send(l.listener.node.sink, eventUpdate, l.listener.id, value) }

// Judge implements [fastpath.Host].
func (l *lane) Judge(key int64, identity []byte) {
	l.update(map[string]any{"type": "judge", "number": key, "identity": json.RawMessage(identity)})
}

// Ask implements [fastpath.Host].
func (l *lane) Ask(number int64, question []byte) {
	l.update(map[string]any{"type": "ask", "number": number, "question": json.RawMessage(question)})
}

// Report implements [fastpath.Host].
func (l *lane) Report(events []byte, dropped int) {
	text := fmt.Appendf(nil, `{"type":"requests","dropped":%d,"events":%s}`, dropped, events)
	emit(l.listener.node.sink, event{kind: eventUpdate, fd: -1, id: l.listener.id, json: text})
}
