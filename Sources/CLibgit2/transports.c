/*
 * Cuts libgit2's network transports off when libgit2.a is linked statically.
 *
 * Debian's libgit2.a holds an mbedtls, an ssh and a negotiate-auth object, each
 * reached through the functions below alone. Defining them here keeps those
 * objects, and with them libmbedtls, libmbedx509, libssh2, libgssapi and the
 * parsing of the system's CA bundle at every start, out of the binary. What is
 * linked has no network transport; fetch and push run git itself.
 * The signatures are those of libgit2 1.5 (src/libgit2/streams/mbedtls.h,
 * src/libgit2/transports/ssh.h, src/libgit2/transports/auth_negotiate.h).
 */
#ifdef GIT_OPS_WITHOUT_TRANSPORTS

#include "CLibgit2.h"

int git_mbedtls_stream_global_init(void);
int git_mbedtls__set_cert_location(const char *file, const char *path);
int git_mbedtls_stream_new(void **out, const char *host, const char *port);
int git_mbedtls_stream_wrap(void **out, void *in, const char *host);
int git_transport_ssh_global_init(void);
int git_smart_subtransport_ssh(void **out, void *owner, void *param);
int git_http_auth_negotiate(void **out, const void *url);

static int no_transport(void)
{
	(void)git_error_set_str(GIT_ERROR_NET, "this build has no network transport");
	return GIT_ENOTFOUND;
}

int git_mbedtls_stream_global_init(void) { return 0; }
int git_transport_ssh_global_init(void) { return 0; }

int git_mbedtls__set_cert_location(const char *file, const char *path)
{
	(void)file; (void)path;
	return no_transport();
}

int git_mbedtls_stream_new(void **out, const char *host, const char *port)
{
	(void)out; (void)host; (void)port;
	return no_transport();
}

int git_mbedtls_stream_wrap(void **out, void *in, const char *host)
{
	(void)out; (void)in; (void)host;
	return no_transport();
}

int git_smart_subtransport_ssh(void **out, void *owner, void *param)
{
	(void)out; (void)owner; (void)param;
	return no_transport();
}

int git_http_auth_negotiate(void **out, const void *url)
{
	(void)out; (void)url;
	return no_transport();
}

#else
/* The shared library is linked: nothing to cut off. */
typedef int git_ops_links_shared_libgit2;
#endif
