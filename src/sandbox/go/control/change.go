package control

import "context"

// note counts a change and wakes [Server.Changed].
func (s *Server) note() {
	s.version++
	close(s.next)
	s.next = make(chan struct{})
}

// Note wakes [Server.Changed] for a change outside of this package.
func (s *Server) Note() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note()
}

// Changed waits until the state is newer than a version from [Server.State].
func (s *Server) Changed(ctx context.Context, after uint64) error {
	for {
		s.mu.Lock()
		version, next := s.version, s.next
		s.mu.Unlock()
		if version > after {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
