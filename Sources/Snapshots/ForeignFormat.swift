/// The disk formats that are not raw, told by their magic. A registered file's format is never
/// guessed: one of these without a stated format is refused, because its bytes are not the disk's.
enum ForeignFormat: String, CaseIterable, Sendable {
    case qcow2
    case qed
    case vmdk
    case vhd = "vpc"
    case vhdx
    case vdi

    /// How people call it; the raw value is `qemu-img`'s name.
    var name: String {
        switch self {
        case .qcow2: "qcow2"
        case .qed: "QED"
        case .vmdk: "VMDK"
        case .vhd: "VHD"
        case .vhdx: "VHDX"
        case .vdi: "VDI"
        }
    }

    /// How many bytes of a file's start and end `init` looks at.
    static let headBytes = 512
    static let tailBytes = 512

    /// The format whose magic is in the first or the last bytes of a file; nil: none.
    ///
    /// - QEMU, docs/interop/qcow2.txt, qed_spec.txt; block/vdi.c (`VDI_SIGNATURE`)
    /// - VMware, Virtual Disk Format 5.0: hosted sparse "KDMV", ESX sparse "COWD", descriptor
    /// - Microsoft, VHD specification: the footer's cookie, also at the start of dynamic disks;
    ///   before Virtual PC 2004 the footer has 511 bytes. MS-VHDX 2.2.1.
    init?(head: UnsafeRawBufferPointer, tail: UnsafeRawBufferPointer) {
        func has(_ magic: [UInt8], _ bytes: UnsafeRawBufferPointer, at offset: Int = 0) -> Bool {
            offset + magic.count <= bytes.count
                && magic.indices.allSatisfy { bytes[offset + $0] == magic[$0] }
        }
        func has(_ text: String, _ bytes: UnsafeRawBufferPointer, at offset: Int = 0) -> Bool {
            has(Array(text.utf8), bytes, at: offset)
        }
        if has([0x51, 0x46, 0x49, 0xfb], head) {
            self = .qcow2
        } else if has("QED\0", head) {
            self = .qed
        } else if has("KDMV", head) || has("COWD", head) || has("# Disk DescriptorFile", head) {
            self = .vmdk
        } else if has("vhdxfile", head) {
            self = .vhdx
        } else if has([0x7f, 0x10, 0xda, 0xbe], head, at: 64) {
            self = .vdi
        } else if has("conectix", head)
            || tail.count == Self.tailBytes
                && (has("conectix", tail) || has("conectix", tail, at: 1))
        {
            self = .vhd
        } else {
            return nil
        }
    }
}
