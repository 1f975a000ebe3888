internal import Basics
internal import Dispatch
internal import Foundation
internal import FoundationNetworking

/// One request at a time and what is answered to it: follows no redirections, and reads no long answers.
///
/// Everything is behind `state`.
final class Posting: NSObject, URLSessionDataDelegate, Sendable {
    typealias Answer = Result<HTTPURLResponse, any Error>

    private struct State {
        var task: URLSessionDataTask?
        var response: HTTPURLResponse?
        var answer: Answer?
        var bytes = 0
        var isInterrupted = false
    }

    private let state = Locked(State())
    private let bell = DispatchSemaphore(value: 0)

    /// More of an answer is not waited for.
    private static let longestAnswer = 65_536

    /// Starts a task and waits for its end; nil when that takes too long.
    func answer(to task: URLSessionDataTask, within limit: Duration) -> Answer? {
        let isInterrupted = state.withLock { state -> Bool in
            state.task = task
            (state.response, state.answer, state.bytes) = (nil, nil, 0)
            return state.isInterrupted
        }
        if !isInterrupted {
            task.resume()
            let end = DispatchTime.now() + .nanoseconds(Int(clamping: limit.nanoseconds))
            while state.withLock({ $0.answer == nil && !$0.isInterrupted }), bell.wait(timeout: end) == .success {}
        }
        return state.withLock { state in
            state.task = nil
            if state.answer == nil { task.cancel() }
            return state.answer
        }
    }

    func interrupt() {
        state.withLock { $0.isInterrupted = true }
        bell.signal()
    }

    func urlSession(
        _: URLSession, task _: URLSessionTask, willPerformHTTPRedirection _: HTTPURLResponse,
        newRequest _: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        state.withLock { if $0.task === dataTask { $0.response = response as? HTTPURLResponse } }
        completionHandler(.allow)
    }

    func urlSession(_: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLong = state.withLock { state in
            guard state.task === dataTask else { return false }
            state.bytes += data.count
            return state.bytes > Self.longestAnswer
        }
        if isTooLong { dataTask.cancel() }
    }

    func urlSession(_: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { state in
            guard state.task === task else { return }
            // The status counts, also when the rest of the answer was too long or broke off.
            let response = state.response ?? (task.response as? HTTPURLResponse)
            state.answer = response.map(Answer.success) ?? .failure(error ?? URLError(.unknown))
        }
        bell.signal()
    }
}
