import Foundation
import Testing
import Wire

@Suite struct Base64Tests {
    @Test func asFoundationHasIt() {
        for count in 0..<50 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count * 101) }
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.encode(bytes) == text)
            #expect(Base64.decode(text) == bytes)
        }
    }

    @Test(arguments: ["a", "ab", "abc", "====", "a===", "ab=c", "=abc", "ab c", "ab-_", "abcd="])
    func whatIsNoneIsRefused(text: String) { #expect(Base64.decode(text) == nil) }
}
