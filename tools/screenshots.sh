#!/bin/sh
# Takes the screenshots of guestctl in docs/images/, in xterm on an X server without a screen.
#
#   npm run build && tools/screenshots.sh
#
# Requires the Debian packages xvfb, xterm, imagemagick and fonts-dejavu-core. The agent runs on this machine, with dangerous
# commands blocked.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
pids=''
trap 'for pid in $pids; do kill "$pid" 2>/dev/null || :; done; rm -rf "$folder" /tmp/copies' EXIT

node packages/agent/bin/guestd.js --method=unix-listen --path="$folder/ga.sock" --statedir="$folder" \
  --block-rpcs=guest-shutdown,guest-suspend-disk,guest-suspend-ram,guest-suspend-hybrid,guest-fsfreeze-freeze,guest-fsfreeze-freeze-list &
pids="$pids $!"

export DISPLAY=:97
Xvfb "$DISPLAY" -screen 0 1280x1024x24 >/dev/null 2>&1 &
pids="$pids $!"

mkdir -p "$folder/config/guestwire" "$folder/bin"
echo "{\"vm1\": \"unix:$folder/ga.sock\"}" >"$folder/config/guestwire/targets.json"
ln -s "$PWD/packages/cli/bin/guestctl.js" "$folder/bin/guestctl"
export XDG_CONFIG_HOME="$folder/config" PATH="$folder/bin:$PATH" GUESTCTL_TARGET=vm1
head -c 1000000000 /dev/urandom >"$folder/disk.img"
sleep 2

# picture NAME SIZE SECONDS COMMAND...: saves what the terminal shows SECONDS after the first key of the commands was typed.
picture() {
  name=$1 size=$2 seconds=$3
  shift 3
  for command; do
    printf 'printf "\\033[1m\\044\\033[0m %%s\\n" "%s"; %s\n' "$command" "$command"
  done >"$folder/typed"
  echo 'sleep 600' >>"$folder/typed"
  (cd "$folder" && exec xterm -geometry "$size" -fa 'DejaVu Sans Mono' -fs 11 -bg '#14161b' -fg '#d8dade' -b 8 +sb -e sh "$folder/typed") &
  terminal=$!
  sleep "$seconds"
  import -window root -trim +repage -colors 16 -strip "docs/images/guestctl-$name.png"
  kill "$terminal"
  wait "$terminal" 2>/dev/null || :
}

mkdir -p docs/images /tmp/copies
picture info 72x26 5 'guestctl info | head -22'
picture fs 84x14 6 'guestctl info | head -7' 'guestctl fs'
picture cp 110x6 5 'guestctl cp disk.img guest:/tmp/copies/'
picture top 92x18 9 'guestctl top'
