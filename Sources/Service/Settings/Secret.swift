internal import Glibc

/// A password or token: it can be used, but not printed.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// For handing to whoever needs it, never for printing.
    public let revealed: String

    public init(_ text: String) { revealed = text }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CameraSettings {
    /// The password of this camera's user: from `password_file`, else from the file named after the camera in
    /// systemd's credentials folder, else none.
    ///
    /// - Parameter environment: the process's.
    /// - Throws: `ServiceError` when the file named in the settings cannot be read, is empty, or can be read by every
    ///   user of the machine.
    public func password(environment: [String: String]) throws(ServiceError) -> Secret? {
        try Secret.find(file: passwordFile, credential: name, owner: "camera \(name)", environment: environment)
    }
}

extension Secret {
    /// From a file of the settings, else from systemd's credentials folder, else none.
    static func find(
        file: String?, credential: String, owner: String, environment: [String: String]
    ) throws(ServiceError) -> Secret? {
        if let file { return try Secret(file: file, owner: owner, mustBePrivate: true) }
        guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { return nil }
        let file = folder + "/" + credential
        guard access(file, F_OK) == 0 else { return nil }
        return try Secret(file: file, owner: owner, mustBePrivate: false)
    }

    /// The file's text without the line feed at its end.
    private init(file: String, owner: String, mustBePrivate: Bool) throws(ServiceError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw ServiceError(.secret, "the password file \(file) of \(owner) cannot be read: \(reason)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ServiceError(.secret, "the password file \(file) of \(owner) is not a regular file")
        }
        guard !mustBePrivate || status.st_mode & S_IROTH == 0 else {
            throw ServiceError(
                .secret, "every user can read the password file \(file) of \(owner): chmod o= \(file)")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0, count < bytes.count else {
            throw ServiceError(.secret, "the password file \(file) of \(owner) is too long")
        }
        var text = bytes[..<count]
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        guard !text.isEmpty, !text.contains(where: { $0 < 32 }) else {
            throw ServiceError(
                .secret, "the password file \(file) of \(owner) must hold one line with the password")
        }
        self.init(String(decoding: text, as: UTF8.self))
    }
}
