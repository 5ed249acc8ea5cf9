// Command proxy-reader reads PROXY headers as Tailscale and many others do, with go-proxyproto: standard input has the
// bytes of a connection, standard output gets what they say.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/pires/go-proxyproto"
)

func main() {
	log.SetFlags(0)
	in := bufio.NewReader(os.Stdin)
	header, err := proxyproto.Read(in)
	if err != nil {
		log.Fatal(err)
	}
	parsed, err := header.TLVs()
	if err != nil {
		log.Fatal(err)
	}
	tlvs := map[int]string{}
	for _, tlv := range parsed {
		tlvs[int(tlv.Type)] = string(tlv.Value)
	}
	rest, err := io.ReadAll(in)
	if err != nil {
		log.Fatal(err)
	}
	err = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"version":     header.Version,
		"source":      header.SourceAddr.String(),
		"destination": header.DestinationAddr.String(),
		"tlvs":        tlvs,
		"rest":        string(rest),
	})
	if err != nil {
		log.Fatal(err)
	}
}
