package control

import (
	"net/http"
	"slices"

	"tailscale.com/tailcfg"
)

// dnsConfig tells a node about MagicDNS and the names it can get certificates for.
func (s *Server) dnsConfig(n *node) *tailcfg.DNSConfig {
	if !s.settings.MagicDNS {
		return &tailcfg.DNSConfig{}
	}
	return &tailcfg.DNSConfig{
		Proxied: true, Domains: []string{s.opts.Suffix}, CertDomains: s.certDomains(n), ExtraRecords: s.serviceRecords(),
	}
}

func (s *Server) certDomains(n *node) []string {
	if !s.settings.HTTPS || !s.settings.MagicDNS {
		return nil
	}
	domains := []string{s.fqdn(n)}
	for _, v := range s.services {
		if v.grants(n) {
			domains = append(domains, s.serviceFQDN(v))
		}
	}
	return domains
}

// serviceRecords returns the DNS records of Services. IPv4 comes last, because tsnet dials the last record of a name.
func (s *Server) serviceRecords() (records []tailcfg.DNSRecord) {
	for _, v := range s.services {
		for _, ip := range slices.Backward(v.addrs()) {
			records = append(records, tailcfg.DNSRecord{Name: s.serviceFQDN(v) + ".", Value: ip.String()})
		}
	}
	return records
}

// serveSetDNS accepts the TXT record with which a node proves to the certificate authority that it owns its name. The
// authority here accepts every proof, so the record is checked but not stored.
func (s *Server) serveSetDNS(w http.ResponseWriter, r *http.Request) {
	var req tailcfg.SetDNSRequest
	if err := readJSON(r, &req); err != nil {
		http.Error(w, "bad set-dns request", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.byKey[req.NodeKey]
	if n == nil || n.machine != machineOf(r) {
		http.Error(w, "node not found", http.StatusForbidden)
		return
	}
	for _, domain := range s.certDomains(n) {
		if req.Type == "TXT" && req.Name == "_acme-challenge."+domain && req.Value != "" {
			s.counters.SetDNS++
			s.note()
			writeJSON(w, tailcfg.SetDNSResponse{})
			return
		}
	}
	http.Error(w, "not an ACME challenge for a name of this node", http.StatusForbidden)
}
