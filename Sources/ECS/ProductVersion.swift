/// The product's version, as Version and `--version` tell it.
public let imagedVersion = "0.1.0"
/// The wire's version (`protocol/README.md` § Versioning).
public let protocolVersion: Int32 = 1
