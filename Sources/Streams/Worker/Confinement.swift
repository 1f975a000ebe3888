internal import CConfine
internal import Glibc

extension SourceDescription {
    /// Gives up, for good, every right that reading this source does not take; returns the `mon_confined_` bits.
    func confine(memory: UInt64) -> Int32 {
        var confinement = mon_confinement()
        confinement.memory = memory
        let readable: [String]
        switch url.kind {
        case .file:
            readable = [url.secret]
        case .rtsp:
            readable = Self.networkFiles
            confinement.has_network = 1
            confinement.tcp_port = url.endpoint?.port ?? 0
            Self.loadResolver()
        }
        let paths = readable.map { strdup($0) }
        defer { for path in paths { free(path) } }
        return (paths.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { paths in
            confinement.readable = paths.baseAddress
            return mon_confine(&confinement)
        }
    }

    /// What resolving names and checking certificates reads; no folder that may hold our own configuration.
    private static let networkFiles =
        ["resolv.conf", "hosts", "host.conf", "nsswitch.conf", "gai.conf", "services", "protocols", "ld.so.cache"]
        .map { "/etc/" + $0 } + [
            "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/gnutls", "/etc/localtime", "/usr/lib", "/usr/lib64",
            "/lib", "/lib64", "/usr/local/lib", "/usr/share", "/run/systemd/resolve", "/run/nscd", "/dev/urandom",
            "/dev/null",
        ]

    /// The C library loads its resolver when it is asked for the first time, which is easier with all rights.
    private static func loadResolver() {
        var found: UnsafeMutablePointer<addrinfo>?
        if getaddrinfo("localhost", nil, nil, &found) == 0 { freeaddrinfo(found) }
    }
}
