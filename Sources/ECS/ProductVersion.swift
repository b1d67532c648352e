/// The product's version, as Version and `--version` tell it.
public let imagedVersion = "0.1.0"
/// The wire's version (`protocol/README.md` § Versioning).
public let protocolVersion: Int32 = 1
/// The day of that version, as its manual pages tell it.
public let imagedReleaseDay = "2026-11-26"
