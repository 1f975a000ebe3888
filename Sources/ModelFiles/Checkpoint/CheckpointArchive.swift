/// The parts of a checkpoint's archive: one folder with `data.pkl`, `data/0`, `data/1`, …, `version` and `byteorder`.
struct CheckpointArchive {
    let pickle: ZipDirectory.Member
    /// By their names behind `data/`.
    let storages: [String: ZipDirectory.Member]

    /// - Throws: `ModelFileError`: what `ZipDirectory` finds, or `notAModel`, `checksumMismatch`.
    init(_ file: MappedFile, origin: String) throws(ModelFileError) {
        let directory = try ZipDirectory(file.bytes, origin: origin)
        let pickles = directory.members.filter { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw ModelFileError(
                .notAModel,
                "\(origin): a zip archive with \(pickles.count) pickles called data.pkl, a checkpoint of torch.save has one"
            )
        }
        let root = String(pickle.name.dropLast("data.pkl".count))
        var storages: [String: ZipDirectory.Member] = [:]
        for member in directory.members where member.name.hasPrefix(root) {
            let name = String(member.name.dropFirst(root.count))
            if name.hasPrefix("data/") { storages[String(name.dropFirst(5))] = member }
            guard ["data.pkl", "version", "byteorder"].contains(name) else { continue }
            guard member.isIntact(file.slice(member.range)) else {
                throw ModelFileError(
                    .checksumMismatch,
                    "\(origin): the checksum of \(member.name) differs; the file is damaged, fetch it again")
            }
            if let problem = Self.problem(name, file.slice(member.range)) {
                throw ModelFileError(.notAModel, "\(origin): \(problem)")
            }
        }
        guard !directory.members.contains(where: { $0.name == root + "constants.pkl" }) else {
            throw ModelFileError(
                .notAModel, "\(origin): a TorchScript program; save its weights with torch.save(model.state_dict(), …)")
        }
        self.pickle = pickle
        self.storages = storages
    }

    private static func problem(_ name: String, _ contents: UnsafeRawBufferPointer) -> String? {
        guard name != "data.pkl" else { return nil }
        let text = String(decoding: contents.prefix(32), as: UTF8.self).filter { !$0.isWhitespace }
        switch name {
        case "byteorder" where text != "little":
            return "byte order \"\(text)\"; save it again on a little-endian machine"
        case "version" where !(Int(text).map { (1...10).contains($0) } ?? false):
            return "archive version \"\(text)\", versions 1 to 10 are known; save it again with a released PyTorch"
        default: return nil
        }
    }
}
