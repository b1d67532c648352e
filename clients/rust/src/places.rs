//! Where a client looks for the daemon's socket (`protocol/README.md` § Finding the daemon).

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "imaged.sock";

/// A path to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub path: PathBuf,
    /// It is one of this user's own directories: that it may not be entered is then a fault, and
    /// no reason to look elsewhere.
    pub is_own: bool,
}

impl Place {
    /// Whether the next place is tried after this error.
    pub fn goes_on(&self, error: &io::Error) -> bool {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => true,
            io::ErrorKind::PermissionDenied => !self.is_own,
            _ => false,
        }
    }
}

/// The paths to try, in order: `explicit` alone; else `IMAGED_SOCKET` alone; else the usual ones.
pub(crate) fn places(
    explicit: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
    is_root: bool,
) -> Vec<Place> {
    let own = |path| Place { path, is_own: true };
    if let Some(path) = explicit {
        return vec![own(path.to_owned())];
    }
    if let Some(path) = variable("IMAGED_SOCKET").filter(|path| !path.is_empty()) {
        return vec![own(path.into())];
    }
    // The XDG specification: a path that is not absolute is to be ignored.
    let directory =
        |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let mut places = Vec::new();
    if let Some(runtime) = directory("XDG_RUNTIME_DIR") {
        places.push(own(runtime.join("imaged").join(NAME)));
    }
    places.push(Place { path: Path::new("/run/imaged").join(NAME), is_own: is_root });
    let data = if is_root {
        Some(PathBuf::from("/var/lib/imaged"))
    } else {
        let state = directory("XDG_STATE_HOME");
        let state = state.or_else(|| directory("HOME").map(|home| home.join(".local/state")));
        state.map(|state| state.join("imaged"))
    };
    places.extend(data.map(|data| own(data.join(NAME))));
    places
}

/// Whether this process's effective user is root, as /proc tells: the standard library does not.
pub(crate) fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| {
        line.strip_prefix("Uid:").and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(variables: &[(&str, &str)], is_root: bool) -> Vec<String> {
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        let places = places(None, find, is_root);
        places.iter().map(|place| place.path.display().to_string()).collect()
    }

    #[test]
    fn the_variable_stands_alone() {
        let variables = [("IMAGED_SOCKET", "/a/s"), ("XDG_RUNTIME_DIR", "/r"), ("HOME", "/h")];
        assert_eq!(paths(&variables, false), ["/a/s"]);
    }

    #[test]
    fn an_empty_variable_is_none() {
        let variables = [("IMAGED_SOCKET", ""), ("XDG_RUNTIME_DIR", "/r"), ("HOME", "/h")];
        let expected = [
            "/r/imaged/imaged.sock",
            "/run/imaged/imaged.sock",
            "/h/.local/state/imaged/imaged.sock",
        ];
        assert_eq!(paths(&variables, false), expected);
    }

    #[test]
    fn the_state_directory_wins_over_home_and_relative_ones_do_not_count() {
        let variables = [("XDG_STATE_HOME", "/s"), ("HOME", "/h"), ("XDG_RUNTIME_DIR", "r")];
        let expected = ["/run/imaged/imaged.sock", "/s/imaged/imaged.sock"];
        assert_eq!(paths(&variables, false), expected);
    }

    #[test]
    fn root_has_its_own() {
        let expected = ["/run/imaged/imaged.sock", "/var/lib/imaged/imaged.sock"];
        assert_eq!(paths(&[("HOME", "/root")], true), expected);
    }

    #[test]
    fn nobody_there_means_on_to_the_next_but_a_forbidden_own_directory_does_not() {
        let all = places(None, |name| (name == "HOME").then(|| "/h".into()), false);
        for place in &all {
            assert!(place.goes_on(&io::ErrorKind::NotFound.into()));
            assert!(place.goes_on(&io::ErrorKind::ConnectionRefused.into()));
            assert!(!place.goes_on(&io::ErrorKind::TimedOut.into()));
        }
        let forbidden = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(all.iter().map(|p| p.goes_on(&forbidden)).collect::<Vec<_>>(), [true, false]);
    }
}
