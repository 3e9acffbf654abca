package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log"
	mathrand "math/rand"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/vmihailenco/msgpack/v5"
)

// Tags of frames.
const (
	tagJoin    = 2
	tagPublish = 4
	tagAck     = 33
	tagError   = 34
	tagJoined  = 35
	tagMessage = 36
	tagReset   = 44
)

const (
	maxWaiting   = 100
	maxFrame     = 1 << 20
	firstWait    = 500 * time.Millisecond
	longestWait  = 10 * time.Second
	pingEvery    = 20 * time.Second
	pongDeadline = 10 * time.Second
	dialDeadline = 10 * time.Second
)

type position struct {
	epoch string
	seq   int64
}

// What has been published and not answered yet, in order.
type pending struct {
	id    int64
	frame []byte
}

// A room across connections: everything that is said there once, and everything that is said here stored once. One goroutine
// owns it; another reads the socket, and hands frames over.
type room struct {
	url, name, token string
	lines            <-chan string
	isJoined         bool
	onMessage        func(seq int64, from string, data any)
	// Of the last message that was handed over.
	at      *position
	waiting []pending
	lastID  int64
	// Since the room was last joined.
	losses int
}

func newRoom(url, name, token string, lines <-chan string) *room {
	return &room{url: url, name: name, token: token, lines: lines}
}

// Returns when the gateway says that coming back makes no sense.
func (r *room) stay() error {
	for {
		status, err := r.session()
		code := websocket.CloseStatus(err)
		log.Printf("no connection: %v", err)
		isRefused := status >= 400 && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable
		if isRefused || (code >= 4000 && code < 4100) {
			return err
		}
		longest := longestWait
		if r.losses < 5 {
			longest = firstWait << r.losses
		}
		if code >= 4200 && code < 4300 {
			longest = 250 * time.Millisecond
		}
		r.losses++
		time.Sleep(time.Duration(mathrand.Int63n(int64(longest))))
	}
}

// From a handshake, with the HTTP status that refused it, to the end of its connection.
func (r *room) session() (status int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dialing, stopDialing := context.WithTimeout(ctx, dialDeadline)
	defer stopDialing()
	socket, response, err := websocket.Dial(dialing, r.url, &websocket.DialOptions{
		Subprotocols: []string{"outcry.v1.msgpack", "bearer." + r.token},
	})
	if err != nil {
		if response != nil {
			status = response.StatusCode
		}
		return status, err
	}
	defer socket.CloseNow()
	socket.SetReadLimit(maxFrame)
	frames, lost := make(chan []any), make(chan error, 1)
	go func() { lost <- read(ctx, socket, frames) }()
	go keepAlive(ctx, socket)
	if err := r.join(ctx, socket); err != nil {
		return 0, err
	}
	for {
		lines := r.lines
		if !r.isJoined || len(r.waiting) >= maxWaiting {
			lines = nil
		}
		select {
		case err := <-lost:
			return 0, err
		case frame := <-frames:
			wasJoined := r.isJoined
			r.hear(frame)
			if r.isJoined && !wasJoined {
				err = r.repeat(ctx, socket)
			}
		case line := <-lines:
			err = r.publish(ctx, socket, line)
		}
		if err != nil {
			return 0, err
		}
	}
}

// Asks for the room, from where it was.
func (r *room) join(ctx context.Context, socket *websocket.Conn) error {
	r.isJoined = false
	var since []any
	if r.at != nil {
		since = []any{r.at.epoch, r.at.seq}
	}
	frame, err := msgpack.Marshal([]any{tagJoin, 0, r.name, since, 0})
	if err != nil {
		return err
	}
	return socket.Write(ctx, websocket.MessageBinary, frame)
}

// Says again, under its old key, what has no answer yet.
func (r *room) repeat(ctx context.Context, socket *websocket.Conn) error {
	for _, each := range r.waiting {
		if err := socket.Write(ctx, websocket.MessageBinary, each.frame); err != nil {
			return err
		}
	}
	return nil
}

func (r *room) publish(ctx context.Context, socket *websocket.Conn, text string) error {
	key := make([]byte, 16)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	r.lastID++
	data := map[string]any{"text": text}
	frame, err := msgpack.Marshal([]any{tagPublish, r.lastID, r.name, data, hex.EncodeToString(key)})
	if err != nil {
		return err
	}
	r.waiting = append(r.waiting, pending{r.lastID, frame})
	return socket.Write(ctx, websocket.MessageBinary, frame)
}

// One frame. Those of an unknown tag are passed over, and so are fields past the known ones.
func (r *room) hear(frame []any) {
	tag, fields := frame[0].(int64), frame[1:]
	switch {
	case tag == tagMessage && fields[0] == r.name:
		seq := toInt(fields[4])
		r.onMessage(seq, fields[1].(string), fields[3])
		r.at.seq = seq
	case tag == tagJoined && fields[1] == r.name:
		if isRecovered := fields[3].(bool); !isRecovered {
			if r.at != nil {
				log.Print("messages are missing here: they are not kept any more")
			}
			r.at = &position{fields[2].(string), toInt(fields[5])}
		}
		r.isJoined, r.losses = true, 0
		log.Printf("joined at %d", r.at.seq)
	case tag == tagReset && fields[0] == r.name:
		r.at = &position{fields[1].(string), toInt(fields[2])}
		log.Print("the room is numbered anew")
	case tag == tagAck:
		r.settle(fields[0])
	case tag == tagError:
		log.Printf("error: %v: %v", fields[1], fields[2])
		// What may be stored later is said again after the next join. It has its key, so it is stored once.
		if isRetryable := fields[3].(bool); !isRetryable {
			r.settle(fields[0])
		}
	}
}

func (r *room) settle(id any) {
	for i, each := range r.waiting {
		if id != nil && each.id == toInt(id) {
			r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
			return
		}
	}
}

// Hands frames over, in order. While it reads, the library answers the gateway's pings.
func read(ctx context.Context, socket *websocket.Conn, frames chan<- []any) error {
	for {
		_, data, err := socket.Read(ctx)
		if err != nil {
			return err
		}
		decoder := msgpack.NewDecoder(bytes.NewReader(data))
		decoder.UseLooseInterfaceDecoding(true)
		frame, err := decoder.DecodeSlice()
		if err != nil || len(frame) == 0 {
			return fmt.Errorf("expected a frame: %v", err)
		}
		select {
		case frames <- frame:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Asks the gateway whether it is there, and ends the connection where no answer comes.
func keepAlive(ctx context.Context, socket *websocket.Conn) {
	pings := time.NewTicker(pingEvery)
	defer pings.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pings.C:
			waiting, stop := context.WithTimeout(ctx, pongDeadline)
			err := socket.Ping(waiting)
			stop()
			if err != nil {
				socket.CloseNow()
				return
			}
		}
	}
}

// Integers come as int64, or as uint64 from nine bytes.
func toInt(value any) int64 {
	switch number := value.(type) {
	case int64:
		return number
	case uint64:
		return int64(number)
	}
	return -1
}
