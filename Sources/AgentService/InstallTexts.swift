/// What installs the agent: texts for people to read, change and put in place themselves.
public enum InstallTexts {
    /// A unit of systemd that runs the agent of one repository.
    /// - Parameters:
    ///   - program: the path of `git-ops-agent`.
    ///   - arguments: what it is given.
    ///   - repository: the path of the environment repository, which is its working directory.
    ///   - user: who it runs as.
    ///   - writable: what it may write besides the repository: the folders that it deploys to. They have to be there.
    ///   - givesAway: whether what it writes is given to others, for which it has to be root.
    /// - Throws: where something cannot be written in a unit.
    public static func systemd(
        program: String, arguments: [String] = [], repository: String, user: String, writable: [String] = [], givesAway: Bool = false
    ) throws(ServiceFailure) -> String {
        for path in [program, repository] + writable where !path.hasPrefix("/") {
            throw ServiceFailure("'\(oneLine(path))' is not an absolute path", hint: "systemd knows no other")
        }
        for text in [program, repository, user] + arguments + writable where text.isEmpty || !isPlain(text) {
            throw ServiceFailure("'\(oneLine(text))' cannot be written in a unit of systemd")
        }
        // It would go on in the next line, and take that away (systemd.syntax(7)).
        for text in [program, repository, user] + arguments + writable where text.hasSuffix("\\") {
            throw ServiceFailure("'\(oneLine(text))' cannot be written in a unit of systemd: it ends in a backslash", hint: "give it another name")
        }
        for path in [repository] + writable where ["/", "/home", "/root", "/run/user"].contains(path) {
            throw ServiceFailure("'\(path)' is nothing that a service should be let write", hint: "a folder in it is")
        }
        // What is in there would not be seen with a /tmp of its own.
        let shared = ([repository] + writable).contains { path in ["/tmp/", "/var/tmp/"].contains { path.hasPrefix($0) } }
        let paths = [repository] + writable + (shared ? ["/tmp", "/var/tmp"] : [])
        var command = [quoted(program.replacing("$", with: "$$"))]
        for argument in arguments { command.append(quoted(argument.replacing("$", with: "$$"))) }
        return """
            # /etc/systemd/system/git-ops-agent.service, made by git ops agent install --systemd
            #
            #   systemctl daemon-reload && systemctl enable --now git-ops-agent
            #   journalctl -u git-ops-agent

            [Unit]
            Description=git-ops agent of \(escaped(repository))
            Documentation=man:git-ops-agent(1)
            Wants=network-online.target
            After=network-online.target
            # It is started again for ever: a machine that nobody deploys to is found too late.
            StartLimitIntervalSec=0

            [Service]
            Type=exec
            User=\(escaped(user))
            WorkingDirectory=\(escaped(repository))
            ExecStart=\(command.joined(separator: " "))
            # It looks at everything at once.
            ExecReload=/bin/kill -HUP $MAINPID
            Restart=always
            RestartSec=5s
            # A deployment that has begun is finished; what it started is not told to stop before it.
            TimeoutStopSec=5min
            KillMode=mixed

            # It may write its repository and what it deploys to, and nothing else. It all has to be there when it starts.
            ProtectSystem=strict
            ReadWritePaths=\(paths.map(quoted).joined(separator: " "))
            # The key and the known hosts of ssh are read from there.
            ProtectHome=read-only
            \(shared ? "# What it works on is in there.\nPrivateTmp=no" : "PrivateTmp=yes")
            PrivateDevices=yes
            ProtectClock=yes
            ProtectControlGroups=yes
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes

            # A reload command that calls sudo does not work with these; a rule of polkit that lets the user reload one
            # unit does. RestrictSUIDSGID is not set: git sets that bit in repositories of several users.
            NoNewPrivileges=yes
            \(givesAway ? "# To give files to their owner (ops.<environment>.owner), and to work in folders that are another's then.\n" : "")CapabilityBoundingSet=\(givesAway ? "CAP_CHOWN CAP_DAC_OVERRIDE" : "")
            LockPersonality=yes
            RemoveIPC=yes
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            RestrictNamespaces=yes
            RestrictRealtime=yes
            SystemCallArchitectures=native
            SystemCallFilter=@system-service
            SystemCallErrorNumber=EPERM

            [Install]
            WantedBy=multi-user.target

            """
    }

    /// Without what would end a line or a string.
    static func isPlain(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } }

    /// A value in which nothing is expanded (systemd.unit(5), specifiers).
    private static func escaped(_ text: String) -> String { text.replacing("%", with: "%%") }

    /// One word of several (systemd.syntax(7), quoting).
    private static func quoted(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || "/._-@:+=,%$".utf8.contains(byte)
        }
        if isWord { return escaped(text) }
        return "\"" + escaped(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
