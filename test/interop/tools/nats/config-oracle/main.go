// What `nats-server -t -c <file>` says of configurations, many in one process: nats-server's own code, at the version that
// go.mod pins, without the tenth of a second that each start of the program costs.
//
//	config-oracle <file>
//
// The first line of its output is nats-server's version. From then on each line of its input is a configuration's text as
// a JSON string, which it writes into <file> and reads with nats-server's flags -t -c <file>; each line of its output is
// {"valid":…,"said":…}: the digest, or the error as nats-server prints it. Files that are included lie beside <file>.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats-server/v2/server"
)

type verdict struct {
	Valid bool   `json:"valid"`
	Said  string `json:"said"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: config-oracle <file>")
		os.Exit(2)
	}
	if err := answerAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "config-oracle:", err)
		os.Exit(1)
	}
}

func answerAll(file string) error {
	out := bufio.NewWriter(os.Stdout)
	// Whatever nats-server prints while it reads is no answer.
	os.Stdout = os.Stderr
	answers := json.NewEncoder(out)
	if err := answers.Encode(server.VERSION); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	texts := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	for {
		var text string
		if err := texts.Decode(&text); err == io.EOF {
			return out.Flush()
		} else if err != nil {
			return err
		}
		// A file that is cut short and written anew goes to the disk at once (ext4), a new one takes its time.
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		if err := answers.Encode(judge(file)); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// Reads the file as main of nats-server does with -t. Some texts make its parser panic: the program would die of it.
func judge(file string) (said verdict) {
	defer func() {
		if broken := recover(); broken != nil {
			said = verdict{Said: fmt.Sprintf("panic: %v", broken)}
		}
	}()
	// ConfigureOptions remembers the flags of the call before in the package's variables: it overwrites them all.
	nothing := func() {}
	flags := flag.NewFlagSet("nats-server", flag.ContinueOnError)
	options, err := server.ConfigureOptions(flags, []string{"-t", "-c", file}, nothing, nothing, nothing)
	if err != nil {
		return verdict{Said: err.Error()}
	}
	return verdict{Valid: true, Said: options.ConfigDigest()}
}
