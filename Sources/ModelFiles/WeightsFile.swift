internal import CKernels
internal import FoundationEssentials
internal import Glibc
internal import Tensors

/// Copies the tensors that a network reads into a new safetensors file, one at a time: memory holds the largest of them,
/// not the model.
public enum WeightsFile {
    /// Vectors stay in single precision: they are small, and a variance may exceed what half precision holds.
    static func precision(_ extents: [Int], _ wanted: SafetensorsWriter.Precision) -> SafetensorsWriter.Precision {
        extents.count <= 1 ? .single : wanted
    }

    /// - Parameters:
    ///   - plan: which tensors; `source` must fit it.
    ///   - progress: called with the share that is written, in 0...1.
    /// - Returns: length and checksum for the card.
    /// - Throws: `ModelFileError`: what is wrong with a tensor (`notFinite` also when half precision cannot hold it), or
    ///   `unwritable`.
    public static func write(
        _ plan: TensorPlan, of source: any TensorSource, precision: SafetensorsWriter.Precision, to path: String,
        progress: (Double) -> Void = { _ in }
    ) throws(ModelFileError) -> ModelCard.File {
        var entries: [String: SafetensorsEntry] = [:]
        var end = 0
        let tensors = plan.wanted.sorted { $0.key < $1.key }
        for (name, extents) in tensors {
            let stored = Self.precision(extents, precision)
            let bytes = extents.reduce(stored == .half ? 2 : 4, *)
            entries[name] = SafetensorsEntry(type: stored.rawValue, extents: extents, offsets: [end, end + bytes])
            end += bytes
        }
        let file = try HashedFile(path)
        try file.write(SafetensorsEntry.header(entries, metadata: ["format": "pt"]))
        var written = 0
        for (name, extents) in tensors {
            let tensor = try source.parameter(name)
            switch Self.precision(extents, precision) {
            case .single: try file.write(UnsafeRawBufferPointer(tensor.elements))
            case .half: try file.write(try halves(tensor, name, source.origin))
            }
            written += entries[name].map { $0.offsets[1] - $0.offsets[0] } ?? 0
            progress(Double(written) / Double(max(1, end)))
        }
        return try file.finish()
    }

    private static func halves(_ tensor: Tensor, _ name: String, _ origin: String) throws(ModelFileError) -> Data {
        var data = Data(count: 2 * tensor.count)
        data.withUnsafeMutableBytes { bytes in
            guard let start = bytes.bindMemory(to: UInt16.self).baseAddress else { return }
            ck_float_to_half(tensor.pointer, start, tensor.count)
        }
        guard let largest = tensor.elements.max(by: { abs($0) < abs($1) }), abs(largest) >= 65520 else { return data }
        throw ModelFileError(
            .notFinite, "\(origin): tensor \(name) holds \(largest), which half precision cannot; import it with fp32")
    }
}

/// A new file whose checksum is computed while it is written.
private final class HashedFile {
    private let path: String
    private let descriptor: Int32
    private var hash = ck_sha256()
    private var count = 0

    init(_ path: String) throws(ModelFileError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ModelFileError(.unwritable, "\(path): cannot create: \(String(cString: strerror(errno)))")
        }
        ck_sha256_start(&hash)
    }

    deinit { close(descriptor) }

    func write(_ data: Data) throws(ModelFileError) {
        let problem = data.withUnsafeBytes { bytes in
            do throws(ModelFileError) {
                try write(bytes)
                return nil as ModelFileError?
            } catch {
                return error
            }
        }
        if let problem { throw problem }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ModelFileError) {
        guard let start = bytes.baseAddress else { return }
        ck_sha256_add(&hash, start, bytes.count)
        count += bytes.count
        var written = 0
        while written < bytes.count {
            let step = Glibc.write(descriptor, start + written, bytes.count - written)
            if step < 0 && errno == EINTR { continue }
            guard step > 0 else {
                throw ModelFileError(.unwritable, "\(path): cannot write: \(String(cString: strerror(errno)))")
            }
            written += step
        }
    }

    func finish() throws(ModelFileError) -> ModelCard.File {
        guard fsync(descriptor) == 0 else {
            throw ModelFileError(.unwritable, "\(path): cannot write: \(String(cString: strerror(errno)))")
        }
        return ModelCard.File(sha256: Checksum.digest(&hash), bytes: count)
    }
}
