# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Counts results of tests/run.sh: its own, and those of programs that print TAP.
passed=0 failed=0 skipped=0

# result ok|not|skip TITLE [REASON]
result()
{
	case $1 in
	ok) passed=$((passed + 1)) && echo "ok - $2" ;;
	not) failed=$((failed + 1)) && echo "not ok - $2${3:+: $3}" ;;
	skip) skipped=$((skipped + 1)) && echo "skipped - $2: $3" ;;
	esac
}

# count_suite CONFIGURATION FILE [REASON]: shows all TAP lines but plain successes, and counts all
# of them. The reason explains why there may be no more.
count_suite()
{
	local name=$1 tap=$2 why=${3:-} line plan=0 seen=0 said=
	while IFS= read -r line; do
		case $line in
		1..*) plan=${line#1..} ;;
		"not ok "*)
			failed=$((failed + 1)) seen=$((seen + 1))
			echo "$line"
			;;
		"ok "*"# skip"*)
			skipped=$((skipped + 1)) seen=$((seen + 1))
			echo "$line"
			;;
		"ok "*) passed=$((passed + 1)) seen=$((seen + 1)) ;;
		*) echo "$line" ;;
		esac
	done <"$tap"
	if [[ $plan == 0 && $seen == 0 ]]; then
		said="never came up: there is no plan, and no test was seen"
	elif [[ $plan == 0 ]]; then
		said="ended early: there is no plan, $seen tests were seen"
	elif [[ $seen -lt $plan ]]; then
		said="ended early, $seen of $plan tests were seen"
	fi
	[[ -z $said ]] || result not "$name, $(basename "$tap" .tap)" "$said${why:+; $why}"
}
