// esse subject: github.com/donovanhide/eventsource, as Debian packages it. Its decoder gives blocks:
// the adapter sets the default type, and keeps the ID, as its users must.
package main

import (
	"io"
	"os"
	"protocol"

	"github.com/donovanhide/eventsource"
)

type retrying interface{ Retry() int64 }

func parse(command protocol.Command) protocol.Answer {
	chunks := protocol.NewChunks(command.Chunks)
	decoder, events, last := eventsource.NewDecoder(chunks), []protocol.Answer{}, ""
	var retry *int64
	for {
		event, err := decoder.Decode()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return protocol.Answer{"events": events, "lastEventId": last, "reconnectionTime": retry}
		} else if err != nil {
			return protocol.Answer{"errored": err.Error()}
		}
		if event.Id() != "" {
			last = event.Id()
		}
		if told, ok := event.(retrying); ok && told.Retry() != 0 {
			milliseconds := told.Retry()
			retry = &milliseconds
		}
		kind := event.Event()
		if kind == "" {
			kind = "message"
		}
		events = append(events, protocol.Answer{
			"type": kind, "data": event.Data(), "lastEventId": last, "afterChunk": chunks.Now,
		})
	}
}

func main() {
	protocol.Serve(protocol.Answer{
		"version": 1, "name": "donovanhide/eventsource", "language": "Go",
		"implementationVersion": os.Getenv("SUBJECT_VERSION"),
		"homepage":              "https://github.com/donovanhide/eventsource",
		"roles":                 []string{"parser"},
		"capabilities":          []string{"chunks", "afterChunk", "lastEventId", "reconnectionTime"},
	}, parse)
}
