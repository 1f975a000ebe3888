internal import FoundationEssentials
package import TestSupport

extension TemporaryFolder {
    /// The text with `@/` replaced by this folder.
    package func expand(_ text: String) -> String { text.replacing("@/", with: path + "/") }

    /// A file that only its owner may read; its path.
    package func secret(_ text: String, _ name: String) throws -> String {
        try write(name, text)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file(name))
        return file(name)
    }

    package func write(_ name: String, _ text: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }
}
