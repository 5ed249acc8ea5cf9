package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tsexpose/src/sandbox/go/control"
	"tsexpose/src/sandbox/go/inside"
)

// config is the value of --config: what the tailnet consists of.
type config struct {
	Tailnet string           `json:"tailnet"`
	Suffix  string           `json:"suffix"`
	People  []control.Person `json:"people"`
	Devices []inside.Device  `json:"devices"`
	Grants  []control.Grant  `json:"grants"`
}

// portrait is a generic picture, as a data: URL so that browsers do not load it from another host.
func portrait(color string) string {
	const shape = `data:image/svg+xml,%%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%%3E` +
		`%%3Crect width='8' height='8' fill='%%23%s'/%%3E%%3Cg fill='white'%%3E` +
		`%%3Ccircle cx='4' cy='3' r='1.6'/%%3E%%3Ccircle cx='4' cy='8' r='3'/%%3E%%3C/g%%3E%%3C/svg%%3E`
	return fmt.Sprintf(shape, color)
}

func defaults() config {
	return config{
		Tailnet: "example.com",
		Suffix:  "sandbox.ts.net",
		People: []control.Person{
			{ID: "alice", Login: "alice@example.com", Name: "Alice Example", Picture: portrait("d6409f")},
			{ID: "bob", Login: "bob@example.com", Name: "Bob Example", Picture: portrait("3e63dd")},
			{ID: "carol", Login: "carol@example.com", Name: "Zoë Çelik", Picture: portrait("12a594")},
		},
		Devices: []inside.Device{{Name: "ci-runner", Tags: []string{"tag:ci"}}},
	}
}

// parseConfig applies JSON to the defaults; a list replaces the default list.
func parseConfig(text string) (config, error) {
	c := defaults()
	if text != "" {
		in := json.NewDecoder(strings.NewReader(text))
		in.DisallowUnknownFields()
		if err := in.Decode(&c); err != nil {
			return c, fmt.Errorf("--config: %w", err)
		}
	}
	seen := map[string]bool{}
	for _, p := range c.People {
		if p.ID == "" || p.Login == "" {
			return c, errors.New("--config: every person needs an id and a login")
		}
		if seen[p.ID] {
			return c, fmt.Errorf("--config: there are two people %q", p.ID)
		}
		seen[p.ID] = true
	}
	for _, d := range c.Devices {
		if d.Name == "" || len(d.Tags) == 0 {
			return c, errors.New("--config: every device needs a name and tags")
		}
	}
	return c, nil
}

// authKeys creates a reusable key for every person and every tag.
func (c config) authKeys() (keys []control.AuthKey, byName map[string]string) {
	byName = map[string]string{}
	add := func(who string, k control.AuthKey) {
		if _, ok := byName[who]; ok {
			return
		}
		k.Key, k.Reusable = control.KeyFor(who), true
		keys, byName[who] = append(keys, k), k.Key
	}
	for _, p := range c.People {
		add(p.ID, control.AuthKey{Person: p.ID})
	}
	for _, d := range c.Devices {
		for _, tag := range d.Tags {
			add(tag, control.AuthKey{Tags: []string{tag}})
		}
	}
	return keys, byName
}
