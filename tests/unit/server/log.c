/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"
#include "support.h"

#include <string.h>
#include <syslog.h>

static unsigned int count;

static void count_message(void *arg, int priority, const char *message)
{
	(void)arg;
	(void)priority;
	(void)message;
	count++;
}

static void flood(void **state)
{
	struct server server = { .log_fn = count_message, .log_limit = RATELIMIT_INIT };

	(void)state;
	count = 0;
	for (int i = 0; i < 10000; i++)
		server_log(&server, LOG_ERR, "the map of '%s' cannot be sent", "file");
	assert_in_range(count, RATELIMIT_BURST, 2 * RATELIMIT_BURST + 1);
}

static void debugging(void **state)
{
	struct server server = { .log_fn = count_message, .log_limit = RATELIMIT_INIT };

	(void)state;
	count = 0;
	for (int i = 0; i < 1000; i++)
		server_log(&server, LOG_DEBUG, "request %d", i);
	assert_int_equal(count, 1000);
	server.log_fn = NULL;
	server_log(&server, LOG_DEBUG, "to no one");
	server_log(&server, LOG_ERR, "to no one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a user who causes many messages does not fill the log", flood),
		TEST("--debug shows every request, without a limit", debugging),
	};

	return run_group(tests);
}
