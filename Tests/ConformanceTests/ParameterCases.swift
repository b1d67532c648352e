import ECS
import TestSupport
import Testing
import Wire

/// § Parameters and § General rules: the texts of a request.
extension Case {
    static let parameters = texts + closedSets + generalRules + sources + mappings + tags + others

    /// A case for a text parameter: each of `right` makes an image, each of `wrong` is refused.
    static func text(
        _ name: String, ids: [String], _ parameter: String, error: String,
        set: @escaping @Sendable (inout CreateImageRequest, String) -> Void,
        get: (@Sendable (Image) -> String)? = nil, right: [String], wrong: [String]
    ) -> Case {
        Case(name, ids: wrong.isEmpty ? ids : ids + [error]) { bench in
            let plain = try bench.plain()
            for text in right {
                let image = try bench.made {
                    $0.snapshotID = plain
                    set(&$0, text)
                }
                if let get { #expect(Array(get(image).utf8) == Array(text.utf8)) }
            }
            for text in wrong {
                try bench.refuse(error, parameter: parameter) {
                    $0.snapshotID = plain
                    set(&$0, text)
                }
            }
        }
    }

    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    // Not one is right: too short, too long, a wrong beginning, a wrong character.
    private static let wrongNames = [
        "a", "中", repeated("a", 129), repeated("中", 129), "1a", ".a", "_a", "-a", ":a", " a", "a b",
        "a/b", "a\\b", "a,b", "a\n", "a\u{0}b", "é1", "aé", "a\u{301}b", "a😀", "ｆa", "あa", "한a",
        "a，b", "（a", "a。", "〇a", "aliyun", "aliyunx", "aliyun-1", "acs:", "acs:x", "ahttp://b",
        "http://a", "https://a", "中https://",
    ]
    private static let rightNames = [
        "ab", "Zz", "a1", "a_-:9", repeated("a", 128), repeated("中", 128), repeated("𠀀", 128),
        "中1", "一国", "\u{9fff}1", "\u{3400}x", "\u{4dbf}x", "\u{f900}x",
        "\u{20000}b", "\u{323af}b", "Aliyun", "ALIYUNx", "ACS:x", "alyun",
        "a-aliyun", "xacs:y", "http:", "HTTPS:x", "acs",
    ]

    private static let texts: [Case] = [
        text(
            "an image's name", ids: ["P-ImageName", "D-ImageName", "P-Length", "P-Chinese"],
            "ImageName", error: "E-InvalidImageName.Malformed", set: { $0.imageName = $1 },
            get: { $0.imageName }, right: rightNames + ["a.b", "中.1", "x..y"],
            wrong: wrongNames),
        text(
            "an image's family", ids: ["P-ImageFamily", "D-ImageFamily", "P-Length", "P-Chinese"],
            "ImageFamily", error: "E-InvalidImageFamily.Malformed",
            set: { $0.imageFamily = $1 }, get: { $0.imageFamily }, right: rightNames,
            wrong: wrongNames + ["a.b", "a."]),
        text(
            "an image's version", ids: ["P-ImageVersion"], "ImageVersion",
            error: "E-InvalidImageVersion.Malformed", set: { $0.imageVersion = $1 },
            get: { $0.imageVersion },
            right: ["1", "v 1.0~!", repeated("1", 40)],
            wrong: [repeated("1", 41), "版本", "1é", "1\u{7f}\u{80}"]),
        text(
            "a description", ids: ["P-Description", "P-Length"], "Description",
            error: "E-InvalidDescription.Malformed", set: { $0.description = $1 },
            get: { $0.description },
            right: [
                "ab", "中文", "，。", "e\u{301}", "👩‍👩", repeated("😀", 256), "a\nb\tc", "x http://",
                " https://x", "HTTP://x", "ftp://x", "http:/x", "aliyun", "acs:x", "  ",
            ],
            wrong: [
                "a", "中", "é", repeated("a", 257), repeated("e\u{301}", 129), "http://",
                "https://x", "http://x y", "http://\u{301}x",
            ]),
        text(
            "a token", ids: ["P-ClientToken", "Q-Token"], "ClientToken",
            error: "X-InvalidClientToken", set: { $0.clientToken = $1 },
            right: ["1", "~! \"", repeated("t", 64), "Token", "token"],
            wrong: [repeated("t", 65), "tokén", "令牌", "t\u{80}"]),
    ]

    private static let closedSets: [Case] = [
        text(
            "the 26 platforms", ids: ["P-Platform", "P-Case"], "Platform",
            error: "E-InvalidPlatform.Malformed", set: { $0.platform = $1 },
            right: [
                "Aliyun", "Anolis", "CentOS", "Ubuntu", "CoreOS", "SUSE", "Debian", "OpenSUSE",
                "FreeBSD", "RedHat", "Kylin", "UOS", "Fedora", "Fedora CoreOS", "CentOS Stream",
                "AlmaLinux", "Rocky Linux", "Gentoo", "Customized Linux", "Others Linux",
                "Windows Server 2022", "Windows Server 2019", "Windows Server 2016",
                "Windows Server 2012", "Windows Server 2008", "Windows Server 2003",
            ],
            wrong: [
                "ubuntu", "UBUNTU", "Ubuntu ", " Ubuntu", "Others linux", "Windows",
                "Windows Server 2025", "\u{212A}ylin", "Ubuntu\u{0}",
            ]),
        text(
            "the architectures", ids: ["P-Architecture", "P-Case"], "Architecture",
            error: "E-InvalidArchitecture.Malformed", set: { $0.architecture = $1 },
            right: ["i386", "x86_64", "arm64"],
            wrong: ["amd64", "X86_64", "x86-64", "aarch64", "ARM64", "i386 "]),
        text(
            "the boot modes", ids: ["P-BootMode", "P-Case"], "BootMode",
            error: "E-InvalidBootMode.Malformed", set: { $0.bootMode = $1 },
            get: { $0.bootMode }, right: ["BIOS", "UEFI", "UEFI-Preferred"],
            wrong: ["bios", "uefi", "UEFI-preferred", "UEFI Preferred", "Legacy", " BIOS"]),
        text(
            "the one detection strategy", ids: ["P-DetectionStrategy", "P-Case"],
            "DetectionStrategy", error: "E-InvalidDetectionStrategy.Malformed",
            set: { $0.detectionStrategy = $1 }, right: ["Standard"],
            wrong: ["standard", "STANDARD", "Standard ", "Full"]),
        text(
            "the values of ImdsSupport", ids: ["P-Features.ImdsSupport", "P-Case"],
            "Features.ImdsSupport", error: "E-InvalidParameter.FeaturesImdsSupport",
            set: { request, text in request.features = .with { $0.imdsSupport = text } },
            get: { $0.features?.imdsSupport ?? "" }, right: ["v1", "v2"],
            wrong: ["V1", "v3", "2", "v2 "]),
    ]

    private static let generalRules: [Case] = [
        Case("empty texts are as if not given", "P-Empty", "D-Empty") { bench in
            let plain = try bench.plain()
            let sparse = try bench.made { $0.snapshotID = plain }
            let empty = try bench.made {
                $0.snapshotID = plain
                $0.instanceID = ""
                $0.features = ImageRequestFeatures()
                $0.clientToken = ""
            }
            for image in [sparse, empty] {
                #expect(image.imageName == "" && image.imageFamily == "")
                #expect(image.imageVersion == "" && image.description == "")
                #expect(image.resourceGroupID == bench.defaultGroup)
                #expect(image.features?.imdsSupport == "v1" && image.detectionOptions == nil)
                #expect(image.tags.isEmpty)
            }
            // On the wire too: the fields stand there, and are empty.
            let fields: [UInt8] = [4, 5, 6, 7, 8, 9, 10, 11, 12, 15].flatMap { number in
                [UInt8(number << 3 | 2), 0]
            }
            let id = try bench.createRaw({ $0.snapshotID = plain }, adding: fields)
            #expect(try bench.image(id).imageName == "")
        },
        Case("fields that nobody knows are skipped", "V0", "P-RegionId") { bench in
            let plain = try bench.plain()
            // SecureBootOptions and the owners of requests among them: numbers that are not ours.
            let unknown: [UInt8] =
                [0xa0, 0x1f, 0x96, 0x01]  // 500: a varint
                + [0xaa, 0x1f, 0x03, 0x61, 0x62, 0x63]  // 501: three bytes
                + [0xb5, 0x1f, 1, 2, 3, 4]  // 502: four bytes, fixed
                + [0xb9, 0x1f, 1, 2, 3, 4, 5, 6, 7, 8]  // 503: eight bytes, fixed
            let id = try bench.createRaw({ $0.snapshotID = plain }, adding: unknown)
            try bench.finish()
            #expect(try bench.image(id).status == "Available")
        },
        Case(
            "a region that is known, or none", "P-RegionId", "D-Required", "E-MissingParameter",
            "X-MissingParameter.RegionId", "X-InvalidRegionId.NotFound"
        ) { bench in
            try bench.refuse("X-MissingParameter.RegionId", parameter: "RegionId") {
                $0.regionID = ""
                $0.snapshotID = try bench.plain()
            }
            for region in ["mars-1", "CN-HANGZHOU", "cn-hangzhou ", "cn", "杭州"] {
                try bench.refuse("X-InvalidRegionId.NotFound", parameter: "RegionId") {
                    $0.regionID = region
                    $0.snapshotID = try bench.plain()
                }
            }
            // The region alone is too little.
            try bench.refuse("E-MissingParameter") { _ in }
            try bench.create { $0.snapshotID = try bench.plain() }
        },
        Case(
            "what is named is looked for in the region", "P-RegionId", "P-InstanceId",
            "P-SnapshotId", "E-InvalidInstanceId.NotFound", "E-InvalidSnapshotId.NotFound"
        ) { bench in
            for region in ["cn-shanghai", "cn-beijing", "us-west-1", "eu-central-1"] {
                let (machine, disks) = try bench.machine { $0.regionID = region }
                let snapshot = try bench.snapshot(of: disks[0])
                try bench.refuse(
                    "E-InvalidInstanceId.NotFound", machine, parameter: "InstanceId"
                ) { $0.instanceID = machine }
                try bench.refuse("E-InvalidSnapshotId.NotFound", parameter: "SnapshotId") {
                    $0.snapshotID = snapshot
                }
                try bench.create {
                    $0.regionID = region
                    $0.instanceID = machine
                }
                try bench.create {
                    $0.regionID = region
                    $0.snapshotID = snapshot
                }
            }
        },
        Case(
            "a resource group of the account, or its default", "P-ResourceGroupId",
            "E-InvalidResourceGroup.NotFound"
        ) { bench in
            let plain = try bench.plain()
            let group = try bench.createGroup()
            for (given, has) in [("", bench.defaultGroup), (group, group)] {
                let image = try bench.made {
                    $0.snapshotID = plain
                    $0.resourceGroupID = given
                }
                #expect(image.resourceGroupID == has)
            }
            for other in ["rg-none", "default", group.uppercased()] {
                try bench.refuse(
                    "E-InvalidResourceGroup.NotFound", parameter: "ResourceGroupId"
                ) {
                    $0.snapshotID = plain
                    $0.resourceGroupID = other
                }
            }
        },
    ]
}

extension Bench {
    /// CreateImage with further bytes behind its fields.
    func createRaw(_ change: Change, adding bytes: [UInt8]) throws -> String {
        let stream = client.newStream()
        try client.send(
            client.encode(
                service: "imaged.v1.ECS", method: "CreateImage",
                payload: try request(change).encoded() + bytes, stream: stream))
        return try client.answer(CreateImage.self, stream).imageID
    }

    /// How a payload of any bytes is refused.
    func refuseRaw(
        service: String = "imaged.v1.ECS", method: String = "CreateImage", _ payload: [UInt8]
    ) throws -> TestClient.Refused {
        let stream = client.newStream()
        try client.send(
            client.encode(service: service, method: method, payload: payload, stream: stream))
        return try client.refusal(stream)
    }
}
