#ifndef GIT_OPS_CLIBGIT2_H
#define GIT_OPS_CLIBGIT2_H

#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

/* git_libgit2_opts is variadic, which Swift cannot call. */

static inline int git_ops_set_owner_validation(int enabled)
{
	return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int git_ops_set_fsync(int enabled)
{
	return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

/* The hash of every object that is read would otherwise be checked again. */
static inline int git_ops_set_hash_verification(int enabled)
{
	return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, enabled);
}

static inline int git_ops_set_extensions(const char **extensions, size_t count)
{
	return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, count);
}

#endif
