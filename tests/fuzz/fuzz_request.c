/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever comes down the connection, the server answers it with well-formed messages or not at
 * all, and never with a map that leaves the device.
 *
 * Input: a control byte, then messages: one byte of length, the rest of the message's first 64
 * bytes, more of it from the byte's upper values on. The control byte, below, says which kernel is
 * played and which fields of the headers are made right, so that the fuzzer gets past the checks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/kernel.h"
#include "server/session.h"

enum {
	PROFILES = 3,    /* the control byte's lowest bits: off, v2, pull, push */
	SEND_INIT = 4,   /* an INIT message comes first, as a kernel sends it */
	FIX_LENGTH = 8,  /* header.len is set to the length of the message */
	FIX_NODE = 16,   /* node ids are small, or those of .meta */
	FIX_OPCODE = 32, /* opcodes are below 64 */
	RESEND = 64,     /* each message is sent twice, the second time as a resend */
	MAX_MESSAGES = 32,
};

#define DEVICE_SIZE   UINT64_C(0x10000000)
#define UNIQUE_RESEND (UINT64_C(1) << 63)

static const char master[] = "f0f0f0f0-0000-4000-8000-000000000003";
static char image[4096];
static struct famfs_volume *volume;

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void remove_image(void)
{
	volume_close(volume);
	unlink(image);
}

static void fill_image(const struct famfs_target *target)
{
	const struct famfs_volume_params params = { .write = true };
	const struct famfs_mkdir_params dir = { .mode = 0755 };
	struct famfs_create_params create = { .mode = 0644, .no_zero = true };
	struct famfs_volume *vol;

	check(famfs_open(target, &params, &vol, NULL) == 0, "open");
	check(famfs_mkdir(vol, "d", &dir, NULL) == 0, "mkdir");
	for (uint64_t i = 0; i < 8; i++) {
		char name[16];

		snprintf(name, sizeof(name), i & 1 ? "d/f%d" : "f%d", (int)i);
		create.size = (i << 20) + 1;
		check(famfs_create_unfilled(vol, name, &create, NULL) == 0, "create");
	}
	famfs_close(vol);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

/* Every session has buffers of a megabyte, and would allocate them each time. */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1";
}

/* libfuse keeps an INTERRUPT for a request that never comes, and does not free it with the session.
 */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfuse3.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct famfs_mkfs_params mkfs = { .size = DEVICE_SIZE, .force = true };
	const struct volume_params params = { .access = DEVICE_READ };
	struct famfs_target target = { .device = image };
	const char *dir = getenv("TMPDIR");
	struct device *dev;
	int fd;

	(void)argc, (void)argv;
	setenv("FAMFS_SYSTEM_UUID", master, 1);
	snprintf(image, sizeof(image), "%s/fuzz-request.XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(image);
	check(fd >= 0, "mkstemp");
	close(fd);
	check(famfs_mkfs(image, &mkfs, NULL, NULL) == 0, "mkfs");
	fill_image(&target);
	check(device_open(image, DEVICE_WRITE, &dev, NULL) == 0, "device");
	check(volume_open(dev, &params, &volume, NULL) == 0, "volume");
	return atexit(remove_image);
}

/* Both forms of the reply with a map, as far as every generation agrees. */
static void check_map(const unsigned char *payload, size_t size)
{
	uint32_t type, count;
	uint64_t file_size, sum = 0;

	memcpy(&type, payload + 4, 4);
	memcpy(&count, payload + 8, 4);
	memcpy(&file_size, payload + 16, 8);
	if (size == 32) /* only the header: more room is needed */
		return;
	check(type == 0 && count >= 1 && size >= 32 + (size_t)count * 24, "map's form");
	for (uint32_t i = 0; i < count; i++) {
		uint64_t offset, length;
		uint32_t daxdev;

		memcpy(&daxdev, payload + 32 + (size_t)i * 24, 4);
		memcpy(&offset, payload + 40 + (size_t)i * 24, 8);
		memcpy(&length, payload + 48 + (size_t)i * 24, 8);
		check(daxdev == 0 && offset % FAMFS_ALLOC_UNIT == 0 &&
			      length % FAMFS_ALLOC_UNIT == 0 && length && offset < DEVICE_SIZE &&
			      length <= DEVICE_SIZE - offset,
		      "map leaves the device");
		sum += length;
	}
	check(sum >= file_size, "map is shorter than its file");
}

static void check_reply(const unsigned char *reply, size_t size, uint32_t op_fmap, uint32_t opcode)
{
	struct fuse_out_header header;

	check(size >= sizeof(header), "short reply");
	memcpy(&header, reply, sizeof(header));
	check(header.len == size, "reply's length");
	check(header.error <= 0 && header.error > -512, "error's sign or range");
	check(header.error == 0 || size == sizeof(header), "error with a payload");
	if (op_fmap && opcode == op_fmap && header.error == 0 && size >= sizeof(header) + 32)
		check_map(reply + sizeof(header), size - sizeof(header));
}

static void drain(int kernel, uint32_t op_fmap, uint32_t opcode)
{
	static unsigned char reply[2 << 20];
	ssize_t n;

	while ((n = recv(kernel, reply, sizeof(reply), MSG_DONTWAIT)) > 0)
		check_reply(reply, (size_t)n, op_fmap, opcode);
}

/* Lets the server process the messages; its end of the connection does not block. */
static void serve(struct server *server)
{
	static struct fuse_buf buf; /* for all sessions: its size never changes */

	while (!fuse_session_exited(server->session) &&
	       fuse_session_receive_buf(server->session, &buf) > 0)
		fuse_session_process_buf(server->session, &buf);
}

static void send_init(int kernel, const struct fmap_profile *profile)
{
	struct {
		struct fuse_in_header header;
		struct fuse_init_in init;
	} message = {
		.header = { .len = sizeof(message), .opcode = FUSE_INIT, .unique = 1 },
		.init = { .major = 7,
			  .minor = profile->init_bit == 42 ? 42 : 45,
			  .flags = FUSE_INIT_EXT | FUSE_ASYNC_READ | FUSE_BIG_WRITES,
			  .max_readahead = 131072 },
	};

	if (profile->init_bit)
		message.init.flags2 = 1u << (profile->init_bit - 32);
	check(send(kernel, &message, sizeof(message), 0) == sizeof(message), "init");
}

static void fix(uint8_t control, struct fuse_in_header *header, size_t size)
{
	if (control & FIX_LENGTH)
		header->len = (uint32_t)size;
	if (control & FIX_OPCODE)
		header->opcode &= 63;
	if (control & FIX_NODE)
		header->nodeid = header->nodeid & 64 ? (UINT64_C(1) << 32) + (header->nodeid & 7)
						     : header->nodeid & 15;
}

static void send_message(struct server *server, int kernel, uint8_t control, const uint8_t *data,
			 size_t size)
{
	uint32_t op_fmap = server->shim.active ? server->shim.choice.op_fmap : 0;
	struct fuse_in_header header = { 0 };
	unsigned char message[4096];

	memcpy(message, data, size);
	if (size >= sizeof(header)) {
		memcpy(&header, message, sizeof(header));
		fix(control, &header, size);
		memcpy(message, &header, sizeof(header));
	}
	for (int i = 0; i < (control & RESEND ? 2 : 1); i++) {
		if (send(kernel, message, size, MSG_DONTWAIT) < 0)
			return;
		serve(server);
		drain(kernel, op_fmap, header.opcode);
		header.unique |= UNIQUE_RESEND;
		if (size >= sizeof(header))
			memcpy(message, &header, sizeof(header));
	}
}

static void send_all(struct server *server, int kernel, uint8_t control, const uint8_t *data,
		     size_t size)
{
	for (int i = 0; i < MAX_MESSAGES && size > 1; i++) {
		/* The upper half of the range stands for long messages. */
		size_t n = data[0] < 128 ? data[0] : (size_t)(data[0] - 127) * 24;

		data++;
		size--;
		n = n < size ? n : size;
		if (n)
			send_message(server, kernel, control, data, n);
		data += n;
		size -= n;
	}
}

/* Does not read the facts of this machine's kernel, which takes longer than everything else. */
static void choose(void *userdata, const struct kernel_init *init, struct kernel_choice *out)
{
	struct server *server = userdata;

	(void)init;
	out->profile = server->forced;
	out->op_fmap = out->profile->op_fmap;
	out->op_daxdev = out->profile->op_daxdev;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum famfs_fmap_profile generations[] = { FAMFS_PROFILE_OFF, FAMFS_PROFILE_V2,
							       FAMFS_PROFILE_PULL,
							       FAMFS_PROFILE_PUSH };
	struct mount_options options = { 0 };
	struct session_params params = { .options = &options };
	struct server server = { .vol = volume, .stage = SERVER_READY, .generation = 1 };
	char mountpoint[32];
	int fds[2];

	if (size < 2)
		return 0;
	options.forced = fmap_profile(generations[data[0] & PROFILES]);
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	snprintf(mountpoint, sizeof(mountpoint), "/dev/fd/%d", fds[1]);
	params.mountpoint = mountpoint;
	check(session_create(&server, &params, NULL) == 0, "session");
	server.shim.choose = choose;
	check(session_mount(&server, &params, NULL) == 0, "mount");
	if (data[0] & SEND_INIT) {
		send_init(fds[0], options.forced);
		serve(&server);
		drain(fds[0], 0, FUSE_INIT);
	}
	send_all(&server, fds[0], data[0], data + 1, size - 1);
	session_destroy(&server);
	close(fds[0]);
	return 0;
}
