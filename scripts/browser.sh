#!/bin/sh
# The app is tested in a real browser: find one, or install Debian's when we may.
set -eu
for name in chromium chromium-headless-shell chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing chromium-headless-shell for the tests of the app"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null
else
    echo "no Chromium found: the tests of the app will be skipped; install it with" >&2
    echo "    sudo apt-get install chromium" >&2
fi
