// A hub in one process: a goroutine that owns the members, and a channel with a writer for each of them.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/gorilla/websocket"
)

// Messages that wait for one member; one more and the member is dropped.
const queueLength = 256

var upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}

type member struct {
	conn  *websocket.Conn
	queue chan []byte
}

type hub struct {
	join    chan *member
	leave   chan *member
	publish chan []byte
}

func (h *hub) run() {
	members := map[*member]bool{}
	drop := func(m *member) {
		if members[m] {
			delete(members, m)
			close(m.queue)
		}
	}
	for {
		select {
		case m := <-h.join:
			members[m] = true
			m.queue <- []byte("joined")
		case m := <-h.leave:
			drop(m)
		case message := <-h.publish:
			for m := range members {
				select {
				case m.queue <- message:
				default:
					drop(m)
				}
			}
		}
	}
}

// write packs what waits into one frame, a newline between the messages, as hubs of this kind do.
func (m *member) write() {
	defer m.conn.Close()
	for message := range m.queue {
		frame, err := m.conn.NextWriter(websocket.TextMessage)
		if err != nil {
			return
		}
		frame.Write(message)
		for waiting := len(m.queue); waiting > 0; waiting-- {
			frame.Write([]byte{'\n'})
			frame.Write(<-m.queue)
		}
		if frame.Close() != nil {
			return
		}
	}
}

func (h *hub) serveMember(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	m := &member{conn: conn, queue: make(chan []byte, queueLength)}
	h.join <- m
	go m.write()
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			h.leave <- m
			return
		}
	}
}

func (h *hub) servePublisher(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		h.publish <- message
	}
}

func main() {
	h := &hub{join: make(chan *member), leave: make(chan *member), publish: make(chan []byte)}
	go h.run()
	http.HandleFunc("/ws", h.serveMember)
	http.HandleFunc("/publish", h.servePublisher)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
