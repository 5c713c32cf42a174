// Driver of github.com/donovanhide/eventsource, as Debian packages it.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/donovanhide/eventsource"
)

type line map[string]any

var encoder = json.NewEncoder(os.Stdout)

func say(said line) { encoder.Encode(said) }

// It has no event for the start of a stream: a response that it takes is one.
type transport struct{}

func (transport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusOK {
		say(line{"open": true})
	}
	return response, err
}

func main() {
	say(line{
		"name": "donovanhide/eventsource", "language": "Go",
		"implementationVersion": os.Getenv("SUBJECT_VERSION"), "options": []string{"closeAfterMs"},
	})
	request, err := http.NewRequest("GET", os.Args[1], nil)
	if err != nil {
		panic(err)
	}
	stream, err := eventsource.SubscribeWith("", &http.Client{Transport: transport{}}, request)
	if err != nil {
		say(line{"told": err.Error()})
	} else {
		read(stream)
	}
	say(line{"closed": true})
	time.Sleep(time.Hour)
}

func read(stream *eventsource.Stream) {
	var closing <-chan time.Time
	if milliseconds, err := strconv.Atoi(os.Getenv("SSE_CLOSE_AFTER_MS")); err == nil {
		closing = time.After(time.Duration(milliseconds) * time.Millisecond)
	}
	// Its events have only types and IDs of their own: users keep the last ID.
	last := ""
	for {
		select {
		case event := <-stream.Events:
			kind := event.Event()
			if kind == "" {
				kind = "message"
			}
			if event.Id() != "" {
				last = event.Id()
			}
			say(line{"type": kind, "data": event.Data(), "lastEventId": last})
		case err := <-stream.Errors:
			say(line{"error": err.Error()})
		case <-closing:
			stream.Close()
			return
		}
	}
}
