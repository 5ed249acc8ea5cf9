package control

import (
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"strings"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/util/rands"
)

// login is a login page that a node is waiting for.
type login struct {
	machine  key.MachinePublic
	nodeKey  key.NodePublic
	hostname string
	person   *person // who completed it
	done     chan struct{}
}

// newLogin opens a login page for a node and returns its URL. It closes earlier pages of the same machine, which asks
// again with another key.
func (s *Server) newLogin(req *tailcfg.RegisterRequest, machine key.MachinePublic) string {
	maps.DeleteFunc(s.logins, func(_ string, l *login) bool { return l.machine == machine })
	id := rands.HexString(16)
	s.logins[id] = &login{machine: machine, nodeKey: req.NodeKey, hostname: req.Hostinfo.Hostname, done: make(chan struct{})}
	s.note()
	return s.baseURL + "/a/" + id
}

// completed returns the login that a register request refers to, once it has been completed.
func (s *Server) completed(req *tailcfg.RegisterRequest) *login {
	_, id, _ := strings.Cut(req.Followup, "/a/")
	l := s.logins[id]
	if l == nil || l.person == nil || l.nodeKey != req.NodeKey {
		return nil
	}
	delete(s.logins, id)
	return l
}

// CompleteLogin logs in the node behind a login URL as a person.
func (s *Server) CompleteLogin(url, who string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, id, _ := strings.Cut(url, "/a/")
	l, p := s.logins[id], s.findPerson(who)
	switch {
	case l == nil:
		return fmt.Errorf("no login is pending at %s", url)
	case p == nil:
		return fmt.Errorf("no person %q", who)
	case l.person != nil:
		return fmt.Errorf("that login has already been completed")
	}
	l.person = p
	close(l.done)
	s.note()
	return nil
}

//go:embed login.html
var loginHTML string

var loginPage = template.Must(template.New("login").Parse(loginHTML))

type loginView struct {
	Hostname, Tailnet string
	People            []loginButton
	Message           string
}

type loginButton struct {
	ID, Name, Login string
	Picture         template.URL
}

// button trusts pictures, including data: URLs, because they come from the sandbox's configuration.
func (p *person) button() loginButton {
	return loginButton{ID: p.ID, Name: p.Name, Login: p.Login, Picture: template.URL(p.Picture)}
}

func (s *Server) serveLoginPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	l := s.logins[r.PathValue("id")]
	view := loginView{Tailnet: s.opts.Tailnet, Message: "This login link is not valid, or was used already."}
	if l != nil && l.person == nil {
		view.Hostname, view.Message = l.hostname, ""
		for _, p := range s.people {
			view.People = append(view.People, p.button())
		}
	}
	s.mu.Unlock()
	showLogin(w, view)
}

func (s *Server) serveLoginAnswer(w http.ResponseWriter, r *http.Request) {
	who := r.PostFormValue("person")
	view := loginView{Tailnet: s.opts.Tailnet, Message: "Logged in. You can close this page."}
	if err := s.CompleteLogin("/a/"+r.PathValue("id"), who); err != nil {
		view.Message = err.Error()
	}
	showLogin(w, view)
}

func showLogin(w http.ResponseWriter, view loginView) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; form-action 'self'")
	loginPage.Execute(w, view)
}
