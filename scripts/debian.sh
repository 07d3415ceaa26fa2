#!/bin/sh
# Install the Debian packages that some tests need; without the right to do so, those tests are skipped with the reason.
set -eu
needed=""
command -v chromium >/dev/null 2>&1 || needed="$needed chromium"
command -v dcmdump >/dev/null 2>&1 || needed="$needed dcmtk"
command -v dciodvfy >/dev/null 2>&1 || needed="$needed dicom3tools"
[ -z "$needed" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "not installed, so tests that need them are skipped:$needed"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends $needed >/dev/null || echo "could not be installed, tests that need them are skipped:$needed"
