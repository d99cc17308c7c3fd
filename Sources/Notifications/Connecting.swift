import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Posix

/// Whose certificates are believed.
struct TrustedAuthorities: Sendable {
    let configuration: TLSConfiguration

    /// Those that the system trusts.
    init() {
        configuration = .makeClientConfiguration()
    }

    /// Those in a file of the channel's own.
    init(file: String) throws(Trouble) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
        } catch {
            throw Trouble("there are no certificates in '\(oneLine(file))'", hint: "caFile names a file of certificates in PEM's form")
        }
        self.configuration = configuration
    }
}

/// What goes wrong before anything is said, for people.
enum Connecting {
    static func trouble(of error: any Error, _ server: String) -> Trouble {
        switch error {
        case let error as NIOConnectionError:
            guard let last = error.connectionErrors.last?.error else {
                return Trouble("the address of \(server) cannot be found", hint: "is the name right, and is there a name server?")
            }
            return trouble(of: last, server)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return Trouble("\(server) refuses connections", hint: "is the server running, and is it the right port?")
        case let error as IOError: return Trouble("the connection to \(server) was lost: \(SystemError(error.errnoCode, "").reason)")
        case ChannelError.connectTimeout: return tooSlow(server)
        case is ChannelError: return Trouble("\(server) closed the connection")
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return Trouble("the certificate of \(server) is not for that name", hint: "use a name that is in it")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            let text = String(describing: error)
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                return Trouble(
                    "the certificate of \(server) is expired, or of an authority that is not trusted",
                    hint: "name the authority's certificate in caFile, where it is one of your own")
            }
            if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
                return Trouble("\(server) does not speak TLS there", hint: "is it the right port?")
            }
            return Trouble("TLS with \(server) failed: \(oneLine(text))")
        default: return Trouble("speaking with \(server) failed: \(oneLine(String(describing: error)))")
        }
    }

    static func tooSlow(_ server: String) -> Trouble {
        Trouble("\(server) cannot be connected to in time", hint: "is it the right address, and is there a firewall between?")
    }
}
