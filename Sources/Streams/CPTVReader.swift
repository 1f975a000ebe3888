internal import Glibc
internal import Imaging

/// Reads thermal recordings in the CPTV format, versions 1 and 2: 16-bit values as the camera gave them.
final class CPTVReader: PictureSource {
    private(set) var info: StreamInfo
    private(set) var decodeErrors: UInt64 = 0

    private let source: SourceDescription
    private let interrupt: Interrupt
    private let file: GzipFile
    private let memory: any PictureMemory
    private let version: UInt8
    private let isPacked: Bool
    /// The last picture, to which the next one is a difference.
    private var values: UnsafeMutableBufferPointer<UInt16>
    private var packed: UnsafeMutableRawBufferPointer
    private var pictures = 0

    /// Whether the file is such a recording, or is named like one.
    static func recognises(_ path: String) -> Bool {
        if path.utf8.count > 5, path.suffix(5).lowercased() == ".cptv" { return true }
        guard let file = GzipFile(path: path) else { return false }
        return (try? bytes(4, of: file)) == CPTVFormat.magic
    }

    init(_ source: SourceDescription, interrupt: Interrupt, memory: any PictureMemory) throws(StreamError) {
        _ = try MediaLocation(source)
        guard let file = GzipFile(path: source.url.secret) else {
            throw StreamError(.notReadable, "\(source.url) cannot be opened")
        }
        let (version, header) = try Self.header(file, source)
        let width = Int(clamping: header["X"] ?? 0)
        let height = Int(clamping: header["Y"] ?? 0)
        guard (1...CPTVFormat.pixelLimit).contains(width), (1...CPTVFormat.pixelLimit).contains(height),
            width * height <= CPTVFormat.pixelLimit
        else { throw StreamError(.damaged, "\(source.url) announces pictures of \(width)x\(height) pixels") }
        let compression = header["C"] ?? 0
        guard compression <= 1 else {
            throw StreamError(
                .unsupportedCodec, "\(source.url) is compressed in way \(compression); only 0 and 1 are known")
        }
        self.source = source
        self.interrupt = interrupt
        self.file = file
        self.version = version
        isPacked = compression == 1
        self.memory = memory
        values = .allocate(capacity: width * height)
        values.initialize(repeating: 0)
        packed = .allocate(byteCount: CPTVFormat.byteCount(pixels: width * height, bitWidth: 32), alignment: 16)
        let rate = header["Z"].map(Double.init) ?? CPTVFormat.usualRate
        info = StreamInfo(
            width: width, height: height, framesPerSecond: (1...240).contains(rate) ? rate : CPTVFormat.usualRate,
            codec: "cptv", format: .gray16, sourceWidth: width, sourceHeight: height)
    }

    deinit {
        values.deallocate()
        packed.deallocate()
    }

    func next() throws(StreamError) -> Picture? {
        while true {
            if interrupt.isCancelled { throw StreamError(.stopped, "reading \(source.url) was stopped") }
            let fields: CPTVFormat.Fields
            do throws(GzipFile.Fault) {
                guard let mark = try Self.bytes(1, of: file)?[0] else { return nil }
                guard mark == UInt8(ascii: "F") else { throw .damaged }
                fields = try Self.fields(of: file)
                try decode(fields)
            } catch {
                decodeErrors += 1
                throw Self.error(error, source, "in picture \(pictures + 1)")
            }
            pictures += 1
            // A picture of what the camera took for background stands before the recording and has no time.
            if fields["g"] ?? 0 == 0 { return picture(at: fields["t"]) }
        }
    }

    private func picture(at time: UInt64?) -> Picture {
        let buffer = memory.take(width: info.width, height: info.height, format: .gray16)
        buffer.mutableBytes.copyMemory(from: UnsafeRawBufferPointer(values))
        let count = time.map { Int64(clamping: min($0, UInt64(UInt32.max))) }
        return Picture(
            pixels: buffer, time: count.map { version == 1 ? Duration.microseconds($0) : Duration.milliseconds($0) })
    }

    private func decode(_ fields: CPTVFormat.Fields) throws(GzipFile.Fault) {
        guard let bitWidth = fields["w"].map({ Int(clamping: $0) }), bitWidth <= 32, isPacked || bitWidth == 16 else {
            throw .damaged
        }
        let needed =
            isPacked ? CPTVFormat.byteCount(pixels: values.count, bitWidth: bitWidth) : values.count * 2
        let size = fields["f"].map { Int(clamping: $0) } ?? needed
        guard size >= needed, size <= packed.count else { throw .damaged }
        let data = UnsafeMutableRawBufferPointer(rebasing: packed[..<size])
        guard try file.read(data) else { throw .truncated }
        guard isPacked else {
            for index in values.indices {
                values[index] = UInt16(littleEndian: data.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
            }
            return
        }
        let isSound = CPTVFormat.apply(UnsafeRawBufferPointer(data), bitWidth: bitWidth, width: info.width, to: values)
        guard isSound else { throw .damaged }
    }

    // MARK: Sections

    private static func header(
        _ file: GzipFile, _ source: SourceDescription
    ) throws(StreamError) -> (version: UInt8, fields: CPTVFormat.Fields) {
        let version: UInt8
        let fields: CPTVFormat.Fields?
        do throws(GzipFile.Fault) {
            guard let start = try bytes(5, of: file), start.starts(with: CPTVFormat.magic) else { throw .damaged }
            version = start[4]
            if CPTVFormat.versions.contains(version) {
                guard try bytes(1, of: file) == [UInt8(ascii: "H")] else { throw .damaged }
                fields = try Self.fields(of: file)
            } else {
                fields = nil
            }
        } catch {
            throw StreamError(.notVideo, "\(source.url) is not a CPTV recording, or too damaged to open")
        }
        guard let fields else {
            throw StreamError(.unsupportedCodec, "\(source.url) is CPTV of version \(version); only 1 and 2 are known")
        }
        return (version, fields)
    }

    private static func fields(of file: GzipFile) throws(GzipFile.Fault) -> CPTVFormat.Fields {
        var fields = CPTVFormat.Fields()
        guard let count = try bytes(1, of: file)?[0] else { throw .truncated }
        for _ in 0..<count {
            guard let start = try bytes(2, of: file) else { throw .truncated }
            guard let value = start[0] == 0 ? [] : try bytes(Int(start[0]), of: file) else { throw .truncated }
            fields.set(start[1], value)
        }
        return fields
    }

    /// The next bytes, or nil at the clean end.
    private static func bytes(_ count: Int, of file: GzipFile) throws(GzipFile.Fault) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var fault: GzipFile.Fault?
        let isThere = bytes.withUnsafeMutableBytes { target in
            do throws(GzipFile.Fault) {
                return try file.read(target)
            } catch {
                fault = error
                return false
            }
        }
        if let fault { throw fault }
        return isThere ? bytes : nil
    }

    private static func error(_ fault: GzipFile.Fault, _ source: SourceDescription, _ place: String) -> StreamError {
        switch fault {
        case .unreadable: StreamError(.notReadable, "\(source.url) cannot be read further (\(place))")
        case .damaged: StreamError(.damaged, "\(source.url) is damaged \(place)")
        case .truncated: StreamError(.damaged, "\(source.url) ends \(place): it was cut off")
        }
    }
}
