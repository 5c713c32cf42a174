// esse subject: github.com/gin-contrib/sse, as Debian packages it. Its decoder wants the whole
// stream, and gives the ID of a block: the adapter keeps the last. It writes no block without data.
package main

import (
	"bytes"
	"os"
	"protocol"

	"github.com/gin-contrib/sse"
)

func parse(command protocol.Command) protocol.Answer {
	decoded, err := sse.Decode(protocol.NewChunks(command.Chunks))
	if err != nil {
		return protocol.Answer{"errored": err.Error()}
	}
	events, last := []protocol.Answer{}, ""
	for _, event := range decoded {
		if event.Id != "" {
			last = event.Id
		}
		events = append(events, protocol.Answer{"type": event.Event, "data": event.Data, "lastEventId": last})
	}
	return protocol.Answer{"events": events, "lastEventId": last}
}

func encode(block protocol.Block) protocol.Answer {
	if block.Comment != nil || len(block.Fields) > 0 || block.Data == nil {
		return protocol.Answer{"skipped": "writes type, ID, retry and data, and always data"}
	}
	event, written := sse.Event{Data: *block.Data}, new(bytes.Buffer)
	if block.Event != nil {
		event.Event = *block.Event
	}
	if block.ID != nil {
		event.Id = *block.ID
	}
	if block.Retry != nil {
		event.Retry = uint(*block.Retry)
	}
	if err := sse.Encode(written, event); err != nil {
		return protocol.Answer{"rejected": err.Error()}
	}
	return protocol.Answer{"bytes": written.Bytes()}
}

func main() {
	protocol.Serve(protocol.Answer{
		"version": 1, "name": "gin-contrib/sse", "language": "Go",
		"implementationVersion": os.Getenv("SUBJECT_VERSION"),
		"homepage":              "https://github.com/gin-contrib/sse",
		"roles":                 []string{"parser", "encoder"},
		"capabilities":          []string{"lastEventId"},
	}, func(command protocol.Command) protocol.Answer {
		if command.Cmd == "parse" {
			return parse(command)
		}
		return encode(command.Block)
	})
}
