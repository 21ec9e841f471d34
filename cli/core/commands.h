/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CORE_COMMANDS_H
#define CLI_CORE_COMMANDS_H

#include "core/command.h"

extern const struct command cmd_cat;
extern const struct command cmd_check;
extern const struct command cmd_chkread;
extern const struct command cmd_complete;
extern const struct command cmd_cp;
extern const struct command cmd_creat;
extern const struct command cmd_doctor;
extern const struct command cmd_dump_fmap;
extern const struct command cmd_dump_log;
extern const struct command cmd_dump_super;
extern const struct command cmd_flush;
extern const struct command cmd_fsck;
extern const struct command cmd_getmap;
extern const struct command cmd_help;
extern const struct command cmd_info;
extern const struct command cmd_list;
extern const struct command cmd_logplay;
extern const struct command cmd_ls;
extern const struct command cmd_map;
extern const struct command cmd_mkdir;
extern const struct command cmd_mkfs;
extern const struct command cmd_mkmeta;
extern const struct command cmd_mount;
extern const struct command cmd_reset_mode;
extern const struct command cmd_stat;
extern const struct command cmd_takeover;
extern const struct command cmd_udev;
extern const struct command cmd_umount;
extern const struct command cmd_usage;
extern const struct command cmd_verify;
extern const struct command cmd_wait;

#endif
