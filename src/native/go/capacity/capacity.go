// Package capacity bounds how many connections callers may have open, so that no caller can take what all of them need.
package capacity

import "sync"

// perConnection is what a connection costs in descriptors: both ends of its socket pair, and one to the target.
const perConnection = 3

// few connections are granted to every caller until nothing is left at all.
const few = 4

// Capacity is what callers share. A caller is whatever string identifies it.
type Capacity struct {
	// Total is how many connections there can be, Each how many of them one caller can have.
	Total, Each int

	mu   sync.Mutex
	lent int
	held map[string]int
	told map[string]bool
}

// headroom is how many descriptors a node opens now and then: for certificates, its files, and `tsexpose status`.
const headroom = 12

// For returns the capacity of a process that may open so many descriptors, of which some are in use before there are
// callers.
func For(descriptors, used uint64) *Capacity {
	kept := min(max(min(descriptors/2, 64), used+headroom), descriptors)
	total := max(int(min((descriptors-kept)/perConnection, 1<<20)), few)
	return &Capacity{Total: total, Each: max(total/2, few), held: map[string]int{}, told: map[string]bool{}}
}

// Take lends a connection to a caller. If it does not, first says whether that is news: after a refusal, another one is
// news only once the caller has closed nearly all of its connections.
func (c *Capacity) Take(caller string) (ok, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if held := c.held[caller]; c.refuses(held) {
		if held < few {
			caller = everyone
		}
		first = !c.told[caller]
		c.told[caller] = true
		return false, first
	}
	c.lent++
	c.held[caller]++
	return true, false
}

// everyone stands for all callers when nothing is left.
const everyone = ""

// refuses returns whether a caller with so many connections gets no more.
func (c *Capacity) refuses(held int) bool {
	scarce := c.lent >= c.Total-c.Total/4
	return held >= c.Each || c.lent >= c.Total || scarce && held >= few
}

// Give takes a connection back.
func (c *Capacity) Give(caller string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lent--
	if c.held[caller]--; c.held[caller] == 0 {
		delete(c.held, caller)
	}
	if c.held[caller] <= few/2 {
		delete(c.told, caller)
	}
	if c.lent <= c.Total/2 {
		delete(c.told, everyone)
	}
}

// Crowd returns how many callers with open connections get no more right now.
func (c *Capacity) Crowd() (callers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, held := range c.held {
		if c.refuses(held) {
			callers++
		}
	}
	return callers
}
