/* SPDX-License-Identifier: Apache-2.0 */
#include "server/fuselog.h"

#include "shared/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static struct {
	struct server *server;
	bool starting;   /* errors are kept: they may be the reason why the mount fails */
	bool redirected; /* standard error is a file, in which log messages would end up */
	char text[256];
} state;

static void keep(const char *line)
{
	/* "fuse: ", "fusermount3: " */
	const char *rest = strncmp(line, "fuse", 4) == 0 ? strstr(line, ": ") : NULL;

	if (!*state.text)
		snprintf(state.text, sizeof(state.text), "%.255s", rest ? rest + 2 : line);
}

static void on_log(enum fuse_log_level level, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void on_log(enum fuse_log_level level, const char *format, va_list ap)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, ap);
	line[strcspn(line, "\n")] = '\0';
	if (state.starting && level <= FUSE_LOG_ERR)
		keep(line);
	else if (!state.redirected)
		server_log(state.server, (int)level, "%s", line); /* levels are syslog's */
}

void fuselog_begin(struct server *server)
{
	state.server = server;
	state.starting = true;
	state.text[0] = '\0';
	fuse_set_log_func(on_log);
}

void fuselog_end(void)
{
	fuse_set_log_func(NULL);
	state.server = NULL;
}

void fuselog_capture(struct fuselog_stderr *captured)
{
	captured->file = memfd_create("stderr", MFD_CLOEXEC);
	captured->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (captured->file >= 0 && captured->saved >= 0)
		state.redirected = dup2(captured->file, STDERR_FILENO) >= 0;
}

void fuselog_release(struct fuselog_stderr *captured)
{
	cleanup_fd int file = captured->file;
	cleanup_fd int saved = captured->saved;
	char line[sizeof(state.text)];
	ssize_t n;

	state.starting = false;
	if (!state.redirected)
		return;
	state.redirected = false;
	dup2(saved, STDERR_FILENO);
	n = pread(file, line, sizeof(line) - 1, 0);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	keep(line);
}

const char *fuselog_text(void)
{
	return state.text;
}
