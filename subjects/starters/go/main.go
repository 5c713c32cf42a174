// An adapter for `esse conform`. toy stands for the parser under test: put yours in its place.
package main

import (
	"encoding/json"
	"os"
	"strings"
)

var start = object{"version": 1, "name": "toy", "language": "Go", "roles": []string{"parser"},
	"capabilities": []string{"chunks", "afterChunk", "lastEventId"}}

type object = map[string]any
type toy struct{ pending, kind, data, lastID string }

func (t *toy) feed(chunk []byte) (events []object) {
	lines := strings.Split(t.pending+string(chunk), "\n")
	t.pending = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		if name == "data" {
			t.data += "\n" + value
		} else if name == "event" {
			t.kind = value
		} else if name == "id" {
			t.lastID = value
		} else if line == "" && t.data != "" {
			events = append(events, object{"type": t.kind, "data": t.data[1:], "lastEventId": t.lastID})
			t.kind, t.data = "message", ""
		}
	}
	return events
}

func main() { // a Decoder takes lines of any length, bufio.Scanner does not; logs go to stderr
	commands, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var command struct {
			Cmd    string
			Seq    uint64
			Chunks [][]byte // base64 in JSON
		}
		if commands.Decode(&command) != nil || command.Cmd == "stop" {
			return
		} else if command.Cmd == "start" {
			answers.Encode(start)
			continue
		}
		t, events := toy{kind: "message"}, []object{} // each `parse` is a new stream
		for index, chunk := range command.Chunks {
			for _, event := range t.feed(chunk) {
				event["afterChunk"] = index
				events = append(events, event)
			}
		}
		answers.Encode(object{"seq": command.Seq, "events": events, "lastEventId": t.lastID})
	}
}
