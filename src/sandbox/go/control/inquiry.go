package control

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"tailscale.com/tailcfg"
)

// inquire asks a node which Services it offers when the digest that it sends has changed. Like the real control server,
// it asks through the node's own poll (c2n).
func (s *Server) inquire(n *node) {
	digest := n.hostinfo.ServicesHash
	if n.stream == nil || digest == n.offersDigest {
		return
	}
	n.offersDigest = digest
	if digest == "" {
		n.offers = nil
		return
	}
	s.inquiries++
	message, _ := json.Marshal(tailcfg.MapResponse{PingRequest: &tailcfg.PingRequest{
		// The host does not matter, because the answer comes back through Noise.
		URL:     fmt.Sprintf("https://control/machine/c2n/%s/%d", n.stableID(), s.inquiries),
		Types:   "c2n",
		Payload: []byte("GET /vip-services HTTP/1.1\r\nHost: node\r\n\r\n"),
	}})
	select {
	case n.stream.raw <- message:
	default:
		n.offersDigest = "" // it is not keeping up: ask again after its next change
	}
}

// serveAnswer accepts a node's answer: an HTTP response as the body of a request.
func (s *Server) serveAnswer(w http.ResponseWriter, r *http.Request) {
	var answer tailcfg.C2NVIPServicesResponse
	response, err := http.ReadResponse(bufio.NewReader(io.LimitReader(r.Body, maxMessage)), nil)
	if err == nil {
		err = json.NewDecoder(response.Body).Decode(&answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, findErr := s.find(r.PathValue("node"))
	if err != nil || findErr != nil || n.machine != machineOf(r) {
		http.Error(w, "not an answer from this node", http.StatusBadRequest)
		return
	}
	if answer.ServicesHash != n.offersDigest {
		return // its offer has changed since, and it is asked again
	}
	n.offers = map[tailcfg.ServiceName]*tailcfg.VIPService{}
	for _, offer := range answer.VIPServices {
		n.offers[offer.Name] = offer
	}
	s.changed()
}
