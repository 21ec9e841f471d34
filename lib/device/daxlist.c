/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists the DAX devices of this host with libdaxctl, which knows their regions. Only this file
 * loads it: its dependencies take longer to load than most commands run. Before version 85 it does
 * not know famfs mode, so drivers are read from sysfs.
 */
#include "famfs.h"

#include "base/error.h"
#include "device/daxinfo.h"

#include <daxctl/libdaxctl.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define LIBRARY "libdaxctl.so.1"

struct daxctl {
	void *library;
	struct daxctl_ctx *ctx;
	__typeof__(&daxctl_new) new;
	__typeof__(&daxctl_unref) unref;
	__typeof__(&daxctl_region_get_first) first_region;
	__typeof__(&daxctl_region_get_next) next_region;
	__typeof__(&daxctl_dev_get_first) first_dev;
	__typeof__(&daxctl_dev_get_next) next_dev;
	__typeof__(&daxctl_dev_get_devname) devname;
};

static bool find_functions(struct daxctl *lib)
{
	const struct {
		const char *name;
		void *pointer;
	} functions[] = {
		{ "daxctl_new", &lib->new },
		{ "daxctl_unref", &lib->unref },
		{ "daxctl_region_get_first", &lib->first_region },
		{ "daxctl_region_get_next", &lib->next_region },
		{ "daxctl_dev_get_first", &lib->first_dev },
		{ "daxctl_dev_get_next", &lib->next_dev },
		{ "daxctl_dev_get_devname", &lib->devname },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(lib->library, functions[i].name);

		if (!function)
			return false;
		/* POSIX guarantees that a pointer to void can hold a pointer to a function. */
		memcpy(functions[i].pointer, &function, sizeof(function));
	}
	return true;
}

static int load(struct daxctl *lib, struct famfs_error *err)
{
	int ret;

	lib->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!lib->library || !find_functions(lib)) {
		error_set(err, -ENOSYS, "cannot list DAX devices: %s", dlerror());
		error_remedy(err, FAMFS_REMEDY_INSTALL_LIBDAXCTL, NULL);
		return -ENOSYS;
	}
	ret = lib->new (&lib->ctx);
	return ret < 0 ? error_errno(err, ret, "cannot list DAX devices") : 0;
}

static void unload(struct daxctl *lib)
{
	if (lib->ctx)
		lib->unref(lib->ctx);
	if (lib->library)
		dlclose(lib->library);
}

static int visit_devices(const struct daxctl *lib, famfs_dax_visit_fn visit, void *arg)
{
	struct daxctl_region *region;
	struct daxctl_dev *dev;

	for (region = lib->first_region(lib->ctx); region; region = lib->next_region(region))
		for (dev = lib->first_dev(region); dev; dev = lib->next_dev(dev)) {
			struct famfs_dax_info info;
			int ret = daxinfo_find("", lib->devname(dev), &info);

			/* The device may have been removed meanwhile. */
			if (ret == 0)
				ret = visit(arg, &info);
			else if (ret == -ENODEV)
				ret = 0;
			if (ret)
				return ret;
		}
	return 0;
}

int famfs_dax_list(famfs_dax_visit_fn visit, void *arg, struct famfs_error *err)
{
	struct daxctl lib = { 0 };
	int ret = load(&lib, err);

	if (ret == 0) {
		ret = visit_devices(&lib, visit, arg);
		if (ret < 0)
			error_errno(err, ret, "cannot list DAX devices");
	}
	unload(&lib);
	return ret;
}
