import Glibc
import Posix
import TestSupport

/// `git http-backend` behind nginx and fcgiwrap on the loopback interface; who comes says their name with
/// HTTP's basic authentication.
final class HTTPServer {
    private let folder: Scratch
    private let port: UInt16
    private let wrapper: Background
    private let process: Background

    /// - Parameters:
    ///   - root: the folder of the repositories.
    ///   - users: names and passwords.
    init(root: String, users: [String: String]) throws {
        let folder = try Scratch("nginx")
        self.folder = folder
        let variables = testVariables()
        let core = try run("git", ["--exec-path"]).output.dropLast()
        try folder.write(users.map { "\($0.key):{PLAIN}\($0.value)\n" }.joined(), to: "users")
        wrapper = try Background(
            "fcgiwrap", ["-s", "unix:\(folder("fcgi"))"], variables: variables.merging(["HOME": folder.path]) { $1 })
        try eventually("fcgiwrap listens", seconds: 20) { access(folder("fcgi"), F_OK) == 0 }
        let user = geteuid() == 0 ? "user root;" : ""
        (process, port) = try startOnFreePort { port in
            let configuration = """
                \(user)
                daemon off; master_process off; worker_processes 1; pid \(folder("pid")); error_log stderr;
                events {}
                http {
                  access_log off; client_max_body_size 0;
                  client_body_temp_path \(folder("body")); proxy_temp_path \(folder("proxy")); fastcgi_temp_path \(folder("temp"));
                  uwsgi_temp_path \(folder("uwsgi")); scgi_temp_path \(folder("scgi"));
                  server {
                    listen 127.0.0.1:\(port);
                    auth_basic git; auth_basic_user_file \(folder("users"));
                    location / {
                      fastcgi_pass unix:\(folder("fcgi"));
                      fastcgi_param SCRIPT_FILENAME \(core)/git-http-backend;
                      fastcgi_param GIT_HTTP_EXPORT_ALL "";
                      fastcgi_param GIT_PROJECT_ROOT \(root);
                      fastcgi_param PATH_INFO $uri;
                      fastcgi_param QUERY_STRING $query_string;
                      fastcgi_param REQUEST_METHOD $request_method;
                      fastcgi_param CONTENT_TYPE $content_type;
                      fastcgi_param CONTENT_LENGTH $content_length;
                      fastcgi_param REMOTE_USER $remote_user;
                      fastcgi_param REMOTE_ADDR $remote_addr;
                    }
                  }
                }

                """
            let file = try folder.write(configuration, to: "nginx.conf")
            return try Background("nginx", ["-p", folder.path, "-c", file, "-e", "stderr"], variables: variables)
        }
    }

    /// The address of a repository for a user.
    func url(_ name: String, user: String, password: String) -> String {
        "http://\(user):\(password)@127.0.0.1:\(port)/\(name)"
    }

    var log: String { process.error + wrapper.error }
}
