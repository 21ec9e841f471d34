/* SPDX-License-Identifier: Apache-2.0 */
/* Writes of another host, which bypass the cache of this one. */
#include "scen_mounted.h"
#include "tap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Stores one byte, bypassing the cache of this host. */
static void other_host_stores(const char *path, uint64_t offset, char byte)
{
	struct inode *inode;
	struct extent at;

	pthread_mutex_lock(&mounted.lock);
	if (!test_failed() && expect(!vfs_walk(&mounted.kernel, path, &inode) && inode->mapped &&
					     fmap_resolve(&inode->map, offset, &at),
				     "'%s' is not mapped", path))
		expect(pwrite(setup.image_fd, &byte, 1, (off_t)at.offset) == 1,
		       "cannot write the image");
	pthread_mutex_unlock(&mounted.lock);
}

/* The file was read before, so its old lines are in the cache. */
static void written_elsewhere(const char *path, uint64_t size, bool seen)
{
	char command[256];

	snprintf(command, sizeof(command), "cat $M/%s >/dev/null", path);
	works(command);
	other_host_stores(path, 0, 'X');
	other_host_stores(path, size / 2, 'Y');
	other_host_stores(path, size - 1, 'Z');
	snprintf(command, sizeof(command),
		 "test \"$(head -c 1 $M/%s; tail -c +%llu $M/%s | head -c 1; tail -c 1 $M/%s)\" = "
		 "XYZ",
		 path, (unsigned long long)size / 2 + 1, path, path);
	ends_with(seen ? 0 : 1, "", command);
}

/* The same by commands, which read through the file of the whole device. */
void other_hosts_and_commands(const struct generation *gen)
{
	make_files();
	if (begin(gen, "")) {
		works("cat $M/simple $M/striped $M/limit >/dev/null");
		works("$F cat $M/simple >$M.copy && $F cp -c $M.copy $M/simple");
		other_host_stores("simple", 0, 'X');
		works("test \"$($F cat $M/simple | head -c 1)\" = X");
		other_host_stores("simple", 4999999, 'Z');
		ends_with(1, "contents differ at offset 0", "$F cp -c $M.copy $M/simple");
		/* The stored bytes are compared, and only the differences are written. */
		works("$F cp --resume $M.copy $M/simple && $F cp -c $M.copy $M/simple");
		other_host_stores("simple", 4096, 'Y');
		ends_with(1, "contents differ at offset 4096", "$F cp -c $M.copy $M/simple");
		works("$F cat $M/striped >/dev/null");
		other_host_stores("striped", MIB(5), 'S');
		works("test \"$($F cat $D:/striped | tail -c +5242881 | head -c 1)\" = S");
		works("$F verify -S 2 $M/limit");
		other_host_stores("limit", MIB(64) - 1, 'L');
		ends_with(1, "", "$F verify -S 2 $M/limit");
	}
	unmount();
}

void make_files(void)
{
	format("fsdev_dax");
	works("$F creat -s 5000000 -S 1 $I:/simple && $F creat -s 64M -S 2 $I:/limit && "
	      "$F creat -s 67108865 -S 3 $I:/larger && "
	      "$F creat -s 9M -N 2 -B 3 -C 2M -S 4 $I:/striped");
}

void other_hosts(const struct generation *gen)
{
	make_files();
	if (begin(gen, "")) {
		written_elsewhere("simple", 5000000, true);
		written_elsewhere("striped", MIB(9), true);
		written_elsewhere("limit", MIB(64), true);
		written_elsewhere("larger", MIB(64) + 1, false);
		/* This also holds if the name was cached and the file was mapped meanwhile. */
		works("exec 3<$M/simple; cat $M/simple >/dev/null");
		written_elsewhere("simple", 5000000, true);
		expect(!server_logged(&mounted.kernel.server, "cannot drop", ""), "it says: %s",
		       server_last_words(&mounted.kernel.server));
	}
	unmount();
}

/* Many opens wait for opens of the server, and one thread answers them all. */
void other_hosts_one_thread(const struct generation *gen)
{
	make_files();
	if (begin(gen, ",single_thread")) {
		written_elsewhere("simple", 5000000, true);
		works("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
		      "head -c 1 $M/simple >/dev/null & head -c 1 $M/striped >/dev/null & done; "
		      "wait");
		written_elsewhere("striped", MIB(9), true);
	}
	unmount();
}

void other_hosts_unseen(const struct generation *gen)
{
	make_files();
	if (begin(gen, ",invalidate=0"))
		written_elsewhere("simple", 5000000, false);
	unmount();
	make_files();
	if (begin(gen, ",invalidate=4M")) {
		written_elsewhere("simple", 5000000, false);
		works("$F creat -s 4M -S 5 $M/small");
		written_elsewhere("small", MIB(4), true);
	}
	unmount();
}

/* A client that writes in place must not store old bytes next to its own. */
void other_hosts_and_a_client(const struct generation *gen)
{
	const char *master = getenv("FAMFS_SYSTEM_UUID");
	char saved[64];

	snprintf(saved, sizeof(saved), "%s", master ? master : "");
	make_files();
	setenv("FAMFS_SYSTEM_UUID", "00000000-0000-4000-8000-00000000c11e", 1);
	if (begin(gen, ",rw")) {
		works("cat $M/simple >/dev/null");
		other_host_stores("simple", 4096, 'X');
		works("printf Y | dd of=$M/simple bs=1 seek=4097 conv=notrunc status=none && "
		      "test \"$(tail -c +4097 $M/simple | head -c 2)\" = XY");
	}
	unmount();
	setenv("FAMFS_SYSTEM_UUID", saved, 1);
}
