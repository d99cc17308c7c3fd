import Kubeconfig
import Kubernetes
import Synchronization

/// Clients that several conversations of one process speak through: to one server, with the same rights.
final class SharedClients: Sendable {
    private let entries = Mutex<[Origin: (client: APIClient, users: Int)]>([:])

    /// The client of an origin, made where there is none yet.
    /// - Returns: it, and what gives it back, to be called once; the last one that does so ends it.
    func take(_ origin: Origin, _ make: () -> APIClient) -> (client: APIClient, release: @Sendable () async -> Void) {
        let client = entries.withLock { entries in
            let client = entries[origin]?.client ?? make()
            entries[origin] = (client, (entries[origin]?.users ?? 0) + 1)
            return client
        }
        return (client, { [weak self] in
            guard let self, self.isLast(origin) else { return }
            await client.shutdown()
        })
    }

    private func isLast(_ origin: Origin) -> Bool {
        entries.withLock { entries in
            guard let entry = entries[origin] else { return false }
            entries[origin] = entry.users > 1 ? (entry.client, entry.users - 1) : nil
            return entry.users <= 1
        }
    }
}
