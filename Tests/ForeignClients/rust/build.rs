//! Makes messages of `imaged.proto` with rust-protobuf's generator, and a list of its operations.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let out = Path::new(&out);
    println!("cargo:rerun-if-env-changed=IMAGED_PROTO");
    let text = fs::read_to_string(env::var("IMAGED_PROTO").unwrap()).unwrap();
    // This generator is older than proto3's `optional`, which changes no byte of what is sent here.
    fs::write(out.join("imaged.proto"), text.replace("optional ", "")).unwrap();
    protobuf_codegen_pure::Codegen::new()
        .out_dir(out)
        .input(out.join("imaged.proto"))
        .include(out)
        .run()
        .unwrap();
    // Attributes of a whole file are not allowed where it is included.
    let generated = fs::read_to_string(out.join("imaged.rs")).unwrap();
    let lines =
        generated.lines().filter(|line| !line.starts_with("#![") && !line.starts_with("//!"));
    fs::write(out.join("messages.rs"), lines.collect::<Vec<_>>().join("\n")).unwrap();
    fs::write(out.join("operations.rs"), operations(&text)).unwrap();
}

/// An array of a call of `unary!` for each operation that is answered once.
fn operations(text: &str) -> String {
    let mut list = String::from("[\n");
    let mut service = "";
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("service ") {
            service = rest.trim_end_matches(" {");
        }
        let words: Vec<&str> = line.split(&[' ', '(', ')', ';'][..]).collect();
        // rpc CreateImage(CreateImageRequest) returns (CreateImageResponse);
        if let ["rpc", name, request, "", "returns", "", answer, ..] = words[..] {
            if answer != "stream" {
                writeln!(list, "unary!(\"imaged.v1.{service}\", \"{name}\", {request}, {answer}),")
                    .unwrap();
            }
        }
    }
    list + "]"
}
