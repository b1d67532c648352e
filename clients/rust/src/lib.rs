//! A client of imaged, a local image service for Alibaba Cloud ECS: one connection to the
//! daemon, any number of calls under way at once, from any thread. Linux, the standard library
//! alone.
//!
//! Begin at [`Client`]; what a call may end with is [`Error`]; tests start at [`testing`]. The
//! messages are structs of the names and fields of `protocol/imaged.proto`; write requests with
//! `..Default::default()`, as fields are added within a protocol version.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod client;
pub mod codec;
mod connecting;
mod connection;
mod errors;
#[doc(hidden)]
pub mod fields;
pub mod frame;
mod mailbox;
pub mod messages;
mod operations;
mod pending;
mod places;
pub mod reflect;
mod streams;
pub mod testing;
mod watch;

pub use client::{CallOptions, Client, Options, GRACE};
pub use codec::{DecodeError, DecodeReason, Message};
pub use errors::{ConnectAttempt, EcsError, Error, StatusCode, StatusError, UnknownReason};
pub use messages::{
    daemon::*, fixture::*, images::*, jobs::*, machines::*, resources::*, snapshots::*, tags::*,
};
pub use operations::{
    visit_operation, Again, Operation, OperationInfo, OperationVisitor, OPERATIONS,
};
pub use pending::{Canceller, Pending};
pub use watch::Watch;

/// The examples of the README are compiled with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
