package control

import (
	"fmt"
	"slices"

	"tailscale.com/tailcfg"
)

// Person is a user who owns devices.
type Person struct {
	// ID is the short name in auth keys, doors and the admin interface, such as "alice".
	ID string `json:"id"`
	// Login is the login name, such as "alice@example.com".
	Login string `json:"login"`
	// Name is the display name, such as "Alice Example".
	Name string `json:"name"`
	// Picture is the URL of the profile picture, or empty.
	Picture string `json:"picture,omitempty"`
	// Groups are reported to every node that sees the person.
	Groups []string `json:"groups,omitempty"`
}

type person struct {
	Person
	userID tailcfg.UserID
}

// firstUserID is the first integer that a JavaScript number cannot hold. Real user IDs get that big, and code that parses
// them as numbers should fail here.
const firstUserID = 1<<53 + 1

// taggedDevices is the user that tagged nodes appear under on a real tailnet.
var taggedDevices = tailcfg.UserProfile{ID: firstUserID, LoginName: "tagged-devices", DisplayName: "Tagged Devices"}

func (s *Server) addPerson(p Person) *person {
	added := &person{Person: p, userID: firstUserID + 2*tailcfg.UserID(len(s.people)+1)}
	s.people = append(s.people, added)
	return added
}

// findPerson returns the person with that ID or login, or nil.
func (s *Server) findPerson(who string) *person {
	for _, p := range s.people {
		if p.ID == who || p.Login == who {
			return p
		}
	}
	return nil
}

// PersonID returns the ID of the person with that ID or login.
func (s *Server) PersonID(who string) (id string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.findPerson(who); p != nil {
		return p.ID, true
	}
	return "", false
}

func (p *person) profile() tailcfg.UserProfile {
	groups := slices.Clone(p.Groups)
	slices.Sort(groups)
	return tailcfg.UserProfile{ID: p.userID, LoginName: p.Login, DisplayName: p.Name, ProfilePicURL: p.Picture, Groups: groups}
}

func (s *Server) profiles() []tailcfg.UserProfile {
	all := []tailcfg.UserProfile{taggedDevices}
	for _, p := range s.people {
		all = append(all, p.profile())
	}
	return all
}

// PersonChange changes the fields that are set.
type PersonChange struct {
	Login   *string   `json:"login"`
	Name    *string   `json:"name"`
	Picture *string   `json:"picture"`
	Groups  *[]string `json:"groups"`
}

// AddPerson adds a person to the running tailnet, with a reusable auth key.
func (s *Server) AddPerson(p Person) (authKey string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.findPerson(p.ID) != nil || s.findPerson(p.Login) != nil {
		return "", fmt.Errorf("there is already a person %q", p.ID)
	}
	s.addPerson(p)
	authKey = KeyFor(p.ID)
	s.authKeys[authKey] = &AuthKey{Key: authKey, Person: p.ID, Reusable: true}
	s.changed()
	return authKey, nil
}

// ChangePerson changes what nodes are told about a person, on all of their devices at once.
func (s *Server) ChangePerson(who string, change PersonChange) (Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.findPerson(who)
	if p == nil {
		return Person{}, fmt.Errorf("no person %q", who)
	}
	set(&p.Login, change.Login)
	set(&p.Name, change.Name)
	set(&p.Picture, change.Picture)
	set(&p.Groups, change.Groups)
	s.changed()
	return p.Person, nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
