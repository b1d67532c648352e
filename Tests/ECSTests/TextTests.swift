import Testing

@testable import ECS

/// The rules for texts at their edges (createimage.md § 1).
struct TextTests {
    private func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    // MARK: P-Chinese

    @Test(
        arguments: [
            (0x33FF, false), (0x3400, true), (0x4DBF, true), (0x4DC0, false), (0x4DFF, false),
            (0x4E00, true), (0x9FFF, true), (0xA000, false), (0xF8FF, false), (0xF900, true),
            (0xFAFF, true), (0xFB00, false), (0x1FFFF, false), (0x20000, true), (0x323AF, true),
            (0x323B0, false), (0x3002, false), (0xFF0C, false), (0xFF21, false), (0x3042, false),
            (0xAC00, false), (0x00E9, false), (0x0041, false),
        ] as [(UInt32, Bool)])
    func chineseCharacters(value: UInt32, isChinese: Bool) {
        #expect(Text.isChinese(Unicode.Scalar(value)!) == isChinese)
        #expect(
            Text.isImageName("a" + String(Unicode.Scalar(value)!)) == (isChinese || value == 0x41))
    }

    // MARK: P-ImageName, P-ImageFamily

    @Test(arguments: [
        ("", false), ("a", false), ("ab", true), ("测", false), ("测试", true), ("𠀀𠀀", true),
        ("a1.:_-", true), ("1a", false), (".a", false), ("_a", false), ("-a", false),
        ("测1", true), ("a b", false), ("a/b", false), ("a，b", false), ("测。", false),
        ("ａｂ", false), ("aé", false), ("ae\u{301}", false), ("a\u{0}", false), ("a\n", false),
        ("aliyun", false), ("aliyunx", false), ("Aliyun", true), ("xaliyun", true),
        ("aliyu", true), ("acs:", false), ("acs:x", false), ("ACS:x", true), ("acs", true),
        ("xacs:", true), ("http:", true), ("http://a", false), ("ahttps://b", false),
        ("a٣", false), ("aª", false), ("a²", false),
    ])
    func imageNames(text: String, isRight: Bool) {
        #expect(Text.isImageName(text) == isRight, "\(text)")
        let isFamily = isRight && !text.contains(".")
        #expect(Text.isImageFamily(text) == isFamily, "\(text) as a family")
    }

    /// Scalars are counted: not bytes, not what is seen as one character.
    @Test(arguments: ["a", "测", "𠀀"])
    func lengthsOfNames(letter: String) {
        for rule in [Text.isImageName, Text.isImageFamily, Text.isSnapshotName] {
            #expect(!rule(letter) && rule(repeated(letter, 2)))
            #expect(rule(repeated(letter, 128)) && !rule(repeated(letter, 129)))
        }
    }

    @Test(arguments: [
        ("auto", false), ("autox", false), ("Auto", true), ("xauto", true), ("aut", true),
        ("aliyun", true), ("acs:x", true), ("http://x", false), ("a.b", true), ("1a", false),
    ])
    func snapshotNames(text: String, isRight: Bool) {
        #expect(Text.isSnapshotName(text) == isRight)
    }

    // MARK: P-Description

    @Test(arguments: [
        ("a", false), ("ab", true), ("e\u{301}", true), ("测", false), ("\u{1F468}\u{200D}", true),
        ("http://", false), ("https://x", false), ("HTTP://x", true), (" http://x", true),
        ("see http://x", true), ("http:/x", true), ("http://\u{301}x", false), ("，。", true),
    ])
    func descriptions(text: String, isRight: Bool) {
        #expect(Text.isDescription(text) == isRight, "\(text)")
    }

    @Test(arguments: ["a", "测", "𠀀", "，"])
    func lengthsOfDescriptions(letter: String) {
        #expect(Text.isDescription(repeated(letter, 256)))
        #expect(!Text.isDescription(repeated(letter, 257)))
        // 128 accented letters are 256 scalars.
        #expect(Text.isDescription(repeated("e\u{301}", 128)))
        #expect(!Text.isDescription(repeated("e\u{301}", 129)))
    }

    // MARK: P-Tag

    @Test(arguments: [
        ("", false, true), ("k", true, true), ("aliyun", false, true), ("aliyunx", false, true),
        ("Aliyun", true, true), ("acs:", false, false), ("ACS:", true, true),
        ("xacs:", true, true), ("http://", false, false), ("a https://b", false, false),
        ("hhttp://", false, false), ("http:/", true, true), ("HTTP://", true, true),
        ("key，", true, true), ("acs:\u{301}", false, false), ("aliyun\u{301}", false, true),
        ("http://\u{301}", false, false), ("hthttps://", false, false), ("https:/ /", true, true),
    ])
    func tags(text: String, isKey: Bool, isValue: Bool) {
        #expect(Text.isTagKey(text) == isKey, "\(text) as a key")
        #expect(Text.isTagValue(text) == isValue, "\(text) as a value")
    }

    @Test(arguments: ["a", "测", "𠀀"])
    func lengthsOfTags(letter: String) {
        for rule in [Text.isTagKey, Text.isTagValue] {
            #expect(rule(repeated(letter, 128)) && !rule(repeated(letter, 129)))
        }
    }

    // MARK: P-ClientToken, P-ImageVersion

    @Test func onlyASCIIUpToALength() {
        #expect(Text.isASCII("", max: 4) && Text.isASCII("\u{7F}\u{0} ~", max: 4))
        #expect(Text.isASCII("abcd", max: 4) && !Text.isASCII("abcde", max: 4))
        #expect(!Text.isASCII("é", max: 4) && !Text.isASCII("\u{80}", max: 4))
    }

    // MARK: Devices

    @Test(arguments: [
        ("/dev/xvda", true), ("/dev/xvdz", true), ("/dev/xvd", false), ("/dev/xvdaa", false),
        ("/dev/xvdA", false), ("/dev/xvd1", false), ("/dev/vda", false), ("", false),
        ("/dev/xvda\u{301}", false), ("xvda", false), ("/dev/xvd{", false), ("/dev/xvd`", false),
    ])
    func devices(text: String, isRight: Bool) { #expect(Device.isValid(text) == isRight) }

    @Test func theNextFreeDevice() {
        #expect(Device.nextFree([]) == "/dev/xvdb")
        #expect(Device.nextFree(["/dev/xvda", "/dev/xvdb", "/dev/xvdd"]) == "/dev/xvdc")
        var taken: Set<String> = []
        while let device = Device.nextFree(taken) { taken.insert(device) }
        #expect(taken.count == 25 && taken.allSatisfy(Device.isValid))
        #expect(!taken.contains(Device.system))
    }

    // MARK: Lists in hints

    @Test func listsForPeople() {
        #expect(Values.list([]) == "" && Values.list(["a"]) == "a")
        #expect(
            Values.list(["a", "b"]) == "a or b" && Values.list(["a", "b", "c"]) == "a, b or c")
    }
}
