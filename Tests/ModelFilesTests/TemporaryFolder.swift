import FoundationEssentials
import Glibc

/// A folder that disappears with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/model-files-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw CocoaError(.fileWriteUnknown) }
        path = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ data: Data, _ name: String = "model.safetensors") throws -> String {
        let file = path + "/" + name
        try data.write(to: URL(filePath: file))
        return file
    }
}
