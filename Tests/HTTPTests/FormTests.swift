import HTTP
import Testing

@Suite struct FormTests {
    private func read(_ text: String) throws(FormProblem) -> [String] {
        try Form.fields(text.utf8).map { "\($0.name)>\($0.value)" }
    }

    @Test func fieldsAreDecoded() throws {
        #expect(try read("") == [])
        #expect(try read("a=b&a=c&&d&=e&f==&g=") == ["a>b", "a>c", "d>", ">e", "f>=", "g>"])
        #expect(try read("a%20b=c+d%2B%2b") == ["a b>c d++"])
        #expect(try read("Tag.1.Key=%E6%B5%8B%E8%AF%95") == ["Tag.1.Key>测试"])
        #expect(try read("a=%00%0a") == ["a>\0\n"])
        #expect(try read("ids=[\"a\",\"b\"]") == ["ids>[\"a\",\"b\"]"])
    }

    @Test(arguments: ["n=%", "n=%4", "n=%4g", "n=%-1", "n=a%", "n=%ff", "n=%c3", "n=%ed%a0%80"])
    func whatCannotBeDecodedIsNamed(text: String) {
        #expect { try Form.fields(text.utf8) } throws: { ($0 as? FormProblem)?.name == "n" }
    }

    @Test func thereIsAnEndToThem() throws {
        let most = String(repeating: "a&", count: Form.fieldsMax)
        #expect(try Form.fields(most.utf8).count == Form.fieldsMax)
        #expect(throws: FormProblem.self) { try Form.fields((most + "a").utf8) }
    }

    @Test func encodingIsRFC3986s() {
        #expect(Form.percentEncoded("aZ09-_.~") == "aZ09-_.~")
        #expect(Form.percentEncoded(" *+/&=%'!()") == "%20%2A%2B%2F%26%3D%25%27%21%28%29")
        #expect(Form.percentEncoded("测") == "%E6%B5%8B")
    }
}

@Suite struct ResponseTests {
    private func text(_ response: HTTPResponse, closes: Bool = false, isHead: Bool = false)
        -> String
    {
        String(
            decoding: response.encoded(
                date: "Sun, 06 Nov 1994 08:49:37 GMT", closes: closes, isHead: isHead),
            as: UTF8.self)
    }

    @Test func headAndBodyAreOnePiece() {
        let response = HTTPResponse(404, Array("{}".utf8), [HTTPHeader("Allow", "GET")])
        let head = """
            HTTP/1.1 404 Not Found\r
            Date: Sun, 06 Nov 1994 08:49:37 GMT\r
            Content-Type: application/json;charset=utf-8\r
            Content-Length: 2\r
            Allow: GET\r

            """
        #expect(text(response) == head + "\r\n{}")
        #expect(text(response, closes: true) == head + "Connection: close\r\n\r\n{}")
        #expect(text(response, isHead: true) == head + "\r\n")
    }

    @Test func everyStatusThatIsUsedHasAPhrase() {
        for status in [200, 400, 403, 404, 405, 413, 414, 417, 431, 500, 501, 503, 505] {
            #expect(!HTTPResponse.reason(status).isEmpty)
        }
    }
}
