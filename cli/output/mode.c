/* SPDX-License-Identifier: Apache-2.0 */
#include "output/mode.h"

#include <string.h>
#include <sys/stat.h>

static void set_id(char *execute, uint32_t set, char with, char without)
{
	if (set)
		*execute = *execute == 'x' ? with : without;
}

void mode_text(uint32_t mode, char out[MODE_LENGTH])
{
	static const char letters[] = "rwxrwxrwx";

	out[0] = S_ISDIR(mode) ? 'd' : '-';
	for (int i = 0; i < 9; i++)
		out[1 + i] = mode & (0400u >> i) ? letters[i] : '-';
	set_id(&out[3], mode & S_ISUID, 's', 'S');
	set_id(&out[6], mode & S_ISGID, 's', 'S');
	set_id(&out[9], mode & S_ISVTX, 't', 'T');
	out[10] = '\0';
}

const char *mode_type(uint32_t mode)
{
	return S_ISDIR(mode) ? "directory" : "file";
}
