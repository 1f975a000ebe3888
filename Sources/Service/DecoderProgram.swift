internal import Glibc
public import Streams

/// Finds the program that decodes streams in a confined process of its own.
public enum DecoderProgram {
    private static let name = "monitor-decoder"

    /// Where streams of cameras are decoded: always outside this process.
    ///
    /// Looks beside the running program and in `../libexec/monitord`, where it is installed. When it is nowhere, every
    /// camera says so with the first of the two paths.
    public static var place: DecodingPlace {
        let folder = runningProgram.map { $0[..<($0.lastIndex(of: "/") ?? $0.startIndex)] } ?? "."
        let candidates = ["\(folder)/\(name)", "\(folder)/../libexec/monitord/\(name)"]
        return .process(executable: candidates.first { access($0, X_OK) == 0 } ?? candidates[0])
    }

    private static var runningProgram: String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
