// Package imagedtest gives a Go test a world of its own: an account of an imaged daemon, which code
// that calls an Alibaba Cloud SDK reaches by its endpoint. It needs Go's standard library alone.
package imagedtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// World is an account with the system images, and a daemon that has it.
type World struct {
	URL             string // "http://127.0.0.1:PORT"
	Endpoint        string // "127.0.0.1:PORT"
	AccessKeyID     string // the account's name
	AccessKeySecret string // any: only keys of the configuration file are checked
	Region          string
}

// Start uses the daemon at IMAGED_ENDPOINT ("host:port"), or starts one: the program that the
// variable IMAGED names, or `imaged` from PATH. The account is dropped when the test ends, and a
// daemon that was started here ends with it.
func Start(t testing.TB) *World {
	t.Helper()
	endpoint := os.Getenv("IMAGED_ENDPOINT")
	if endpoint == "" {
		endpoint = startDaemon(t)
	}
	w := &World{URL: "http://" + endpoint, Endpoint: endpoint, AccessKeySecret: "secret", Region: "cn-hangzhou"}
	w.AccessKeyID = "default"
	account := w.Post(t, "CreateAccount", nil)["accountId"].(string)
	t.Cleanup(func() {
		w.AccessKeyID = "default"
		w.Post(t, "DropAccount", map[string]any{"accountId": account})
	})
	w.AccessKeyID = account
	return w
}

func startDaemon(t testing.TB) string {
	t.Helper()
	program := os.Getenv("IMAGED")
	if program == "" {
		program = "imaged"
	}
	// A socket's path is short, and t.TempDir's may not be.
	directory, err := os.MkdirTemp("", "imaged")
	if err != nil {
		t.Fatal(err)
	}
	ready, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	daemon := exec.Command(program, "--ephemeral", "--fixture", "--http", "0", "--ready-fd", "3",
		"--socket", filepath.Join(directory, "s"))
	daemon.ExtraFiles, daemon.Stderr = []*os.File{write}, &log
	if err := daemon.Start(); err != nil {
		t.Fatalf("%v: name the program with IMAGED, or a daemon with IMAGED_ENDPOINT", err)
	}
	t.Cleanup(func() {
		daemon.Process.Signal(os.Interrupt)
		daemon.Wait()
		os.RemoveAll(directory)
		if t.Failed() {
			t.Logf("imaged:\n%s", log.String())
		}
	})
	write.Close()
	endpoint := ""
	for lines := bufio.NewScanner(ready); lines.Scan(); {
		if line := lines.Text(); strings.HasPrefix(line, "http ") {
			endpoint = strings.TrimPrefix(line, "http ")
		}
	}
	if endpoint == "" {
		t.Fatal("imaged did not become ready")
	}
	return endpoint
}

// Post asks for an operation of the services Fixture or Daemon (protocol/http.md); the test fails if
// it is refused. Names are those of imaged.proto in lowerCamelCase.
func (w *World) Post(t testing.TB, operation string, request map[string]any) map[string]any {
	t.Helper()
	if request == nil {
		request = map[string]any{}
	}
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 2 * time.Minute}
	url := fmt.Sprintf("%s/_imaged/%s?AccountId=%s", w.URL, operation, w.AccessKeyID)
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("%s: %d %s %v", operation, response.StatusCode, text, err)
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// AddInstance adds a stopped instance whose disks, first the system disk, have so many GiB.
func (w *World) AddInstance(t testing.TB, sizes ...int) string {
	t.Helper()
	disks := []map[string]any{}
	for index, size := range sizes {
		kind := "data"
		if index == 0 {
			kind = "system"
		}
		disks = append(disks, map[string]any{"type": kind, "size": size})
	}
	answer := w.Post(t, "RegisterInstance", map[string]any{"regionId": w.Region, "disk": disks})
	return answer["instanceId"].(string)
}

// Transport connects everything to the daemon, whatever host and scheme it asks for: for code whose
// endpoint is not to be changed.
func (w *World) Transport() *http.Transport {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", w.Endpoint)
	}
	return &http.Transport{DialContext: dial, DialTLSContext: dial}
}
