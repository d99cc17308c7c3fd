import Glibc
import Notifications

exit(await NotifyProgram.run(Array(CommandLine.arguments.dropFirst())))
