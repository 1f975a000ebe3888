internal import CKernels
public import FoundationEssentials
internal import Glibc

/// SHA-256 digests, as lower-case hexadecimal.
public enum Checksum {
    /// The digest of bytes in memory.
    public static func sha256(_ data: Data) -> String {
        var hash = ck_sha256()
        ck_sha256_start(&hash)
        data.withUnsafeBytes { ck_sha256_add(&hash, $0.baseAddress, $0.count) }
        return digest(&hash)
    }

    /// The digest and length of a file, read in pieces.
    /// - Throws: `ModelFileError.Code.unreadable`.
    public static func sha256(file path: String) throws(ModelFileError) -> (digest: String, bytes: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ModelFileError(.unreadable, "\(path): cannot open: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var hash = ck_sha256()
        ck_sha256_start(&hash)
        var bytes = 0
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        defer { piece.deallocate() }
        while true {
            let count = read(descriptor, piece.baseAddress, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw ModelFileError(.unreadable, "\(path): cannot read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { return (digest(&hash), bytes) }
            ck_sha256_add(&hash, piece.baseAddress, count)
            bytes += count
        }
    }

    /// The keyed digest of bytes in memory (HMAC, RFC 2104).
    public static func hmacSHA256(_ data: Data, key: Data) -> String {
        var block = [UInt8](repeating: 0, count: 64)
        let key = key.count > block.count ? bytes(of: sha256(key)) : Array(key)
        block.replaceSubrange(..<key.count, with: key)
        let inner = sha256(Data(block.map { $0 ^ 0x36 }) + data)
        return sha256(Data(block.map { $0 ^ 0x5C } + bytes(of: inner)))
    }

    /// The bytes of a digest.
    private static func bytes(of digest: String) -> [UInt8] {
        let digits = digest.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Ends a digest that was computed piece by piece.
    static func digest(_ hash: inout ck_sha256) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        ck_sha256_finish(&hash, &digest)
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
