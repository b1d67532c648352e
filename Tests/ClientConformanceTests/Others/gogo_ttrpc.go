// The program `conformance` (protocol/scenarios/README.md) with containerd's ttrpc and messages
// that gogo's generator made of imaged.proto. It speaks ttrpc 1.0: unary calls only, and no way to
// cancel one.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"reflect"
	"strings"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/proto"
	"google.golang.org/grpc/status"
	pb "imaged/v1"
)

type object = map[string]interface{}

type call struct {
	Call    string          `json:"call"`
	Request json.RawMessage `json:"request"`
	Account string          `json:"account"`
	Explain bool            `json:"explain"`
}

type command struct {
	call
	Begin    string `json:"begin"`
	End      string `json:"end"`
	Together []call `json:"together"`
}

type program struct {
	services []reflect.Value
	begun    map[string]chan object
}

// The method of the generated clients that has this name.
func (p *program) method(name string) reflect.Value {
	for _, service := range p.services {
		if method := service.MethodByName(name); method.IsValid() {
			return method
		}
	}
	panic("no operation " + name)
}

func (p *program) outcome(c call) object {
	method := p.method(c.Call)
	request := reflect.New(method.Type().In(1).Elem())
	if len(c.Request) > 0 {
		text := strings.NewReader(string(c.Request))
		if err := jsonpb.Unmarshal(text, request.Interface().(proto.Message)); err != nil {
			panic(err)
		}
	}
	metadata := ttrpc.MD{}
	if c.Account != "" {
		metadata.Set("account", c.Account)
	}
	if c.Explain {
		metadata.Set("explain", "true")
	}
	ctx := ttrpc.WithMetadata(context.Background(), metadata)
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), request})
	if err, isError := results[1].Interface().(error); isError {
		return failure(err)
	}
	return object{"response": members(results[0].Interface().(proto.Message))}
}

// The JSON of the scenarios: gogo's, but for bytes.
func members(message proto.Message) object {
	text, err := (&jsonpb.Marshaler{OrigName: true}).MarshalToString(message)
	if err != nil {
		panic(err)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	result := object{}
	if err := decoder.Decode(&result); err != nil {
		panic(err)
	}
	if data, isText := result["data"].(string); isText {
		bytes, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			panic(err)
		}
		result["data"] = hex.EncodeToString(bytes)
	}
	return result
}

func failure(err error) object {
	converted, isStatus := status.FromError(err)
	if !isStatus {
		return object{"unknown": true}
	}
	result := object{"message": converted.Message()}
	further := []object{}
	for place, detail := range converted.Proto().Details {
		if !strings.HasSuffix(detail.TypeUrl, "/imaged.v1.Error") {
			continue
		}
		var decoded pb.Error
		if err := proto.Unmarshal(detail.Value, &decoded); err != nil {
			panic(err)
		}
		if place == 0 {
			result = members(&decoded)
		} else {
			further = append(further, members(&decoded))
		}
	}
	result["status"] = int(converted.Code())
	if len(further) > 0 {
		result["further"] = further
	}
	return object{"error": result}
}

func (p *program) begin(c call) chan object {
	outcome := make(chan object, 1)
	go func() { outcome <- p.outcome(c) }()
	return outcome
}

func (p *program) answer(c command) object {
	switch {
	case c.Begin != "":
		p.begun[c.Begin] = p.begin(c.call)
		return object{"begun": c.Begin}
	case c.End != "":
		return <-p.begun[c.End]
	case c.Together != nil:
		begun := []chan object{}
		for _, each := range c.Together {
			begun = append(begun, p.begin(each))
		}
		outcomes := []object{}
		for _, each := range begun {
			outcomes = append(outcomes, <-each)
		}
		return object{"outcomes": outcomes}
	default:
		return p.outcome(c.call)
	}
}

func main() {
	if len(os.Args) != 3 || os.Args[1] != "--socket" {
		panic("usage: gogo_ttrpc --socket PATH")
	}
	connection, err := net.Dial("unix", os.Args[2])
	if err != nil {
		panic(err)
	}
	client := ttrpc.NewClient(connection)
	p := program{
		services: []reflect.Value{
			reflect.ValueOf(pb.NewECSClient(client)),
			reflect.ValueOf(pb.NewDaemonClient(client)),
			reflect.ValueOf(pb.NewFixtureClient(client)),
		},
		begun: map[string]chan object{},
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			panic(err)
		}
		text, err := json.Marshal(p.answer(c))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}
