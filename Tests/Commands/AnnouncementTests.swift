import Git
import Glibc
import Operations
import Posix
import TestSupport
import Testing

@Suite struct AnnouncementTests {
    /// What was put down; a sender may have come by already.
    private func notices(_ repository: TestRepository, _ kind: String) -> [String] {
        let outbox = "\(repository.path)/.git/ops/_outbox"
        while true {
            for folder in ["\(outbox)/new", "\(outbox)/to/team/waiting"] {
                let files = names(inFolder: folder).filter { $0.hasSuffix("-\(kind)") }
                let texts = files.compactMap { (try? contents(ofFile: "\(folder)/\($0)")).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } }
                if !texts.isEmpty { return texts }
            }
            usleep(20_000)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aBranchThatIsNotFollowedIsToldWithTheCommitThatIsRefused() throws {
        let scratch = try Scratch("announcement")
        let repository = try TestRepository(at: scratch("repository"))
        try repository.git("config", "opsChannel.team.kind", "pigeon")
        try repository.git("config", "remote.origin.url", "https://bob:hunter2@git.example.org/site.git?token=t0k3n")
        let commit = try repository.commit("Unsigned page", ["index.html": "x"])
        let session = try Session(variables: repository.variables, from: repository.path)
        // Whether there is a sender is of no interest here.
        let announcement = Announcement(session: session) { _ in }
        announcement.announce(held: "production", branch: "main", commit: commit, subject: "Unsigned page", because: "it is not signed", running: nil)
        let held = try #require(notices(repository, "held").first)
        #expect(held.contains(#""kind":"held","environment":"production""#))
        #expect(held.contains(#""summary":"main is not followed: it is not signed","reason":"it is not signed","commit":"\#(commit)""#))
        #expect(held.contains(#""subject":"Unsigned page","branch":"main""#))
        #expect(held.contains(#""host":"\#(hostName())","repository":"https://…@git.example.org/site.git""#), "\(held)")
    }
}
