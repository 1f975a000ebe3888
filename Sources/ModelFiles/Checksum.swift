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

    /// Ends a digest that was computed piece by piece.
    static func digest(_ hash: inout ck_sha256) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        ck_sha256_finish(&hash, &digest)
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
