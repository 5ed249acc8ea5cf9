package control

import "context"

// note counts a change and wakes [Server.Changed].
func (s *Server) note() {
	s.version++
	close(s.next)
	s.next = make(chan struct{})
}

// Changed waits until the state is newer than a version that [Server.State] gave.
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
