//! Prints the changes of the account's resources as they become durable, from the oldest that the
//! daemon still keeps. Goes on where it was when the connection is lost.

use imaged::{Client, Error, Options, WatchRequest};

fn main() {
    if let Err(error) = watch() {
        eprintln!("watch: {error}");
        std::process::exit(1);
    }
}

fn watch() -> Result<(), Error> {
    let client = Client::connect(Options::default())?;
    let mut request = WatchRequest { after_sequence: Some(0), ..Default::default() };
    loop {
        for answer in client.watch(&request)? {
            let answer = match answer {
                Ok(answer) => answer,
                Err(Error::WatchLost { .. }) => break,
                Err(error) => return Err(error),
            };
            for event in &answer.events {
                println!("{} {} {}", event.sequence, event.time, event.kind);
            }
            request.after_sequence = Some(answer.sequence);
        }
    }
}
