internal import FoundationEssentials
package import TestSupport

extension TemporaryFolder {
    /// The text with `@/` replaced by this folder.
    package func expand(_ text: String) -> String { text.replacing("@/", with: path + "/") }

    package func write(_ name: String, _ text: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }
}
