/* SPDX-License-Identifier: Apache-2.0 */
#include "core/common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct common common;

bool common_color(int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (common.color != COLOR_AUTO)
		return common.color == COLOR_ALWAYS;
	if (no_color && *no_color)
		return false;
	return term && strcmp(term, "dumb") != 0 && isatty(fd);
}
