// Package protocol is what the adapters share: the subject protocol, version 1, and a reader that
// gives a chunk at a time.
package protocol

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
)

// Block is what an encoder is asked to write.
type Block struct {
	Comment, Event, Data, ID *string
	Retry                    *uint64
	Fields                   [][2]string
}

// Command is one line of the suite.
type Command struct {
	Cmd    string
	Seq    uint64
	Chunks [][]byte
	Block  Block
}

// Answer is one line of the subject.
type Answer map[string]interface{}

// Serve answers until stop. `answer` gets every parse and encode; a panic fails that case alone.
func Serve(start Answer, answer func(Command) Answer) {
	lines, out := bufio.NewReaderSize(os.Stdin, 1<<20), json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		var command Command
		if err != nil || json.Unmarshal(line, &command) != nil || command.Cmd == "stop" {
			return
		}
		reply := start
		if command.Cmd != "start" {
			reply = answer(command)
			reply["seq"] = command.Seq
		}
		if out.Encode(reply) != nil {
			return
		}
	}
}

// Chunks is a reader over chunks: each read ends where a chunk does.
type Chunks struct {
	chunks [][]byte
	rest   []byte
	// Now is the chunk that was handed out last; their number, after the end.
	Now int
}

// NewChunks starts before the first.
func NewChunks(chunks [][]byte) *Chunks { return &Chunks{chunks: chunks, Now: -1} }

// Read gives what is left of a chunk, or the next one.
func (c *Chunks) Read(to []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.Now+1 >= len(c.chunks) {
			c.Now = len(c.chunks)
			return 0, io.EOF
		}
		c.Now++
		c.rest = c.chunks[c.Now]
	}
	n := copy(to, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
