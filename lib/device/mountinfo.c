/* SPDX-License-Identifier: Apache-2.0 */
#include "device/mountinfo.h"

#include "shared/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* proc(5): space, tab, newline and backslash are written as octal escapes. In place. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* Parses a number and the character after it. Every command reads the table, and scanf is slow. */
static bool take_number(char **line, char end, unsigned int *out)
{
	char *p;
	unsigned long n = strtoul(*line, &p, 10);

	if (p == *line || *p != end)
		return false;
	*line = p + 1;
	*out = (unsigned int)n;
	return true;
}

/* ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [OPTIONAL...] - FSTYPE SOURCE SUPEROPTIONS */
static bool parse_line(char *line, struct mount_entry *entry)
{
	unsigned int id, parent, major, minor;
	char *save = NULL, *word;

	if (!take_number(&line, ' ', &id) || !take_number(&line, ' ', &parent) ||
	    !take_number(&line, ':', &major) || !take_number(&line, ' ', &minor))
		return false;
	entry->id = (int)id;
	entry->parent = (int)parent;
	entry->dev = makedev(major, minor);
	entry->root = strtok_r(line, " \n", &save);
	entry->mountpoint = strtok_r(NULL, " \n", &save);
	entry->options = strtok_r(NULL, " \n", &save);
	do
		word = strtok_r(NULL, " \n", &save);
	while (word && strcmp(word, "-") != 0);
	/* strsep() keeps an empty source, which strtok_r() would skip. */
	entry->fstype = strsep(&save, " \n");
	entry->source = strsep(&save, " \n");
	word = strsep(&save, " \n");
	if (!word)
		return false;
	entry->super_options = word;
	unescape(entry->root);
	unescape(entry->mountpoint);
	unescape(entry->source);
	return true;
}

int mountinfo_walk(int (*visit)(void *arg, const struct mount_entry *entry), void *arg)
{
	return mountinfo_walk_process("self", visit, arg);
}

int mountinfo_walk_process(const char *pid,
			   int (*visit)(void *arg, const struct mount_entry *entry), void *arg)
{
	cleanup_free char *line = NULL;
	char buffer[16384], path[64];
	size_t size = 0;
	int ret = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	/* Read the table at once if it fits, since it may change between two reads. */
	(void)setvbuf(f, buffer, _IOFBF, sizeof(buffer));
	while (ret == 0 && getline(&line, &size, f) >= 0) {
		struct mount_entry entry;

		if (parse_line(line, &entry))
			ret = visit(arg, &entry);
	}
	fclose(f);
	return ret;
}

bool mount_is_famfs(const struct mount_entry *entry)
{
	return strcmp(entry->fstype, "fuse.famfs") == 0;
}

static bool is_fuse(const char *fstype)
{
	return strcmp(fstype, "fuse") == 0 || strncmp(fstype, "fuse.", 5) == 0 ||
	       strncmp(fstype, "fuseblk", 7) == 0;
}

bool mount_is_believed(const struct mount_entry *entry)
{
	char own[32];

	snprintf(own, sizeof(own), "user_id=%u", geteuid());
	return !is_fuse(entry->fstype) || mount_is_of_root(entry) ||
	       mount_has_option(entry->super_options, own);
}

bool mount_is_of_root(const struct mount_entry *entry)
{
	return mount_has_option(entry->super_options, "user_id=0");
}

bool mount_has_option(const char *options, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, word, length) == 0 && (p[length] == ',' || p[length] == '\0'))
			return true;
	}
	return false;
}
