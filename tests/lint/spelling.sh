#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# codespell on code and prose: messages and pages are read by people.
. "$(dirname "$0")/common.bash"

command -v codespell >/dev/null || skip codespell
mapfile -t files < <(tree ! -path './tests/vectors/*' ! -path './tests/fuzz/corpus/*' ! -path './LICENSE')
codespell -L "fo,mis,ue,ans,ba,nd,te,som,creat,strat" "${files[@]}" || finding "see above"
finish
