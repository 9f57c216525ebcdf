#!/bin/sh
# Install Debian's Chromium without a window where there is no browser and it can be installed; elsewhere
# the browser tests say what is missing.
set -eu

for browser in "${MPTF_CHROMIUM:-chromium-headless-shell}" chromium chromium-browser google-chrome; do
    if command -v "$browser" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi
echo "Installing Chromium"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null
