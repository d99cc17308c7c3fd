#define _GNU_SOURCE
#include "CPosix.h"

#include <malloc.h>
#include <fcntl.h>
#include <string.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

int ops_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }

int ops_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int ops_spawn_closefrom(posix_spawn_file_actions_t *actions, int from)
{
	return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

int ops_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path)
{
	return posix_spawn_file_actions_addchdir_np(actions, path);
}

const unsigned int ops_rename_noreplace = RENAME_NOREPLACE;
const unsigned int ops_rename_exchange = RENAME_EXCHANGE;

int ops_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)
{
	return renameat2(from_folder, from, to_folder, to, flags);
}

int ops_syncfs(int descriptor) { return syncfs(descriptor); }

char **ops_environment(void) { return environ; }

void ops_limit_arenas(int count) { mallopt(M_ARENA_MAX, count); }

int ops_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int ops_inotify_watch_writes(int descriptor, const char *path)
{
	return inotify_add_watch(descriptor, path, IN_MODIFY | IN_CLOSE_WRITE);
}

const void *ops_memmem(const void *haystack, size_t haystack_size, const void *needle, size_t needle_size)
{
	return memmem(haystack, haystack_size, needle, needle_size);
}
