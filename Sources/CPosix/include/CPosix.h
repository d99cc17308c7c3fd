#ifndef GIT_OPS_CPOSIX_H
#define GIT_OPS_CPOSIX_H

#include <spawn.h>
#include <sys/types.h>

/*
 * What glibc declares for _GNU_SOURCE alone, which Swift's Glibc module does
 * not show. Each is the function of the same name without the prefix.
 */

int ops_pipe2(int ends[2], int flags);
int ops_pidfd_open(pid_t pid);
int ops_spawn_closefrom(posix_spawn_file_actions_t *actions, int from);
int ops_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path);

extern const unsigned int ops_rename_noreplace;
extern const unsigned int ops_rename_exchange;
int ops_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags);
int ops_syncfs(int descriptor);
/* The first occurrence of some bytes in others (memmem(3)). */
const void *ops_memmem(const void *haystack, size_t haystack_size, const void *needle, size_t needle_size);

/* The variables of this process; Swift 6 does not read a global variable of C. */
char **ops_environment(void);

/* So many arenas at most (mallopt(3), M_ARENA_MAX). */
void ops_limit_arenas(int count);

/* A new inotify(7) instance that is closed on exec; watches writes to a file. */
int ops_inotify(void);
int ops_inotify_watch_writes(int descriptor, const char *path);

#endif
