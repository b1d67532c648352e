/// ECS's names of fields in the spellings of others.
public enum FieldNames {
    /// "InstanceId" as "instance-id", "OSType" as "os-type", "KMSKeyId" as "kms-key-id".
    public static func kebabCase(_ name: some StringProtocol) -> String {
        words(name).joined(separator: "-")
    }

    /// "instanceId", "osType", "kmsKeyId": what proto3's JSON calls the .proto file's `kms_key_id`.
    static func camelCase(_ name: some StringProtocol) -> String {
        let words = words(name)
        let others = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return words.prefix(1).joined() + others.joined()
    }

    /// The same for ImageId, imageId and image_id.
    static func folded(_ name: some StringProtocol) -> String {
        String(name.filter { $0 != "_" }).lowercased()
    }

    /// Splits before each capital letter, but in a run of them before the last alone, when a small
    /// one follows it.
    private static func words(_ name: some StringProtocol) -> [String] {
        let letters = Array(name.utf8)
        func isUpper(_ index: Int) -> Bool {
            letters.indices.contains(index) && (0x41...0x5A).contains(letters[index])
        }
        var words: [String] = []
        for (index, letter) in letters.enumerated() {
            let startsWord =
                isUpper(index) && index > 0
                && (!isUpper(index - 1) || index + 1 < letters.count && !isUpper(index + 1))
            if startsWord || words.isEmpty { words.append("") }
            words[words.count - 1] += String(UnicodeScalar(letter)).lowercased()
        }
        return words
    }
}
