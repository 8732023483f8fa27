// Command serve is the reference speech service by itself, to try listen nodes with:
//
//	go run ./test/speech/serve --listen 127.0.0.1:8090 --secret KEY --intents 600=bill,800=repair
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hotline/test/speech"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to listen on")
	secret := flag.String("secret", "", "what clients must show as a bearer's token")
	intents := flag.String("intents", "600=bill,800=repair", "tones in Hz and what they mean")
	flag.Parse()
	s, err := parsed(*intents)
	if err != nil {
		log.Fatal(err)
	}
	s.Secret = *secret
	server := &http.Server{Addr: *listen, Handler: s, ReadHeaderTimeout: 5 * time.Second}
	log.Printf("hearing callers at ws://%s/", *listen)
	log.Fatal(server.ListenAndServe())
}

// parsed reads 600=bill,800=repair.
func parsed(intents string) (*speech.Service, error) {
	s := &speech.Service{Intents: map[int]string{}}
	for _, pair := range strings.Split(intents, ",") {
		hz, name, ok := strings.Cut(pair, "=")
		n, err := strconv.Atoi(hz)
		if !ok || err != nil || name == "" {
			return nil, fmt.Errorf("intent %q is none: as 600=bill", pair)
		}
		s.Intents[n] = name
	}
	return s, nil
}
