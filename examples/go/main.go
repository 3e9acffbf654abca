// Says the lines of its input in a room of outcry, and prints what is said there.
//
//	go run . ws://localhost:1337/ws lobby ann
//
// The third argument is the token; a gateway without keys takes it for the name. See docs/PROTOCOL.md for every number here.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "expected: chat <url> <room> <token>")
		os.Exit(2)
	}
	lines := make(chan string)
	go func() {
		input := bufio.NewScanner(os.Stdin)
		for input.Scan() {
			lines <- input.Text()
		}
	}()
	room := newRoom(os.Args[1], os.Args[2], os.Args[3], lines)
	room.onMessage = func(seq int64, from string, data any) {
		if fields, ok := data.(map[string]any); ok && fields["text"] != nil {
			data = fields["text"]
		}
		fmt.Println(seq, from, data)
	}
	if err := room.stay(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
