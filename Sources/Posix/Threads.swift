import CPosix
import Glibc

/// How many processors this process may run on.
public func processorCount() -> Int {
    max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// Has all threads share so many places that memory is given out of: where many threads mostly wait, memory that was
/// given back lies idle in each of them. To be called before there are threads.
public func limitMemoryArenas(_ count: Int32) {
    ops_limit_arenas(count)
}

/// Runs a function several times at once, each in a thread of its own, and waits for all.
/// - Parameters:
///   - count: how many threads; where one cannot be started its part is done here.
///   - body: given the number of its part, from 0.
public func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    // What walks a document goes as deep as the document may be.
    pthread_attr_setstacksize(&attributes, 8 << 20)
    defer { pthread_attr_destroy(&attributes) }
    for index in 1..<max(count, 1) {
        let part = Unmanaged.passRetained(ThreadPart { body(index) })
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, { part in
            Unmanaged<ThreadPart>.fromOpaque(part!).takeRetainedValue().body()
            return nil
        }, part.toOpaque())
        if code == 0 {
            threads.append(thread)
        } else {
            part.takeRetainedValue().body()
        }
    }
    body(0)
    for thread in threads { pthread_join(thread, nil) }
}

private final class ThreadPart: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// Runs a function in a thread of its own and does not wait for it, for what would block a thread of the
/// cooperative pool. Where no thread can be started it is done here.
public func inThread(_ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 8 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    let part = Unmanaged.passRetained(ThreadPart(body))
    var thread = pthread_t()
    let code = pthread_create(&thread, &attributes, { part in
        Unmanaged<ThreadPart>.fromOpaque(part!).takeRetainedValue().body()
        return nil
    }, part.toOpaque())
    if code != 0 { part.takeRetainedValue().body() }
}
