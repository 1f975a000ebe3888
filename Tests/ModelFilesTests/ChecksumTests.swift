import Basics
import FoundationEssentials
import ModelFiles
import TestSupport
import Testing

/// Vectors of FIPS 180-4 and NIST's SHAVS.
@Suite struct ChecksumTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
                + "nopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func `Published digests are reproduced`(_ text: String, _ digest: String) {
        #expect(Checksum.sha256(Data(text.utf8)) == digest)
    }

    @Test func `A million times the letter a`() {
        #expect(
            Checksum.sha256(Data(repeating: 0x61, count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `A file read in pieces has the digest of its bytes, at every length around a block`() throws {
        let folder = TemporaryFolder()
        var generator = SeededGenerator(seed: 2)
        for length in [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 65_535, 65_536, 65_537, 200_000] {
            let data = Data((0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
            let found = try Checksum.sha256(file: try folder.write(data, "file"))
            #expect(found.digest == Checksum.sha256(data))
            #expect(found.bytes == length)
        }
    }

    /// Vectors of RFC 4231, cases 1 to 4 and 6.
    @Test(arguments: [
        (
            Data(repeating: 0x0B, count: 20), Data("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Data("Jefe".utf8), Data("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Data(repeating: 0xAA, count: 20), Data(repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Data(1...25), Data(repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            Data(repeating: 0xAA, count: 131), Data("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `Published keyed digests are reproduced`(key: Data, data: Data, digest: String) {
        #expect(Checksum.hmacSHA256(data, key: key) == digest)
    }
}
