//! For tests of programs that use this crate: a daemon of their own.
//!
//! ```
//! use imaged::{testing::Daemon, RegisterInstanceRequest, RegisteredDisk};
//!
//! # if Daemon::program().is_none() { return Ok(()); }
//! let daemon = Daemon::start()?;
//! let account = daemon.account()?;
//! let instance = account.register_instance(&RegisterInstanceRequest {
//!     region_id: "cn-hangzhou".into(),
//!     disk: vec![RegisteredDisk { size: Some(40), ..Default::default() }],
//!     ..Default::default()
//! })?;
//! assert_eq!(instance.disk_ids.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::{Client, CreateAccountRequest, DropAccountRequest, Error, Options};

/// How long a daemon may take to start.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// A daemon that lives as long as this: `imaged --ephemeral --fixture` unless said otherwise, on a
/// socket in a new directory under the temporary one. It and its directory go when this is
/// dropped; a test that is killed leaves both behind.
pub struct Daemon {
    child: Child,
    options: Vec<OsString>,
    directory: Directory,
}

impl Daemon {
    /// The daemon's program: the environment variable `IMAGED`, or `imaged` on the `PATH`.
    pub fn program() -> Option<PathBuf> {
        if let Some(path) = env::var_os("IMAGED").filter(|path| !path.is_empty()) {
            return Some(path.into());
        }
        let path = env::var_os("PATH")?;
        env::split_paths(&path).map(|directory| directory.join("imaged")).find(|it| it.is_file())
    }

    /// Starts a daemon that keeps everything in memory and has the service `Fixture`.
    ///
    /// # Errors
    /// There is no program, or it does not start; the text has what it said.
    pub fn start() -> io::Result<Daemon> {
        Daemon::start_with(["--ephemeral", "--fixture"])
    }

    /// Starts a daemon with these options; its socket is given.
    ///
    /// # Errors
    /// As [`start`](Daemon::start).
    pub fn start_with(options: impl IntoIterator<Item = impl AsRef<OsStr>>) -> io::Result<Daemon> {
        let directory = Directory::new()?;
        let options: Vec<OsString> =
            options.into_iter().map(|option| option.as_ref().to_owned()).collect();
        let child = start(&directory, &options)?;
        Ok(Daemon { child, options, directory })
    }

    /// Kills the daemon as a crash would, and starts it anew on the same socket.
    ///
    /// # Errors
    /// As [`start`](Daemon::start).
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill();
        self.child = start(&self.directory, &self.options)?;
        Ok(())
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path.join("s")
    }

    /// A directory of the daemon's own, which goes with it.
    pub fn directory(&self) -> &Path {
        &self.directory.path
    }

    /// What the daemon has written to its standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path.join("log")).unwrap_or_default()
    }

    /// The daemon's process id.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// A new client, on a connection of its own.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub fn client(&self) -> Result<Client, Error> {
        Client::connect_to(self.socket())
    }

    /// A new account and a new client that acts in it.
    ///
    /// # Errors
    /// Any [`Error`]; the daemon needs `--fixture`.
    pub fn account(&self) -> Result<Account, Error> {
        Account::new(&self.client()?)
    }

    /// Kills the daemon as a crash would; its directory stays until this is dropped.
    pub fn kill(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Daemon")
            .field("socket", &self.socket())
            .field("process_id", &self.process_id())
            .finish()
    }
}

/// Starts a daemon, and waits until it answers.
fn start(directory: &Directory, options: &[OsString]) -> io::Result<Child> {
    let program = Daemon::program().ok_or_else(|| {
        let text = "there is no daemon: IMAGED names no program, and PATH has no imaged";
        io::Error::new(io::ErrorKind::NotFound, text)
    })?;
    let log = directory.path.join("log");
    let mut child = Command::new(&program)
        .arg("--socket")
        .arg(directory.path.join("s"))
        .args(["--ready-fd", "1"])
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&log)?)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", program.display())))?;
    if child.stdout.take().map_or(false, is_ready) {
        return Ok(child);
    }
    // Both fail only if it has ended already.
    let _ = child.kill();
    let _ = child.wait();
    let said = fs::read_to_string(&log).unwrap_or_default();
    let text = format!("{} did not start: {}", program.display(), said.trim_end());
    Err(io::Error::new(io::ErrorKind::Other, text))
}

/// Whether the daemon says that it is ready, in time and before it ends.
fn is_ready(mut output: impl Read + Send + 'static) -> bool {
    let (told, ready) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let is_ready = output.read_to_string(&mut text).is_ok() && text.trim() == "ready";
        let _ = told.send(is_ready); // Fails if nobody waits any more.
    });
    ready.recv_timeout(START_PATIENCE).unwrap_or(false)
}

/// An account of its own for a test: a [`Client`] that acts in it. The account and all that it has
/// go when this is dropped, even if the test has closed the client.
pub struct Account {
    client: Client,
    id: String,
}

impl Account {
    /// Makes an account, at the daemon of this client.
    ///
    /// # Errors
    /// Any [`Error`]; the daemon needs `--fixture`.
    pub fn new(client: &Client) -> Result<Account, Error> {
        let id = client.create_account(&CreateAccountRequest::default())?.account_id;
        Ok(Account { client: client.with_account(&id), id })
    }

    /// The account's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The client that acts in it.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Deref for Account {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // Each fails if the daemon is gone, and then so is the account.
        let request = DropAccountRequest { account_id: self.id.clone() };
        if let Err(Error::NotSent { .. }) = self.client.drop_account(&request) {
            // The test has closed the client, and with it all handles of its connection.
            let socket = Some(self.client.socket().to_owned());
            let calls = self.client.options().clone();
            let anew = Client::connect(Options { socket, calls, ..Default::default() });
            let _ = anew.and_then(|client| client.drop_account(&request));
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Lets the next call's stream have this id, if that is possible: for tests of what happens when
/// stream ids run out.
pub fn set_next_stream_id(client: &Client, id: u32) {
    client.skip_stream_ids(id);
}

/// A new directory that goes with this.
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn new() -> io::Result<Directory> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut parent = env::temp_dir();
        if parent.as_os_str().as_bytes().len() > 60 {
            parent = "/tmp".into(); // A socket's path has at most 107 bytes.
        }
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let time = time.unwrap_or_default().subsec_nanos();
            let name = format!("imaged-{}-{number}-{time:x}", std::process::id());
            let path = parent.join(OsString::from(name));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Directory { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path); // What is left is the temporary directory's.
    }
}
