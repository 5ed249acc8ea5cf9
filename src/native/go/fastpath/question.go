package fastpath

import (
	"encoding/json"
	"sync"
	"time"
)

// questions are those that TypeScript has not answered yet. They are rare: pages about failures, and headers with
// addresses that only make sense to the target.
type questions struct {
	host Host
	mu   sync.Mutex
	last int64
	open map[int64]chan []byte
}

const answerTimeout = 30 * time.Second

// ask waits for the answer to a question; nil if there is none in time.
func (q *questions) ask(question any) []byte {
	text, err := json.Marshal(question)
	if err != nil {
		return nil
	}
	answer := make(chan []byte, 1)
	q.mu.Lock()
	if q.open == nil {
		q.open = map[int64]chan []byte{}
	}
	q.last++
	number := q.last
	q.open[number] = answer
	q.mu.Unlock()
	q.host.Ask(number, text)
	select {
	case bytes := <-answer:
		return bytes
	case <-time.After(answerTimeout):
		q.mu.Lock()
		delete(q.open, number)
		q.mu.Unlock()
		return nil
	}
}

// tell says something that needs no answer.
func (q *questions) tell(news any) {
	if text, err := json.Marshal(news); err == nil {
		q.host.Ask(0, text)
	}
}

func (q *questions) answered(number int64, bytes []byte) {
	q.mu.Lock()
	answer := q.open[number]
	delete(q.open, number)
	q.mu.Unlock()
	if answer != nil {
		answer <- bytes
	}
}
