#!/bin/sh
# Renders the shipped prompts from texts/*.tsv, the beep and the music, as 8 kHz
# mono A-law WAV. Needs espeak-ng (1.51), flite (2.2), sox (14.4) and Go; on Debian:
#   apt-get install espeak-ng flite sox
# With names as arguments it renders only those prompts. The results are kept in
# the repository, so that nobody needs these tools to build or run.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# loudness FILE prints the RMS level of the speech in it, pauses left out, in dBFS.
loudness() {
	sox "$1" -n silence 1 0.03 1% -1 0.03 1% stat 2>&1 |
		awk '/RMS.*amplitude/ {print 20 * log($3) / log(10)}'
}

# finish IN OUT: telephone band, silence cut at both ends, quiet syllables lifted,
# loudness to about -16 dBFS (the limiter takes 2 dB of what it is given) with peaks held
# below -1 dBFS, A-law.
finish() {
	sox -D "$1" "$tmp/band.wav" gain -6 rate -v 8000 channels 1 sinc 300-3400 norm -3
	sox -D "$tmp/band.wav" "$tmp/cut.wav" silence 1 0.01 0.6% reverse silence 1 0.01 0.6% reverse \
		compand 0.005,0.2 6:-70,-70,-50,-40,-30,-22,-12,-12,0,-8 -3 -20 0.02
	gain=$(loudness "$tmp/cut.wav" | awk '{print -14.3 - $1}')
	sox -D "$tmp/cut.wav" "$tmp/level.wav" gain -l "$gain" fade t 0.005 -0 0.01
	peak=$(sox "$tmp/level.wav" -n stat 2>&1 | awk '/Maximum amplitude/ {m = $3} /Minimum amplitude/ {n = -$3} END {print (m > n ? m : n)}')
	over=$(awk -v p="$peak" 'BEGIN {print (p > 0.89 ? 20 * log(0.89 / p) / log(10) : 0)}')
	sox -D "$tmp/level.wav" -e a-law -b 8 "$2" gain "$over" pad 0.03 "$pause"
}

# wanted NAME ARGUMENTS...: whether this prompt is asked for.
wanted() {
	name=$1
	shift
	[ $# -eq 0 ] && return 0
	for w; do [ "$w" = "$name" ] && return 0; done
	return 1
}

tab=$(printf '\t')
render() {
	lang=$1
	shift
	grep -hv '^#' "texts/$lang.tsv" "texts/${lang}_parts.tsv" >"$tmp/$lang.tsv"
	while IFS="$tab" read -r name text spoken; do
		wanted "$name" "$@" || continue
		case $name in
		digit_*) pause=0.04 speed=150 ;; # something follows at once; a lone syllable needs time
		number_* | minus | and | about | measure_* | money_* | date_* | time_* | unit_* | ordinal_* | month_*)
			pause=0.02 speed=160 ;; # parts of what ivr/say joins
		*_before | wait_over) pause=0.04 speed=180 ;;
		*) pause=0.12 speed=185 ;;
		esac
		case $lang in
		zh) espeak-ng -v cmn-latn-pinyin -s "$speed" -p 45 -w "$tmp/raw.wav" "$spoken" ;;
		en) flite -voice slt --setf duration_stretch=1.05 -t "$text" -o "$tmp/raw.wav" ;;
		esac
		finish "$tmp/raw.wav" "$lang/$name.wav"
	done <"$tmp/$lang.tsv"
}

mkdir -p zh en any
render zh "$@"
render en "$@"
if wanted beep "$@"; then
	sox -D -n -r 8000 -c 1 -e a-law -b 8 any/beep.wav synth 0.4 sine 1000 gain -13 fade t 0.01 0.4 0.02 pad 0 0.1
fi
if wanted default "$@"; then
	go run ./compose >"$tmp/music.wav"
	sox -D "$tmp/music.wav" -e a-law -b 8 any/default.wav # no effect: it would not go round the loop's seam
fi
