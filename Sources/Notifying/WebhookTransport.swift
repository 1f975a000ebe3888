public import Alerting
public import Basics
internal import Foundation
internal import FoundationNetworking
internal import ModelFiles
public import Service

/// Posts each message to an address, signed.
///
/// | answer | what becomes of the message |
/// |---|---|
/// | 2xx | delivered |
/// | 408, 425, 429, 5xx | tried again, after `Retry-After` if that is later |
/// | 3xx | tried again, ten times at most; redirections are not followed |
/// | other 4xx | rejected: never tried again |
/// | none within the time limit | tried again |
public final class WebhookTransport: NotificationTransport {
    private let url: URL
    private let address: String
    private let key: Secret?
    private let timeLimit: Duration
    private let picture: PictureProvider?
    private let clocks: any Clocks
    private let posting = Posting()
    private let session: URLSession

    /// - Parameters:
    ///   - key: signs the messages; nil leaves them unsigned.
    ///   - picture: nil for messages without pictures.
    /// - Throws: `NotifyingError` when the address cannot be understood.
    public init(
        _ settings: WebhookSettings, key: Secret?, timeLimit: Duration, picture: PictureProvider?,
        clocks: any Clocks = SystemClocks()
    ) throws(NotifyingError) {
        guard let url = URL(string: settings.url), url.host() != nil else {
            throw NotifyingError(.address, "the address \(settings) of a webhook cannot be understood; check its host")
        }
        self.url = url
        address = settings.description
        self.key = key
        self.timeLimit = timeLimit
        self.picture = picture
        self.clocks = clocks
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeLimit / .seconds(1)
        configuration.httpCookieAcceptPolicy = .never
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        session = URLSession(configuration: configuration, delegate: posting, delegateQueue: nil)
    }

    public func deliver(_ notification: EventNotice) -> DeliveryOutcome {
        let body = Data(notification.json(picture: picture?(notification)).utf8)
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = body
        request.timeoutInterval = timeLimit / .seconds(1)
        for (name, value) in headers(notification, body) { request.setValue(value, forHTTPHeaderField: name) }
        guard let answer = posting.answer(to: session.dataTask(with: request), within: timeLimit) else {
            return .unreachable("\(address) did not answer within \(timeLimit.words)")
        }
        switch answer {
        case .failure(let error): return .unreachable("\(address): \(Self.words(error))")
        case .success(let response): return outcome(response)
        }
    }

    public func interrupt() { posting.interrupt() }

    public func stop() { session.invalidateAndCancel() }

    private func headers(_ notification: EventNotice, _ body: Data) -> [(String, String)] {
        // A time of its own, not the message's: receivers may refuse what is old.
        let timestamp = String(clocks.wallTimeMs() / 1000)
        let plain = [
            ("Content-Type", "application/json"), ("User-Agent", "monitord/\(Product.version)"),
            ("Idempotency-Key", notification.id), ("X-Monitor-Moment", notification.moment.rawValue),
            ("X-Monitor-Timestamp", timestamp),
        ]
        guard let key else { return plain }
        let digest = Checksum.hmacSHA256(Data("\(timestamp).".utf8) + body, key: Data(key.revealed.utf8))
        return plain + [("X-Monitor-Signature", "sha256=\(digest)")]
    }

    private func outcome(_ response: HTTPURLResponse) -> DeliveryOutcome {
        let words = "\(address) answered \(response.statusCode)"
        switch response.statusCode {
        case 200..<300: return .delivered
        case 300..<400: return .failed("\(words), a redirection, which is not followed; set the final address")
        case 408, 425, 429, 500...:
            let after = response.value(forHTTPHeaderField: "Retry-After").flatMap { Int($0) }
            return .busy(words, after: after.map { .seconds(max(0, $0)) })
        default: return .rejected(words)
        }
    }

    /// Without the address, which may hold a secret.
    private static func words(_ error: any Error) -> String {
        switch (error as? URLError)?.code {
        case .timedOut?: "no answer in time"
        case .cannotFindHost?, .dnsLookupFailed?: "the host is not known"
        case .cannotConnectToHost?: "no connection"
        case .networkConnectionLost?: "the connection broke"
        case .secureConnectionFailed?, .serverCertificateUntrusted?, .serverCertificateHasUnknownRoot?,
            .serverCertificateHasBadDate?, .serverCertificateNotYetValid?:
            "no secure connection; is the certificate valid?"
        case .cancelled?: "the answer is no answer, or too long"
        case let code?: "the request failed (\(code.rawValue))"
        case nil: "the request failed"
        }
    }
}
